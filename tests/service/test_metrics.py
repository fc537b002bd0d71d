"""/metrics: complete, named as Prometheus asks, for the operator only in production, and without patient data."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import respx
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from cds_service.app import create_app
from cds_service.decide import decide
from cds_service.errors import StartRefused
from cds_service.settings import Settings
from tests.service.ehr import FHIR_SERVER, Json, hook_body, product_knowledge, running_service, with_access
from tests.service.ehr_client import trusting

DEMO = sorted(Path("demo/hook-requests").glob("*.json"))
ADMIN_TOKEN = "a-token-of-this-test-4711"


def scraped(service: TestClient, **headers: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every sample: (name, labels) -> value."""
    families = text_string_to_metric_families(service.get("/metrics", headers=headers).text)
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def value(client: TestClient, name: str, /, **labels: str) -> float:
    return scraped(client).get((name, frozenset(labels.items())), 0)


def ask(service: TestClient, body: Json) -> Any:
    return service.post(f"/cds-services/calcinosis-{body['hook']}", json=body)


def texts(document: Any) -> set[str]:
    """Every text value of a JSON document that is long enough to be somebody's."""
    if isinstance(document, dict):
        return set().union(*(texts(member) for name, member in document.items() if name not in ("system", "hook")))
    if isinstance(document, list):
        return set().union(*map(texts, document))
    return {document} if isinstance(document, str) and len(document) > 7 else set()


def test_after_every_demo_request_names_are_prometheus_s_and_nothing_of_a_chart_is_there(tmp_path: Path) -> None:
    bodies = [json.loads(path.read_text(encoding="utf-8")) for path in DEMO]
    with running_service(tmp_path, decide) as service:
        for body in bodies:
            assert ask(service, body).status_code == 200
        families = list(text_string_to_metric_families(service.get("/metrics").text))
    rules = {one for family in families for sample in family.samples for one in [sample.labels.get("rule")] if one}
    sent = set().union(*map(texts, bodies))
    for family in families:
        assert family.name.startswith("cds_")
        assert family.documentation
        assert family.type in ("counter", "gauge", "histogram")
        for sample in family.samples:
            if family.type == "counter":
                assert sample.name.endswith("_total")
            assert not set(sample.labels.values()) & sent
            assert not any("demo-" in text or "Patient/" in text for text in sample.labels.values())
    assert rules
    assert all(re.fullmatch(r"[A-Z0-9-]+", rule) for rule in rules)


def test_requests_are_counted_by_what_became_of_them(service: TestClient) -> None:
    call = {"address": "hook", "service": "calcinosis-patient-view", "hook": "patient-view"}
    ask(service, hook_body())
    ask(service, hook_body() | {"prefetch": {}})
    ask(service, {"hook": "patient-view"})
    service.post("/cds-services/Jane-Doe-1970", json={})
    found = {outcome: value(service, "cds_requests_total", **call, outcome=outcome) for outcome in
             ("success", "prefetch-missing", "bad-request")}  # fmt: skip
    assert found == {"success": 1, "prefetch-missing": 1, "bad-request": 1}
    assert value(service, "cds_request_duration_seconds_bucket", **call, le="5.0") == 3
    assert "Jane" not in service.get("/metrics").text


def test_the_shares_below_half_a_second_two_and_five_can_be_read(service: TestClient) -> None:
    """reliability.md 1.3."""
    ask(service, hook_body())
    limits = {dict(labels)["le"] for name, labels in scraped(service) if name == "cds_request_duration_seconds_bucket"}
    assert {"0.5", "2.0", "5.0"} <= limits


def test_cards_are_counted_by_rule_and_indicator_and_rule_results_by_rule(tmp_path: Path) -> None:
    body = json.loads(Path("demo/hook-requests/order-select.diltiazem-av-block.json").read_text(encoding="utf-8"))
    with running_service(tmp_path, decide) as service:
        (card,) = ask(service, body).json()["cards"]
        rule, indicator = "SAFE-DILT-AVB", card["indicator"]
        assert value(service, "cds_cards_total", hook="order-select", indicator=indicator) == 1
        assert value(service, "cds_card_rules_total", rule=rule, indicator=indicator) == 1
        assert value(service, "cds_rule_results_total", rule=rule, result="yes") == 1


def test_data_that_could_not_be_read_are_counted_by_group(tmp_path: Path) -> None:
    body = hook_body()
    prefetch = body["prefetch"] | {"allergies": {"resourceType": "OperationOutcome", "issue": []}}
    with running_service(tmp_path, decide) as service:
        ask(service, body | {"prefetch": prefetch})
        assert value(service, "cds_unknown_data_total", group="allergies") == 1
        assert value(service, "cds_unknown_data_total", group="procedures") == 0


