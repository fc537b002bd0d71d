"""Feedback as data, and that a client speaks only about cards that it received (reliability.md 1.6, API1)."""

import csv
import io
import json
import sqlite3
import stat
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner, Result

from cds_service.cli import build_cli
from cds_service.decide import decide
from tests.service.ehr import Json, hook_body, running_service
from tests.service.ehr_client import PATIENT_VIEW, bearer, trusting, with_key_file

OTHER = "https://other.example.org/cds-client"
FEEDBACK = f"{PATIENT_VIEW}/feedback"
DEMO = Path("demo/hook-requests/patient-view.json")


@pytest.fixture(autouse=True)
def data_base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDS_DATABASE_URL", f"sqlite:///{tmp_path / 'test.sqlite3'}")


def command(*words: str) -> Result:
    return CliRunner().invoke(build_cli(), list(words))


def exported(*words: str) -> list[Json]:
    result = command("feedback", "export", "--format", "ndjson", *words)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def overridden(card: str, comment: str | None = None, at: str = "2026-11-22T09:34:10Z") -> Json:
    reason = {} if comment is None else {"overrideReason": {"userComment": comment}}
    return {"card": card, "outcome": "overridden", "outcomeTimestamp": at} | reason


def post(service: TestClient, *entries: Json, **headers: str) -> Any:
    return service.post(FEEDBACK, json={"feedback": entries}, headers=headers)


@pytest.mark.checklist("FB-10")
def test_another_clients_card_is_to_a_client_a_card_that_does_not_exist(tmp_path: Path) -> None:
    """Same answer, byte for byte; the entry is kept as the sender's own, about a card that is not known."""
    clients = (with_key_file(tmp_path), with_key_file(tmp_path, name="other", issuer=OTHER))
    body = json.loads(DEMO.read_text(encoding="utf-8"))
    with running_service(tmp_path, decide, **trusting(tmp_path, *clients)) as service:
        (card, *_) = service.post(PATIENT_VIEW, json=body, headers=bearer()).json()["cards"]
        own = post(service, overridden(card["uuid"]), **bearer(FEEDBACK))
        foreign = post(service, overridden(card["uuid"]), **bearer(FEEDBACK, iss=OTHER))
        unknown = post(service, overridden("never-shown"), **bearer(FEEDBACK, iss=OTHER))
    assert own.status_code == 200
    assert (foreign.status_code, foreign.content, foreign.headers) == (200, unknown.content, unknown.headers)
    first, second, third = exported()
    assert (first["client"], first["card_known"], first["indicator"]) == (
        "st-elsewhere", True, card["indicator"],
    )  # fmt: skip
    assert first["rules"]
    assert first["knowledge"]
    for entry in (second, third):
        assert (entry["client"], entry["card_known"]) == ("other", False)
        assert (entry["rules"], entry["indicator"], entry["knowledge"]) == ([], None, None)


def test_where_nobody_is_asked_feedback_finds_its_card(tmp_path: Path) -> None:
    with running_service(tmp_path, decide) as service:
        (card, *_) = service.post(PATIENT_VIEW, json=json.loads(DEMO.read_text(encoding="utf-8"))).json()["cards"]
        post(service, overridden(card["uuid"]))
    assert [entry["card_known"] for entry in exported()] == [True]


def table(text: str) -> list[Json]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("beginning", ["=", "+", "-", "@", "\t", "\r"])
def test_a_spreadsheet_calculates_nothing_of_a_csv_export(tmp_path: Path, beginning: str) -> None:
    comment = f'{beginning}HYPERLINK("https://evil.example"), and\nmore'
    with running_service(tmp_path) as service:
        assert post(service, overridden("=card", comment)).status_code == 200
    (row,) = table(command("feedback", "export").stdout_bytes.decode())
    assert row["user_comment"].replace("\r\n", "\n") == f"'{comment}".replace("\r\n", "\n")
    assert row["card"] == "'=card"
    (entry,) = exported()
    assert entry["user_comment"] == comment


def test_comments_are_left_out_on_request(tmp_path: Path) -> None:
    with running_service(tmp_path) as service:
        post(service, overridden("c", "Mrs Zebra called"))
    for form in ("csv", "ndjson"):
        result = command("feedback", "export", "--format", form, "--without-comments")
        assert "c" in result.stdout
        assert "user_comment" not in result.stdout
        assert "Zebra" not in result.stdout


