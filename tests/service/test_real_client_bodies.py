"""What a real client sends at order-select is no valid FHIR R4, and is answered (ehr-clients-and-servers.md 1.2)."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

REQUESTS = Path(__file__).parents[2] / "demo" / "hook-requests"
DILTIAZEM = {
    "coding": [
        {
            "system": "http://www.nlm.nih.gov/research/umls/rxnorm",
            "code": "830861",
            "display": "24 HR Diltiazem Hydrochloride 120 MG Extended Release Oral Capsule",
        }
    ],
    "text": "Diltiazem 120 MG",
}


def order_select(drafts: Any, selections: list[str] | None = None) -> dict[str, Any]:
    """The body of the diltiazem-on-metoprolol demo patient with other draft orders."""
    body: dict[str, Any] = json.loads((REQUESTS / "order-select.diltiazem-on-metoprolol.json").read_text("utf-8"))
    body = copy.deepcopy(body)
    body["context"]["draftOrders"] = drafts
    body["context"]["selections"] = selections or ["MedicationRequest/request-123"]
    return body


def draft(**members: Any) -> dict[str, Any]:
    """A draft as the public sandbox sends it: without an intent, without a Bundle type."""
    patient = json.loads((REQUESTS / "order-select.diltiazem-on-metoprolol.json").read_text("utf-8"))["context"][
        "patientId"
    ]
    order = {
        "resourceType": "MedicationRequest",
        "id": "request-123",
        "status": "draft",
        "subject": {"reference": f"Patient/{patient}"},
        "authoredOn": "2026-11-22",
    }
    return {"resourceType": "Bundle", "entry": [{"resource": order | members}]}


def answer(client: TestClient, body: dict[str, Any]) -> list[dict[str, Any]]:
    response = client.post("/cds-services/calcinosis-order-select", json=body)
    assert response.status_code == 200
    cards: list[dict[str, Any]] = response.json()["cards"]
    return cards


@pytest.mark.checklist("CTX-7")
def test_the_first_call_before_a_drug_is_chosen_gets_no_card(client: TestClient) -> None:
    assert answer(client, order_select(draft())) == []


def test_a_drug_without_intent_in_a_bundle_without_type_is_judged(client: TestClient) -> None:
    (card,) = answer(client, order_select(draft(medicationCodeableConcept=DILTIAZEM)))
    assert card["indicator"] == "warning"
    assert card["summary"].startswith("Diltiazem with metoprolol")


@pytest.mark.checklist("CTX-14")
def test_objects_where_lists_belong_are_read(client: TestClient) -> None:
    reason = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "L94.2"}], "text": "Calcinosis cutis"}
    order = draft(
        medicationCodeableConcept=DILTIAZEM,
        category={"text": "Outpatient"},
        reasonCode=reason,
        dosageInstruction={"doseAndRate": {"doseQuantity": {"value": 1, "code": "{pill}"}}},
    )
    (card,) = answer(client, order_select(order))
    assert "reason calcinosis cutis" in card["detail"]


@pytest.mark.checklist("CTX-5", "CTX-10")
@pytest.mark.parametrize(
    "drafts",
    [
        {"resourceType": "Bundle"},
        {"resourceType": "Bundle", "entry": []},
        {"resourceType": "Bundle", "entry": [None, {}, {"resource": None}]},
        {
            "resourceType": "Bundle",
            "entry": [
                {
                    "resource": {
                        "resourceType": "ServiceRequest",
                        "id": "request-123",
                        "code": {"coding": [{}]},
                        "reasonCode": [],
                    }
                }
            ],
        },
        {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "NutritionOrder", "id": "n"}}]},
        {},
    ],
    ids=["no entry", "empty", "broken entries", "imaging order", "nutrition order", "no Bundle at all"],
)
def test_other_drafts_are_answered(client: TestClient, drafts: dict[str, Any]) -> None:
    response = client.post("/cds-services/calcinosis-order-select", json=order_select(drafts))
    assert response.status_code == 200
    assert not [card for card in response.json()["cards"] if card["indicator"] != "info"]


@pytest.mark.parametrize("reference", ["Patient/somebody-else", "https://ehr.example.org/fhir/Patient/somebody-else"])
def test_the_resources_of_another_patient_give_no_card(client: TestClient, reference: str) -> None:
    body = json.loads((REQUESTS / "patient-view.json").read_text("utf-8"))
    for key, bundle in body["prefetch"].items():
        for entry in bundle.get("entry", []) if key != "patient" else []:
            resource = entry["resource"]
            resource["patient" if "patient" in resource else "subject"] = {"reference": reference}
    response = client.post("/cds-services/calcinosis-patient-view", json=body)
    assert response.status_code == 200
    assert response.json()["cards"] == []
