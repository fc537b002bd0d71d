"""A FHIR server that answers with what was not asked for: another patient's data, other types (API1, API10; G2)."""

from typing import Any

import httpx
import pytest
import respx
from starlette.testclient import TestClient

from tests.service.ehr import (
    FHIR_SERVER,
    PATIENT_ID,
    DecideOnce,
    Json,
    bundle,
    complete_prefetch,
    condition,
    hook_body,
    patient,
    with_access,
    without,
)
from treatment_algorithm.features import Group

ADDRESS = "/cds-services/calcinosis-patient-view"
OTHERS = [
    "Patient/somebody-else",
    f"{FHIR_SERVER}/Patient/somebody-else",
    "Patient/somebody-else/_history/3",
    f"https://evil.example.org/{PATIENT_ID}/Patient/somebody-else",
    f"Patient/{PATIENT_ID}0",
    f"Group/{PATIENT_ID}",
]
OWN = [
    f"Patient/{PATIENT_ID}",
    f"{FHIR_SERVER}/Patient/{PATIENT_ID}",
    f"Patient/{PATIENT_ID}/_history/3",
    f"{FHIR_SERVER}/Patient/{PATIENT_ID}/_history/3",
]


def about(reference: str, resource_id: str, **more: Any) -> Json:
    return condition(resource_id) | {"subject": {"reference": reference}} | more


def fetched(service: TestClient, fhir: respx.MockRouter, key: str, answer: Json) -> int:
    """The status when `key` is read from the server, which gives `answer`."""
    fhir.route(path__regex=r".*").mock(return_value=httpx.Response(200, json=answer))
    prefetch = without(complete_prefetch(), key)
    return service.post(ADDRESS, json=with_access(hook_body(prefetch=prefetch))).status_code


@pytest.mark.parametrize("reference", OTHERS)
def test_conditions_of_another_patient_only_are_as_good_as_none_obtained(
    service: TestClient, decide: DecideOnce, fhir: respx.MockRouter, reference: str
) -> None:
    """The search was not done, so an empty list would be a silent false negative."""
    assert fetched(service, fhir, "conditions", bundle(about(reference, "c-1"), about(reference, "c-2"))) == 412
    assert decide.charts == []


@pytest.mark.parametrize("reference", OTHERS)
def test_among_the_own_ones_they_are_left_out_and_open_the_group(
    service: TestClient, decide: DecideOnce, fhir: respx.MockRouter, reference: str
) -> None:
    mixed = bundle(about(reference, "c-1"), condition("c-2"), about(reference, "c-3"))
    assert fetched(service, fhir, "conditions", mixed) == 200
    read = decide.charts[0].groups[Group.CONDITIONS]
    assert [resource.id for resource in read.resources] == ["c-2"]
    assert read.state.unreadable == 2
    assert not read.state.closed


@pytest.mark.parametrize("reference", OWN)
def test_the_own_ones_count_however_their_subject_is_written(
    service: TestClient, decide: DecideOnce, fhir: respx.MockRouter, reference: str
) -> None:
    assert fetched(service, fhir, "conditions", bundle(about(reference, "c-1"))) == 200
    read = decide.charts[0].groups[Group.CONDITIONS]
    assert len(read.resources) == 1
    assert read.state.closed


def test_drugs_and_allergies_of_another_patient_are_not_obtained(
    service: TestClient, decide: DecideOnce, fhir: respx.MockRouter
) -> None:
    """`patient` names the subject of an allergy."""
    other = {"reference": "Patient/somebody-else"}
    fhir.get("/MedicationRequest").respond(
        json=bundle({"resourceType": "MedicationRequest", "id": "m", "subject": other})
    )
    fhir.get("/AllergyIntolerance").respond(
        json=bundle({"resourceType": "AllergyIntolerance", "id": "a", "patient": other})
    )
    prefetch = without(complete_prefetch(), "medications", "allergies")
    assert service.post(ADDRESS, json=with_access(hook_body(prefetch=prefetch))).status_code == 200
    for group in (Group.MEDICATIONS, Group.ALLERGIES):
        assert not decide.charts[0].groups[group].state.obtained


def test_a_page_of_another_patient_ends_the_reading_and_opens_the_group(
    service: TestClient, decide: DecideOnce, fhir: respx.MockRouter
) -> None:
    next_url = f"{FHIR_SERVER}/Condition?page=2"
    fhir.get(url=next_url).respond(json=bundle(about("Patient/somebody-else", "c-9")))
    prefetch = complete_prefetch() | {"conditions": bundle(condition("c-1"), next_url=next_url)}
    assert service.post(ADDRESS, json=with_access(hook_body(prefetch=prefetch))).status_code == 200
    read = decide.charts[0].groups[Group.CONDITIONS]
    assert [resource.id for resource in read.resources] == ["c-1"]
    assert not read.state.complete


def test_another_patient_is_no_patient(service: TestClient, fhir: respx.MockRouter) -> None:
    assert fetched(service, fhir, "patient", patient("somebody-else")) == 412


WRONG = {
    "another type": {"resourceType": "Basic", "id": "b"},
    "entries that another key asks for": bundle({"resourceType": "Procedure", "id": "p"}),
    "entries of another type": bundle({"resourceType": "Encounter", "id": "e"}),
    "entries of another type, one of them broken": bundle({"resourceType": "Encounter", "id": "e"}, {"id": 7}),
    "a Patient": patient(),
    "a history": bundle(condition("c-1")) | {"type": "history"},
    "an outcome": {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]},
    "an empty object": {},
}


@pytest.mark.parametrize("answer", WRONG.values(), ids=WRONG)
def test_conditions_of_which_something_else_came_are_412(
    service: TestClient, fhir: respx.MockRouter, answer: Json
) -> None:
    assert fetched(service, fhir, "conditions", answer) == 412


@pytest.mark.parametrize("answer", WRONG.values(), ids=WRONG)
def test_drugs_of_which_something_else_came_are_open(
    service: TestClient, decide: DecideOnce, fhir: respx.MockRouter, answer: Json
) -> None:
    assert fetched(service, fhir, "medications", answer) == 200
    assert not decide.charts[0].groups[Group.MEDICATIONS].state.closed


def test_an_empty_answer_is_an_answer(service: TestClient, decide: DecideOnce, fhir: respx.MockRouter) -> None:
    """DATA-5: nothing found is no data, and no gap."""
    assert fetched(service, fhir, "conditions", bundle()) == 200
    assert decide.charts[0].groups[Group.CONDITIONS].state.closed


@pytest.mark.parametrize(
    ("answer", "resolved"),
    [
        ({"resourceType": "Medication", "id": "other-id", "code": {"text": "x"}}, True),
        ({"resourceType": "Substance", "id": "med-1"}, False),
        (bundle({"resourceType": "Medication", "id": "med-1"}), False),
    ],
    ids=["a Medication", "another type", "a Bundle"],
)
def test_what_stands_behind_a_medication_reference_must_be_a_medication(
    service: TestClient, decide: DecideOnce, fhir: respx.MockRouter, answer: Json, resolved: bool
) -> None:
    order = {
        "resourceType": "MedicationRequest",
        "id": "m-1",
        "subject": {"reference": f"Patient/{PATIENT_ID}"},
        "medicationReference": {"reference": "Medication/med-1"},
    }
    fhir.get("/Medication/med-1").respond(json=answer)
    prefetch = complete_prefetch() | {"medications": bundle(order)}
    assert service.post(ADDRESS, json=with_access(hook_body(prefetch=prefetch))).status_code == 200
    assert (list(decide.charts[0].medications) == ["Medication/med-1"]) is resolved
