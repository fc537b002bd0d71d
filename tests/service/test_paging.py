"""Bundles in several pages, and Medications behind references (DATA-7, FHIR-2, CTX-6, CTX-13)."""

import httpx
import pytest
import respx
from starlette.testclient import TestClient

from cds_service.ehr import prefetch
from tests.service.ehr import (
    FHIR_SERVER,
    PATIENT_ID,
    TOKEN,
    DecideOnce,
    Json,
    bundle,
    complete_prefetch,
    condition,
    hook_body,
    with_access,
)
from treatment_algorithm.features import Group

ADDRESS = "/cds-services/calcinosis-patient-view"
PAGE_2 = f"{FHIR_SERVER}?_getpages=abc&page=2"


def post(service: TestClient, **values: Json) -> int:
    return service.post(ADDRESS, json=with_access(hook_body(prefetch=complete_prefetch() | values))).status_code


def condition_ids(decide: DecideOnce) -> list[str | None]:
    return [resource.id for resource in decide.charts[0].groups[Group.CONDITIONS].resources]


@pytest.mark.checklist("DATA-7")
def test_the_next_link_of_a_prefetched_bundle_is_followed_with_the_token(
    service: TestClient, decide: DecideOnce, fhir: respx.MockRouter
) -> None:
    """DATA-7: the same chart as unpaged."""
    second = fhir.get(url=PAGE_2).respond(json=bundle(condition("c-2")))
    assert post(service, conditions=bundle(condition("c-1"), next_url=PAGE_2)) == 200
    assert second.calls.last.request.headers["authorization"] == f"Bearer {TOKEN}"
    assert condition_ids(decide) == ["c-1", "c-2"]
    assert decide.charts[0].groups[Group.CONDITIONS].state.closed


@pytest.mark.checklist("DATA-7")
def test_a_relative_next_link_is_followed_under_the_base(
    service: TestClient, decide: DecideOnce, fhir: respx.MockRouter
) -> None:
    """DATA-7."""
    fhir.get(url=f"{FHIR_SERVER}/Condition?page=2").respond(json=bundle(condition("c-2")))
    assert post(service, conditions=bundle(condition("c-1"), next_url="Condition?page=2")) == 200
    assert condition_ids(decide) == ["c-1", "c-2"]


def test_a_page_that_fails_leaves_what_was_read(
    service: TestClient, decide: DecideOnce, fhir: respx.MockRouter
) -> None:
    """Decision 10: conditions cut short are not 412."""
    fhir.get(url=PAGE_2).respond(500)
    assert post(service, conditions=bundle(condition("c-1"), next_url=PAGE_2)) == 200
    assert condition_ids(decide) == ["c-1"]
    assert not decide.charts[0].groups[Group.CONDITIONS].state.complete


def test_pages_that_go_in_a_circle_end(service: TestClient, decide: DecideOnce, fhir: respx.MockRouter) -> None:
    """Decision 24, caps."""
    route = fhir.get(url=PAGE_2).respond(json=bundle(condition("c-2"), next_url=PAGE_2))
    assert post(service, conditions=bundle(condition("c-1"), next_url=PAGE_2)) == 200
    assert route.call_count == 1
    assert not decide.charts[0].groups[Group.CONDITIONS].state.complete


def test_paging_ends_at_sixty_pages(service: TestClient, decide: DecideOnce, fhir: respx.MockRouter) -> None:
    """Decision 24: 60 pages, the first one counted."""

    def next_page(request: httpx.Request) -> httpx.Response:
        number = int(request.url.params["page"])
        following = f"{FHIR_SERVER}/Condition?page={number + 1}"
        return httpx.Response(200, json=bundle(condition(f"c-{number}"), next_url=following))

    route = fhir.get("/Condition").mock(side_effect=next_page)
    assert post(service, conditions=bundle(condition("c-1"), next_url=f"{FHIR_SERVER}/Condition?page=2")) == 200
    assert route.call_count == prefetch.PAGE_CAP - 1 == 59
    assert not decide.charts[0].groups[Group.CONDITIONS].state.complete


def medication_request(reference: str) -> Json:
    return {
        "resourceType": "MedicationRequest",
        "id": "m-1",
        "status": "active",
        "intent": "order",
        "subject": {"reference": f"Patient/{PATIENT_ID}"},
        "medicationReference": {"reference": reference},
    }


def test_a_medication_reference_is_read(service: TestClient, decide: DecideOnce, fhir: respx.MockRouter) -> None:
    """CTX-6, decision 10."""
    route = fhir.get("/Medication/med-1").respond(
        json={"resourceType": "Medication", "id": "med-1", "code": {"text": "diltiazem"}}
    )
    assert post(service, medications=bundle(medication_request("Medication/med-1"))) == 200
    assert route.call_count == 1
    assert list(decide.charts[0].medications) == ["Medication/med-1"]


@pytest.mark.parametrize(
    ("reference", "read"),
    [
        (f"{FHIR_SERVER}/Medication/med-1", True),
        (f"{FHIR_SERVER}/Medication/med-1/_history/2", True),
        ("https://EHR.example.org:443/fhir/Medication/med-1", True),
        ("https://ehr.example.org/fhir/other-tenant/Medication/med-1", False),
        ("https://ehr.example.org/other/Medication/med-1", False),
        ("https://evil.example.org/fhir/Medication/med-1", False),
    ],
)
def test_a_medication_reference_as_a_url_is_read_when_it_is_of_this_server(
    service: TestClient, decide: DecideOnce, fhir: respx.MockRouter, reference: str, read: bool
) -> None:
    """CTX-6, FHIR-10: servers may write their own references as URLs; no other server is called."""
    fhir.get("/Medication/med-1").respond(json={"resourceType": "Medication", "id": "med-1"})
    assert post(service, medications=bundle(medication_request(reference))) == 200
    assert list(decide.charts[0].medications) == (["Medication/med-1"] if read else [])
    assert fhir.calls.call_count == read


def test_a_medication_that_cannot_be_read_is_no_error(
    service: TestClient, decide: DecideOnce, fhir: respx.MockRouter
) -> None:
    """Decision 10: disclosed by the reader of the chart."""
    fhir.get("/Medication/med-1").respond(404)
    assert post(service, medications=bundle(medication_request("Medication/med-1"))) == 200
    assert dict(decide.charts[0].medications) == {}


@pytest.mark.checklist("CTX-13")
def test_draft_orders_are_never_read_back(service: TestClient, fhir: respx.MockRouter) -> None:
    """CTX-13."""
    answer = service.post("/cds-services/calcinosis-order-sign", json=with_access(hook_body("order-sign")))
    assert answer.status_code == 200
    assert fhir.calls.call_count == 0
