"""Draft orders as the hooks allow them and as clients send them (checklist CTX), through the whole service."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import respx

from cds_service.decide import decide
from tests.conformance.answers import PROJECT, demo_requests, valid_requests
from tests.conformance.test_every_action import parsed
from tests.service.ehr import FHIR_SERVER, hook_body, running_service, with_access

if TYPE_CHECKING:
    from datetime import date

    from starlette.testclient import TestClient

    from treatment_algorithm.knowledge_base import KnowledgeBase

Json = dict[str, Any]
REQUEST: Json = json.loads(
    (PROJECT / "demo/hook-requests/order-select.diltiazem-on-metoprolol.json").read_text("utf-8")
)
PATIENT = REQUEST["context"]["patientId"]
DILTIAZEM: Json = REQUEST["context"]["draftOrders"]["entry"][0]["resource"]
# Whatever is said of the other drafts, this one gets its warning.
WARNED = "Diltiazem with metoprolol"
PRODUCT: Json = {"resourceType": "Medication", "id": "product", "code": DILTIAZEM["medicationCodeableConcept"]}


def order_select(*drafts: Any, selections: list[str] | None = None, **context: Any) -> Json:
    """The diltiazem-on-metoprolol call with these draft orders, by default all of them selected."""
    body = copy.deepcopy(REQUEST)
    named = [f"{one['resourceType']}/{one['id']}" for one in drafts if isinstance(one, dict) and "id" in one]
    body["context"] |= {
        "draftOrders": {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in drafts]},
        "selections": named if selections is None else selections,
    } | context
    return body


def order_sign(*drafts: Any) -> Json:
    """The same at order-sign, which has no selections."""
    body = order_select(*drafts) | {"hook": "order-sign"}
    del body["context"]["selections"]
    return body


def draft(draft_id: str = "draft-diltiazem", **members: Any) -> Json:
    """The diltiazem order with other members; None takes one out."""
    return {name: value for name, value in (DILTIAZEM | {"id": draft_id} | members).items() if value is not None}


def referring(reference: str, **members: Any) -> Json:
    """The diltiazem order that only refers to its product."""
    return draft(medicationCodeableConcept=None, medicationReference={"reference": reference}, **members)


def summaries(client: "TestClient", body: Json) -> list[str]:
    """The summaries of the answer, which must be one."""
    answer = client.post(f"/cds-services/calcinosis-{body['hook']}", json=body)
    assert answer.status_code == 200, answer.text
    return [card["summary"] for card in answer.json()["cards"]]


def subjects(client: "TestClient", body: Json) -> set[str]:
    """The draft orders that the cards are about: the first entry of each basis."""
    answer = client.post(f"/cds-services/calcinosis-{body['hook']}", json=body)
    assert answer.status_code == 200, answer.text
    return {extension["basis"][0] for card in answer.json()["cards"] for extension in card["extension"].values()}


OTHERS: list[Json] = [
    {"resourceType": "ServiceRequest", "id": "s", "status": "draft", "intent": "order", "code": {"text": "MRI thigh"}},
    {"resourceType": "NutritionOrder", "id": "n", "status": "draft", "dateTime": "2026-11-22"},
    {"resourceType": "DeviceRequest", "id": "d", "status": "draft", "codeCodeableConcept": {"text": "Wheelchair"}},
    {"resourceType": "VisionPrescription", "id": "v", "status": "draft", "lensSpecification": [{"product": {}}]},
]


@pytest.mark.checklist("CTX-5")
def test_any_kind_of_order_may_stand_beside_the_drug(client: "TestClient") -> None:
    others = [one | {"subject": {"reference": f"Patient/{PATIENT}"}} for one in OTHERS]
    for body in (order_select(*others, DILTIAZEM), order_sign(*others, DILTIAZEM)):
        (summary,) = summaries(client, body)
        assert summary.startswith(WARNED)
    assert summaries(client, order_select(*others)) == []


@pytest.mark.checklist("CTX-6")
@pytest.mark.parametrize(
    "drafts",
    [(referring("#product", contained=[PRODUCT]),), (referring("Medication/product"), PRODUCT)],
    ids=["contained", "sibling entry"],
)
def test_the_drug_is_found_behind_its_reference(client: "TestClient", drafts: tuple[Json, ...]) -> None:
    body = order_select(*drafts, selections=["MedicationRequest/draft-diltiazem"])
    (summary,) = summaries(client, body)
    assert summary.startswith(WARNED)


@pytest.fixture
def with_fhir(tmp_path: Path) -> "Iterator[TestClient]":
    """The whole service, its decision included, which may call one FHIR server."""
    with running_service(tmp_path, decide, allowed_fhir_servers=(FHIR_SERVER,)) as service:  # type: ignore[arg-type]
        yield service


@pytest.mark.checklist("CTX-6")
def test_a_drug_on_the_fhir_server_is_read_there(with_fhir: "TestClient") -> None:
    with respx.mock(base_url=FHIR_SERVER) as fhir:
        fhir.get("/Medication/product").respond(json=PRODUCT)
        (summary,) = summaries(with_fhir, with_access(order_select(referring("Medication/product"))))
    assert summary.startswith(WARNED)


@pytest.mark.checklist("CTX-13")
def test_a_draft_is_never_read_from_the_fhir_server(with_fhir: "TestClient") -> None:
    """Everything else is: the prefetch is empty."""
    body = with_access(hook_body("order-select", prefetch=None))
    with respx.mock(base_url=FHIR_SERVER, assert_all_called=False) as fhir:
        fhir.get("/Patient/pat-1").respond(json={"resourceType": "Patient", "id": "pat-1"})
        fhir.route().mock(return_value=httpx.Response(200, json={"resourceType": "Bundle", "type": "searchset"}))
        assert with_fhir.post("/cds-services/calcinosis-order-select", json=body).status_code == 200
        asked = [str(made.request.url) for made in fhir.calls]
    assert len(asked) == 8
    assert [url for url in asked if "draft-1" in url] == []


@pytest.mark.checklist("CTX-7")
def test_an_order_with_nothing_but_a_text_is_judged(client: "TestClient") -> None:
    """No code, no intent, no dose, no reason."""
    bare = draft(medicationCodeableConcept={"text": "diltiazem"}, intent=None, reasonReference=None)
    (summary,) = summaries(client, order_select(bare))
    assert summary.startswith(WARNED)
    nothing_chosen = draft(medicationCodeableConcept=None)
    assert summaries(client, order_select(nothing_chosen)) == []


@pytest.mark.checklist("CTX-8")
def test_an_order_that_is_no_draft_any_more_is_judged_when_signed_again(client: "TestClient") -> None:
    (summary,) = summaries(client, order_sign(draft(status="active")))
    assert summary.startswith(WARNED)


@pytest.mark.checklist("CTX-9")
def test_an_order_for_another_patient_gets_no_card(client: "TestClient") -> None:
    stranger = draft(subject={"reference": "Patient/somebody-else"})
    for body in (order_select(stranger), order_sign(stranger)):
        assert not [summary for summary in summaries(client, body) if "iltiazem" in summary]


@pytest.mark.checklist("CTX-10")
@pytest.mark.parametrize(
    "bundle",
    [
        {"resourceType": "Bundle", "type": "collection"},
        {"resourceType": "Bundle", "type": "collection", "entry": []},
        {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": draft(id=None)}]},
        {
            "resourceType": "Bundle",
            "type": "collection",
            "entry": [{"fullUrl": "urn:uuid:1", "resource": draft(id=None)}],
        },
    ],
    ids=["no entry", "no entries", "no id", "no id but a fullUrl"],
)
@pytest.mark.parametrize("hook", ["order-select", "order-sign"])
def test_drafts_without_entries_or_ids_are_answered(client: "TestClient", bundle: Json, hook: str) -> None:
    body = order_select(draftOrders=bundle, selections=[]) | {"hook": hook}
    assert client.post(f"/cds-services/calcinosis-{hook}", json=body).status_code == 200


@pytest.mark.checklist("CTX-3")
@pytest.mark.parametrize("user", ["Practitioner/1", "PractitionerRole/1"])
@pytest.mark.parametrize("hook", ["order-select", "order-sign"])
def test_both_kinds_of_prescriber_are_served(client: "TestClient", user: str, hook: str) -> None:
    body = order_select(DILTIAZEM, userId=user) | {"hook": hook}
    (summary,) = summaries(client, body)
    assert summary.startswith(WARNED)


@pytest.mark.checklist("CTX-14")
def test_the_shape_of_the_published_examples_is_served(client: "TestClient") -> None:
    """A NutritionOrder without intent, an object where doseAndRate is a list, the dose of STU3 in its old place."""
    quantity = {"value": 120, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}
    selected = draft(dosageInstruction=[{"text": "one capsule", "doseAndRate": {"doseQuantity": quantity}}])
    nutrition = OTHERS[1] | {
        "patient": {"reference": f"Patient/{PATIENT}"},
        "oralDiet": {"type": [{"text": "Low salt"}]},
    }
    signed = draft(dosageInstruction=[{"doseQuantity": quantity, "timing": {"repeat": {"boundsPeriod": {}}}}])
    for body in (order_select(nutrition, selected), order_sign(nutrition, signed)):
        (summary,) = summaries(client, body)
        assert summary.startswith(WARNED)
    for invalid in (selected, signed, nutrition):
        with pytest.raises(ValueError, match=invalid["resourceType"]):
            parsed(invalid)


@pytest.mark.checklist("CTX-11")
def test_guidance_is_about_the_selected_orders_and_the_others_still_count(client: "TestClient") -> None:
    """Selections A, B, both, none: cards about A, B, both, nothing; an unselected draft still is a partner."""
    one, other = "MedicationRequest/draft-diltiazem", "MedicationRequest/draft-warfarin"
    warfarin = draft("draft-warfarin", medicationCodeableConcept={"text": "warfarin sodium 5 MG Oral Tablet"})
    for selections in ([one], [other], [one, other], []):
        assert subjects(client, order_select(DILTIAZEM, warfarin, selections=selections)) == set(selections)
    without_metoprolol = {"resourceType": "Bundle", "type": "searchset", "total": 0}
    metoprolol = draft("draft-metoprolol", medicationCodeableConcept={"text": "metoprolol tartrate 50 MG Oral Tablet"})
    for drafts, warned in (([DILTIAZEM], False), ([DILTIAZEM, metoprolol], True)):
        body = order_select(*drafts, selections=[one])
        body["prefetch"] |= {"medications": without_metoprolol, "statements": without_metoprolol}
        assert any("metoprolol" in summary for summary in summaries(client, body)) is warned


@pytest.mark.checklist("CTX-12")
def test_the_orders_of_our_own_requests_are_fhir_r4(knowledge: "KnowledgeBase", today: "date") -> None:
    """But for the one demo request that repeats what a real client sends, and what stories break on purpose."""
    invalid = set()
    for name, body in valid_requests(knowledge, today):
        for entry in body["context"].get("draftOrders", {}).get("entry", []):
            try:
                parsed(entry["resource"])
            except (ValueError, TypeError, KeyError):
                invalid.add(name)
    assert {name for name in invalid if not name.startswith("story ")} == {
        "demo order-select.sandbox-diltiazem",
        "demo order-select.sandbox-first-call",
    }
    assert len(list(demo_requests())) > 40