def test_reads_from_the_fhir_server_are_timed_by_prefetch_key_and_outcome(
    service: TestClient, fhir: respx.MockRouter
) -> None:
    body = with_access(hook_body())
    prefetch = {name: given for name, given in body["prefetch"].items() if name != "allergies"}
    fhir.get("/AllergyIntolerance").respond(500)
    ask(service, body | {"prefetch": prefetch})
    name = "cds_fhir_fetch_duration_seconds_count"
    assert value(service, name, prefetch_key="allergies", outcome="refused") == 1
    assert value(service, "cds_fhir_breaker_open", server=FHIR_SERVER) == 0


def test_a_server_that_is_left_alone_is_seen(service: TestClient, fhir: respx.MockRouter) -> None:
    body = with_access(hook_body())
    prefetch = {name: given for name, given in body["prefetch"].items() if name != "allergies"}
    fhir.get("/AllergyIntolerance").respond(500)
    for _ in range(6):
        ask(service, body | {"prefetch": prefetch})
    assert value(service, "cds_fhir_breaker_open", server=FHIR_SERVER) == 1
    left_alone = {"prefetch_key": "allergies", "outcome": "left-alone"}
    assert value(service, "cds_fhir_fetch_duration_seconds_count", **left_alone) == 1


def test_feedback_is_counted_by_outcome_and_by_the_rules_of_its_card(tmp_path: Path) -> None:
    body = json.loads(Path("demo/hook-requests/order-select.diltiazem-av-block.json").read_text(encoding="utf-8"))
    with running_service(tmp_path, decide, audit="strict") as service:
        (card,) = ask(service, body).json()["cards"]
        for uuid in (card["uuid"], "never-shown"):
            entry = {"card": uuid, "outcome": "overridden", "outcomeTimestamp": "2026-11-22T09:34:10Z"}
            address = "/cds-services/calcinosis-order-select/feedback"
            assert service.post(address, json={"feedback": [entry]}).status_code == 200
        assert value(service, "cds_feedback_total", service="calcinosis-order-select", outcome="overridden") == 2
        assert value(service, "cds_feedback_rules_total", rule="SAFE-DILT-AVB", outcome="overridden") == 1
        assert value(service, "cds_feedback_rules_total", rule="unknown", outcome="overridden") == 1


def test_the_decision_log_and_the_versions_are_told(service: TestClient) -> None:
    ask(service, hook_body())
    names = {name for name, _ in scraped(service)}
    assert {
        "cds_decision_log_queue_depth", "cds_decision_log_written_total", "cds_decision_log_dropped_total",
        "cds_replay_guard_degraded_total", "cds_fhir_retries_total", "cds_requests_in_flight",
    } <= names  # fmt: skip
    (info,) = [dict(labels) for name, labels in scraped(service) if name == "cds_build_info"]
    assert info["knowledge"] == product_knowledge().version
    assert value(service, "cds_requests_in_flight") == 1


def admin_file(folder: Path, text: str = ADMIN_TOKEN) -> Path:
    file = folder / "admin-token"
    file.write_text(f"{text}\n", encoding="utf-8")
    return file


@pytest.mark.parametrize("sent", [None, "", "Bearer", f"Basic {ADMIN_TOKEN}", f"Bearer {ADMIN_TOKEN}x", ADMIN_TOKEN])
def test_with_an_admin_token_nobody_else_reads_the_metrics(tmp_path: Path, sent: str | None) -> None:
    headers = {} if sent is None else {"Authorization": sent}
    with running_service(tmp_path, admin_token=admin_file(tmp_path)) as service:
        answer = service.get("/metrics", headers=headers)
        assert (answer.status_code, answer.content) == (401, b"")
        right = service.get("/metrics", headers={"Authorization": f"Bearer {ADMIN_TOKEN}"})
        assert (right.status_code, b"cds_build_info" in right.content) == (200, True)


def production(folder: Path, **values: Any) -> Settings:
    return Settings(
        _env_file=None, environment="production", allow_draft_knowledge=True,
        database_url=f"sqlite:///{folder / 'test.sqlite3'}", **trusting(folder, **values),
    )  # fmt: skip


@pytest.mark.parametrize("with_token", [True, False])
def test_in_production_there_are_metrics_behind_a_token_only(tmp_path: Path, with_token: bool) -> None:
    token = admin_file(tmp_path) if with_token else None
    with TestClient(create_app(production(tmp_path, admin_token=token), knowledge=product_knowledge())) as service:
        assert service.get("/metrics").status_code == (401 if with_token else 404)


@pytest.mark.parametrize("text", [None, "short"])
def test_a_token_that_is_missing_or_too_short_refuses_the_start(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "none" if text is None else admin_file(tmp_path, text)
    settings = Settings(_env_file=None, database_url=f"sqlite:///{tmp_path / 'test.sqlite3'}", admin_token=file)
    with pytest.raises(StartRefused, match="CDS_ADMIN_TOKEN"):
        create_app(settings, knowledge=product_knowledge())
