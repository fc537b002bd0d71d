"""Every hook call is on record, pseudonymised, and the record decides again as the service did (decision 25, G10)."""

import asyncio
import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from cards.normal_form import digest_of
from cds_service.decide import decide
from cds_service.records.decision_log import read_decisions
from cds_service.records.decision_record import DecisionRecord, replayed
from cds_service.records.storage import open_store
from tests.service.ehr import (
    HOOK_INSTANCE,
    Json,
    hook_body,
    json_lines,
    product_knowledge,
    running_service,
    without,
)
from tests.service.ehr_client import PATIENT_VIEW, bearer, trusting

DEMO = Path("demo/hook-requests")


def demo_request(name: str) -> Json:
    request: Json = json.loads((DEMO / name).read_text(encoding="utf-8"))
    return request


def recorded(folder: Path) -> list[DecisionRecord]:
    """What is on record, read as another process would."""

    async def read() -> list[DecisionRecord]:
        async with open_store(f"sqlite:///{folder / 'test.sqlite3'}") as store:
            return [record async for record in read_decisions(store)]

    return asyncio.run(read())


@contextmanager
def deciding(folder: Path, **values: Any) -> Iterator[TestClient]:
    """The service with its real decision; at its end the log is written."""
    with running_service(folder, decide, **values) as service:
        yield service


def ask(service: TestClient, body: Json, **headers: str) -> Any:
    return service.post(f"/cds-services/calcinosis-{body['hook']}", json=body, headers=headers)


def test_a_call_is_on_record_with_what_fired_and_what_decided_it(tmp_path: Path) -> None:
    body = demo_request("order-select.diltiazem-av-block.json")
    with deciding(tmp_path) as service:
        (card,) = ask(service, body).json()["cards"]
    (record,) = recorded(tmp_path)
    knowledge = product_knowledge()
    assert (record.service, record.hook, record.hook_instance, record.outcome) == (
        "calcinosis-order-select", "order-select", body["hookInstance"], "decided",
    )  # fmt: skip
    assert (record.knowledge, record.knowledge_hash) == (knowledge.version, knowledge.content_hash)
    assert record.today is not None
    assert record.rules["SAFE-DILT-AVB"].result == "yes"
    assert record.rules["SAFE-DILT-AVB"].decided_by
    assert {result.result for result in record.rules.values()} == {"yes", "no", "unknown"}
    assert [shown.uuid for shown in record.cards] == [card["uuid"]]
    assert "SAFE-DILT-AVB" in record.cards[0].rules
    assert set(record.timings) == {"fetch", "decide"}


def test_a_call_without_a_card_is_on_record_too(tmp_path: Path) -> None:
    """Why was there no card? It was evaluated, and this is what was known."""
    with deciding(tmp_path) as service:
        assert ask(service, demo_request("patient-view.near-miss-rheumatoid-arthritis.json")).json() == {"cards": []}
    (record,) = recorded(tmp_path)
    assert (record.outcome, record.cards) == ("decided", ())
    assert record.rules


def test_a_call_that_could_not_be_evaluated_is_on_record(tmp_path: Path) -> None:
    body = hook_body()
    with deciding(tmp_path) as service:
        assert ask(service, body | {"prefetch": without(body["prefetch"], "conditions")}).status_code == 412
    (record,) = recorded(tmp_path)
    assert (record.outcome, record.prefetch_key, record.rules) == ("precondition-failed", "conditions", {})


@pytest.mark.parametrize("name", sorted(path.name for path in DEMO.glob("*.json")))
def test_the_record_gives_the_same_cards_again(tmp_path: Path, name: str) -> None:
    """G10, for every demo request."""
    with deciding(tmp_path) as service:
        cards = ask(service, demo_request(name)).json()["cards"]
    (record,) = recorded(tmp_path)
    _, again = replayed(record, product_knowledge())
    assert digest_of(again) == record.digest
    assert [one["indicator"] for one in again] == [card["indicator"] for card in cards]
    for one, card in zip(again, cards, strict=True):
        assert "site 1" in one["summary"] or one["summary"] == card["summary"]


def strings(value: Any) -> Iterator[str]:
    """Every text value of a JSON document, except what the standards themselves define."""
    if isinstance(value, dict):
        for name, member in value.items():
            if name not in ("system", "resourceType", "url", "unit", "linkId"):
                yield from strings(member)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, str):
        yield value


