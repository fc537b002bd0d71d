"""Valid hook calls: status, answer, and what the decision is given (checklist REQ, CTX, RESP)."""

import json
from datetime import date

import pytest
from starlette.testclient import TestClient

from tests.service.ehr import HOOK_INSTANCE, DecideOnce, hook_body, product_knowledge, without

HOOKS = ("patient-view", "order-select", "order-sign")


@pytest.mark.checklist("REQ-1", "RESP-1")
@pytest.mark.parametrize("hook", HOOKS)
def test_each_hook_answers_200_with_cards(service: TestClient, hook: str) -> None:
    """REQ-1, RESP-1."""
    answer = service.post(f"/cds-services/calcinosis-{hook}", json=hook_body(hook))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    card = {"uuid": "c", "summary": f"card for {hook}", "indicator": "info", "detail": "", "source": {"label": "test"}}
    assert answer.json() == {"cards": [card]}


@pytest.mark.checklist("CTX-1")
def test_the_decision_gets_the_context_and_the_day(service: TestClient, decide: DecideOnce) -> None:
    """CTX-1, decision 9: the day comes from the one clock."""
    service.post("/cds-services/calcinosis-order-select", json=hook_body("order-select"))
    (request,) = decide.requests
    assert request.hook_instance == HOOK_INSTANCE
    assert request.context.user_id == "Practitioner/dr-1"
    assert request.context.encounter_id is None
    assert request.context.selections == frozenset({"MedicationRequest/draft-1"})
    assert [draft.reference for draft in decide.charts[0].drafts] == ["MedicationRequest/draft-1"]
    assert decide.days == [date(2026, 11, 22)]


def test_order_sign_has_no_selections(service: TestClient, decide: DecideOnce) -> None:
    """Decision 36: None means that every draft counts."""
    service.post("/cds-services/calcinosis-order-sign", json=hook_body("order-sign"))
    assert decide.requests[0].context.selections is None


@pytest.mark.checklist("CTX-3")
@pytest.mark.parametrize("user", ["Practitioner/1", "PractitionerRole/1", "Patient/pat-1", "RelatedPerson/1"])
def test_every_kind_of_user_is_served(service: TestClient, user: str) -> None:
    """CTX-3."""
    body = hook_body()
    body["context"]["userId"] = user
    assert service.post("/cds-services/calcinosis-patient-view", json=body).status_code == 200


@pytest.mark.checklist("REQ-8", "DATA-12")
def test_unknown_members_extensions_and_extra_keys_are_ignored(service: TestClient) -> None:
    """REQ-8, DATA-12."""
    body = hook_body(extension={"org.example.x": {"a": 1}}, somethingNew=[1])
    body["context"]["fieldOfANewerHook"] = "x"
    body["prefetch"]["notAskedFor"] = {"resourceType": "Basic"}
    assert service.post("/cds-services/calcinosis-patient-view", json=body).status_code == 200


@pytest.mark.checklist("REQ-9")
@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "application/fhir+json", "application/json"]
)
def test_json_content_types_are_read(service: TestClient, content_type: str) -> None:
    """REQ-9."""
    answer = service.post(
        "/cds-services/calcinosis-patient-view",
        content=json.dumps(hook_body()).encode(),
        headers={"Content-Type": content_type},
    )
    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/cds-services//calcinosis-patient-view", "/cds-services/calcinosis-patient-view/"])
def test_a_slash_too_many_does_no_harm(service: TestClient, path: str) -> None:
    """ehr-clients-and-servers.md 1.1: a discovery URL configured with its slash."""
    assert service.post(path, json=hook_body()).status_code == 200
    assert service.get("/cds-services/").status_code == 200


@pytest.mark.checklist("REQ-18", "REQ-20")
def test_the_same_request_gives_the_same_bytes(service: TestClient) -> None:
    """REQ-18, REQ-20."""
    first, second = (service.post("/cds-services/calcinosis-patient-view", json=hook_body()) for _ in range(2))
    assert first.content == second.content


@pytest.mark.checklist("CTX-4")
@pytest.mark.parametrize("selection", ["MedicationRequest/other", "draft-1", "", "///"])
def test_selections_that_match_nothing_are_no_error(service: TestClient, selection: str) -> None:
    """CTX-4."""
    body = hook_body("order-select")
    body["context"]["selections"] = [selection]
    assert service.post("/cds-services/calcinosis-order-select", json=body).status_code == 200


def test_evaluate_answers_with_the_trace(client: TestClient) -> None:
    """Decision 23, with the real decision: an empty chart has no card, and the trace says why."""
    answer = client.post("/api/evaluate", json=hook_body())
    assert answer.status_code == 200
    assert answer.json()["cards"] == []
    assert {"features", "rules", "data_gaps", "knowledge"} <= set(answer.json())


def test_evaluate_needs_what_the_hook_needs(service: TestClient) -> None:
    """Decision 23: the same rules as at the hook."""
    body = hook_body()
    assert service.post("/api/evaluate", json=body | {"hook": "appointment-book"}).status_code == 400
    assert (
        service.post("/api/evaluate", json=body | {"prefetch": without(body["prefetch"], "patient")}).status_code == 412
    )


def test_health_says_alive_and_ready(service: TestClient) -> None:
    """reliability.md 1.7."""
    assert service.get("/livez").json() == {"status": "alive"}
    ready = service.get("/readyz")
    assert (ready.status_code, ready.json()) == (
        200,
        {"status": "ready", "store": "writable", "knowledge": product_knowledge().version},
    )
