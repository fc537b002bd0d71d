"""Breaking one entry of a 60-entry chart costs only that entry, and the card names the gap (decision 6)."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

Entry = dict[str, Any]


def _set(name: str, value: Any) -> Callable[[Entry], Any]:
    def broken(entry: Entry) -> Entry:
        return entry | {"resource": entry["resource"] | {name: value}}

    return broken


def _without(name: str) -> Callable[[Entry], Any]:
    def broken(entry: Entry) -> Entry:
        return entry | {"resource": {key: value for key, value in entry["resource"].items() if key != name}}

    return broken


WAYS: dict[str, Callable[[Entry], Any]] = {
    "null entry": lambda entry: None,
    "entry is a list": lambda entry: [entry],
    "entry is a number": lambda entry: 7,
    "entry is text": lambda entry: "entry",
    "entry is empty": lambda entry: {},
    "resource is null": lambda entry: entry | {"resource": None},
    "resource is a list": lambda entry: entry | {"resource": [entry["resource"]]},
    "resource is text": lambda entry: entry | {"resource": "resource"},
    "resource is empty": lambda entry: entry | {"resource": {}},
    "no resourceType": _without("resourceType"),
    "resourceType is null": _set("resourceType", None),
    "resourceType is a number": _set("resourceType", 3),
    "code is a number": _set("code", 12),
    "code is a list of texts": _set("code", ["calcinosis"]),
    "coding is an object of objects": _set("code", {"coding": {"a": {"b": 1}}, "text": 5}),
    "code is missing": _without("code"),
    "subject is a list": _set("subject", ["Patient/broken"]),
    "subject is missing": _without("subject"),
    "subject reference is a number": _set("subject", {"reference": 4}),
    "unknown modifier extension": _set("modifierExtension", [{"url": "http://example.org/not", "valueBoolean": True}]),
    "status is a number": _set("clinicalStatus", 9),
    "verification is text": _set("verificationStatus", "confirmed"),
}


def condition(number: int) -> Entry:
    return {
        "resource": {
            "resourceType": "Condition",
            "id": f"other-{number}",
            "clinicalStatus": {"coding": [{"code": "active"}]},
            "verificationStatus": {"coding": [{"code": "confirmed"}]},
            "code": {"text": f"Unrelated problem {number}"},
            "subject": {"reference": "Patient/broken"},
            "recordedDate": "2024-05-01",
        }
    }


def chart(broken_at: int, way: Callable[[Entry], Any] | None) -> dict[str, Any]:
    """57 unrelated problems, calcinosis, juvenile dermatomyositis and one drug: 60 entries."""
    entries: list[Any] = [condition(number) for number in range(57)]
    calcinosis, disease = condition(100)["resource"], condition(101)["resource"]
    calcinosis |= {"id": "calcinosis", "code": _coded("L94.2"), "recordedDate": "2026-11-12"}
    disease |= {"id": "jdm", "code": _coded("M33.02"), "onsetDateTime": "2026-01-30"}
    entries[20:20] = [{"resource": calcinosis}, {"resource": disease}]
    if way is not None:
        entries[broken_at] = way(copy.deepcopy(entries[broken_at]))
    methotrexate = {
        "resourceType": "MedicationRequest",
        "id": "methotrexate",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {"text": "methotrexate 2.5 MG Oral Tablet"},
        "subject": {"reference": "Patient/broken"},
        "authoredOn": "2026-02-20",
    }
    return {
        "hook": "patient-view",
        "hookInstance": "6cbd9a70-3a0c-4a0f-9f0e-2a5c8a3b9d11",
        "context": {"userId": "Practitioner/p-7", "patientId": "broken"},
        "prefetch": {
            "patient": {"resourceType": "Patient", "id": "broken", "birthDate": "2015-04-02", "gender": "female"},
            "conditions": _bundle(entries),
            "medications": _bundle([{"resource": methotrexate}]),
            **{key: _bundle([]) for key in ("statements", "allergies", "procedures", "observations", "referrals")},
        },
    }


def _coded(code: str) -> dict[str, Any]:
    return {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": code}]}


def _bundle(entries: list[Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries}


def answered(client: TestClient, body: dict[str, Any]) -> dict[str, Any]:
    answer = client.post("/cds-services/calcinosis-patient-view", json=body)
    assert answer.status_code == 200
    (card,) = answer.json()["cards"]
    return card  # type: ignore[no-any-return]  # JSON


@pytest.mark.parametrize("place", [0, 30, 58], ids=["first", "middle", "last"])
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_one_broken_entry_costs_only_itself_and_is_named(
    client: TestClient, way: Callable[[Entry], Any], place: int
) -> None:
    card = answered(client, chart(place, way))
    (extension,) = card["extension"].values()
    assert extension["rules"][:2] == ["SC-ACTIVE", "R-ESCALATE"]
    assert {"Condition/calcinosis", "Condition/jdm", "MedicationRequest/methotrexate"} <= set(extension["basis"])
    assert "**Could not be read:** 1 problem entry." in card["detail"]


def test_the_whole_chart_names_no_gap(client: TestClient) -> None:
    assert "Could not be read" not in answered(client, chart(0, None))["detail"]


def test_the_broken_entry_of_the_calcinosis_itself_is_not_taken_for_its_absence(client: TestClient) -> None:
    card = answered(client, chart(20, WAYS["code is a number"]))
    assert card["summary"] == "Calcinosis could not be checked: the problem list could not be read completely"
    assert card["indicator"] == "info"
    assert "suggestions" not in card