@pytest.mark.parametrize("name", sorted(path.name for path in DEMO.glob("*.json")))
def test_nothing_of_the_chart_stands_in_the_record_in_clear(tmp_path: Path, name: str) -> None:
    """Decision 25: no names, free text, resource ids or tokens; dates, codes and statuses stay as facts."""
    body = demo_request(name)
    with deciding(tmp_path) as service:
        ask(service, body)
    (record,) = recorded(tmp_path)
    kept = set(strings(json.loads(json.dumps(record.features))))
    sent = {text for text in strings([body["prefetch"], body["context"]]) if " " in text or "/" in text}
    ids = {text for text in strings(body) if text.startswith("demo-")}
    assert kept
    assert not kept & (sent | ids)


def test_body_sites_are_numbered_and_the_card_is_still_found_again(tmp_path: Path) -> None:
    """The one text of a chart that a card may show is not kept."""
    body = demo_request("patient-view.dm-localized-ulcerated.json")
    with deciding(tmp_path) as service:
        cards = ask(service, body).json()["cards"]
    (record,) = recorded(tmp_path)
    sites = [site for condition in record.features["conditions"] for site in condition.get("body_sites", ())]
    assert sites
    assert set(sites) <= {f"site {number}" for number in range(1, 10)}
    assert "site 1" not in json.dumps(cards)
    assert digest_of(replayed(record, product_knowledge())[1]) == record.digest


def test_patient_and_user_are_keyed_hashes(tmp_path: Path) -> None:
    with deciding(tmp_path) as service:
        for _ in range(2):
            ask(service, hook_body())
    first, second = recorded(tmp_path)
    assert (first.patient, first.user) == (second.patient, second.user)
    assert len(first.patient) == len(first.user) == 32
    assert first.patient != first.user


def test_the_client_and_its_tenant_are_on_record(tmp_path: Path) -> None:
    with deciding(tmp_path, **trusting(tmp_path)) as service:
        assert service.post(PATIENT_VIEW, json=hook_body(), headers=bearer()).status_code == 200
    (record,) = recorded(tmp_path)
    assert record.client == "st-elsewhere"


def break_the_table(folder: Path) -> None:
    with sqlite3.connect(folder / "test.sqlite3") as connection:
        connection.execute("DROP TABLE decision")


def test_with_strict_audit_a_call_that_cannot_be_recorded_is_not_answered(tmp_path: Path) -> None:
    with deciding(tmp_path, audit="strict") as service:
        assert ask(service, hook_body()).status_code == 200
        break_the_table(tmp_path)
        refused = ask(service, hook_body())
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")


def test_with_strict_audit_the_record_is_there_before_the_answer(tmp_path: Path) -> None:
    with deciding(tmp_path, audit="strict") as service:
        ask(service, hook_body())
        assert len(recorded(tmp_path)) == 1


def test_the_same_call_twice_shows_its_cards_once(tmp_path: Path) -> None:
    """Decision 20: the same request, the same uuids; both calls are on record, each card counts once."""
    body = demo_request("patient-view.json")
    with deciding(tmp_path) as service:
        first = ask(service, body).json()
        assert ask(service, body).json() == first
    with sqlite3.connect(tmp_path / "test.sqlite3") as connection:
        shown = connection.execute("SELECT uuid, rules, indicator FROM shown_card").fetchall()
    assert len(recorded(tmp_path)) == 2
    assert [uuid for uuid, _, _ in shown] == [card["uuid"] for card in first["cards"]]
    assert json.loads(shown[0][1])


def test_the_log_line_says_how_long_it_took(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with deciding(tmp_path) as service:
        ask(service, hook_body())
    (line,) = [line for line in json_lines(capsys.readouterr().out) if line["event"] == "request"]
    assert line["request_id"] == HOOK_INSTANCE
    assert 0 <= line["decide_ms"] <= line["duration_ms"]


def test_with_strict_audit_a_locked_data_base_does_not_outlast_the_deadline(tmp_path: Path) -> None:
    """SQLite itself waits 5 seconds for a lock; the call is refused at its deadline, and is not on record."""
    with deciding(tmp_path, audit="strict", deadline_seconds=1.0) as service:
        assert ask(service, hook_body()).status_code == 200
        with closing(sqlite3.connect(tmp_path / "test.sqlite3", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            started = time.monotonic()
            refused = ask(service, hook_body())
            lasted = time.monotonic() - started
            other.execute("ROLLBACK")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
        assert 0.5 < lasted < 2.5
        assert ask(service, hook_body()).status_code == 200
    assert len(recorded(tmp_path)) == 2