def test_an_export_is_a_new_file_for_its_owner_alone(tmp_path: Path) -> None:
    with running_service(tmp_path) as service:
        post(service, overridden("c"))
    file = tmp_path / "feedback.csv"
    assert command("feedback", "export", "--output", str(file)).exit_code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(table(file.read_text(encoding="utf-8"))) == 1
    again = command("feedback", "export", "--output", str(file))
    assert (again.exit_code, again.stdout) == (2, "")
    assert "nothing is written over" in again.stderr


def test_days_are_those_of_the_site_and_both_ends_are_included(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_service(tmp_path) as service:
        post(service, *(overridden(name) for name in ("first", "last", "after")))
    monkeypatch.setenv("CDS_TIME_ZONE", "Europe/Berlin")
    received = {"first": "2026-11-20 23:00:00", "last": "2026-11-22 22:59:59", "after": "2026-11-22 23:00:00"}
    with sqlite3.connect(tmp_path / "test.sqlite3") as connection:
        connection.executemany(
            "UPDATE feedback SET received_at = ? WHERE card = ?", [(v, k) for k, v in received.items()]
        )
    assert [e["card"] for e in exported("--since", "2026-11-21", "--until", "2026-11-22")] == ["first", "last"]
    assert [e["card"] for e in exported("--since", "2026-11-22")] == ["last", "after"]
    assert [e["card"] for e in exported("--until", "2026-11-21")] == ["first"]


def test_what_is_exported_comes_page_by_page_and_each_entry_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cds_service.records.feedback_export._PAGE", 2)
    with running_service(tmp_path) as service:
        post(service, *(overridden(str(number)) for number in range(5)))
    assert [entry["card"] for entry in exported()] == ["0", "1", "2", "3", "4"]


def test_decisions_of_one_patient_are_found_by_the_patients_id_and_deleted(tmp_path: Path) -> None:
    body = json.loads(DEMO.read_text(encoding="utf-8"))
    patient = body["context"]["patientId"]
    with running_service(tmp_path, decide) as service:
        (card, *_) = service.post(PATIENT_VIEW, json=body).json()["cards"]
        service.post(PATIENT_VIEW, json=hook_body())
        post(service, overridden(card["uuid"], "Mrs Zebra called"), overridden("of-another", "stays"))
    found = command("decisions", "export", "--patient-id", patient)
    (line,) = found.stdout.splitlines()
    assert json.loads(line)["cards"][0]["uuid"] == card["uuid"]
    assert patient not in found.stdout
    hashed = json.loads(line)["patient"]
    assert command("decisions", "export", "--patient-hash", hashed).stdout == found.stdout
    assert command("decisions", "export", "--hook-instance", body["hookInstance"]).stdout == found.stdout
    assert CliRunner().invoke(
        build_cli(), ["decisions", "export", "--patient-id", "-"], input=f"{patient}\n"
    ).stdout == (found.stdout)
    kept = CliRunner().invoke(build_cli(), ["decisions", "delete", "--patient-id", patient], input="n\n")
    assert kept.exit_code == 1
    assert len(command("decisions", "export").stdout.splitlines()) == 2
    deleted = command("decisions", "delete", "--patient-id", patient, "--yes")
    assert deleted.exit_code == 0
    assert "1 decisions" in deleted.stdout
    assert "1 comments blanked" in deleted.stdout
    assert command("decisions", "export", "--patient-id", patient).stdout == ""
    assert len(command("decisions", "export").stdout.splitlines()) == 1
    assert [(e["card_known"], e["user_comment"]) for e in exported()] == [(False, None), (False, "stays")]


@pytest.mark.parametrize(
    "words",
    [
        ("decisions", "delete", "--yes"),
        ("decisions", "export", "--patient-id", "a", "--patient-hash", "b"),
        ("decisions", "delete", "--patient-id", "-"),
        ("decisions", "export", "--patient-id", "a"),
    ],
)
def test_what_would_find_the_wrong_patient_or_none_is_refused(words: tuple[str, ...], tmp_path: Path) -> None:
    """The last: without the key of the hashes, a new key would find nobody."""
    result = command(*words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert not (tmp_path / "hash.key").exists()
