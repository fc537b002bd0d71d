"""Draft orders as real clients send them: ehr-clients-and-servers.md 1.2; decisions 7, 35, 36."""

from typing import Any

import pytest

from fhir_mappings.draft_orders import read_draft_orders
from tests.unit.fhir_mappings.charts import ICD10CM, RXNORM, SNOMED, Mapper, bundle, coded, condition, request
from treatment_algorithm.features import Group, GroupState, OrderFact, OrderReason

CALCINOSIS = coded(ICD10CM, "L94.2")
# The shapes of the CDS Hooks Sandbox: before a drug is chosen, and after.
EMPTY_ORDER = {
    "resourceType": "MedicationRequest",
    "id": "request-123",
    "status": "draft",
    "subject": {"reference": "Patient/p-1"},
    "authoredOn": "2026-11-22",
}
SANDBOX_ORDER = EMPTY_ORDER | {
    "category": {"coding": [{"code": "outpatient"}]},
    "reasonCode": {"coding": [{"system": ICD10CM, "code": "L94.2"}], "text": "Calcinosis cutis"},
    "medicationCodeableConcept": {
        "text": "Diltiazem Hydrochloride 30 MG Oral Tablet",
        "coding": [{"system": RXNORM, "code": "833217", "display": "Diltiazem Hydrochloride 30 MG Oral Tablet"}],
    },
    "dosageInstruction": [
        {
            "doseAndRate": {"doseQuantity": {"value": 2, "code": "{pill}"}},
            "timing": {"repeat": {"frequency": 3, "period": 1, "periodUnit": "d"}},
        }
    ],
}


def drafts_of(*resources: Any, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "entry": [{"resource": one} for one in resources]} | more


def orders(mapper: Mapper, drafts: Any, selections: frozenset[str] | None = None) -> tuple[OrderFact, ...]:
    return mapper.features({"conditions": bundle([])}, drafts, selections).orders


def test_an_order_without_drug_intent_and_bundle_type_is_one_with_nothing_chosen(mapper: Mapper) -> None:
    features = mapper.features({"conditions": bundle([])}, drafts_of(EMPTY_ORDER))
    (order,) = features.orders
    assert (order.reference, order.concepts, order.unreadable) == ("MedicationRequest/request-123", frozenset(), False)
    assert features.groups[Group.ORDERS].closed
    assert features.issues == ()


def test_objects_in_the_place_of_lists_are_read(mapper: Mapper) -> None:
    (order,) = orders(mapper, drafts_of(SANDBOX_ORDER))
    assert order.concepts == {"diltiazem"}
    assert (order.reason, order.reasons) == (OrderReason.CALCINOSIS, frozenset({"calcinosis_cutis"}))
    assert (order.route, order.daily_mg, order.by_name) == ("oral", 180, False)


def test_the_draft_is_kept_as_it_was_sent(mapper: Mapper) -> None:
    features = mapper.features({"conditions": bundle([])}, drafts_of(SANDBOX_ORDER))
    assert features.drafts == {"MedicationRequest/request-123": SANDBOX_ORDER}


def test_entries_of_other_types_are_accepted_and_give_no_order(mapper: Mapper) -> None:
    others = [{"resourceType": kind, "id": "x"} for kind in ("NutritionOrder", "DeviceRequest", "VisionPrescription")]
    features = mapper.features({"conditions": bundle([])}, drafts_of(*others))
    assert features.orders == ()
    assert features.groups[Group.ORDERS].closed
    assert set(features.drafts) == {"NutritionOrder/x", "DeviceRequest/x", "VisionPrescription/x"}


@pytest.mark.parametrize("raw", [None, b"null", b'{"resourceType":"Bundle"}', b'{"entry":null}', b'{"entry":[]}'])
def test_no_drafts_are_none(raw: bytes | None) -> None:
    assert read_draft_orders(raw) == ()


@pytest.mark.parametrize(
    "entry",
    [
        None, 5, {}, {"resource": None}, {"resource": {"id": "x"}}, {"resource": {"resourceType": 5}},
        {"resource": EMPTY_ORDER | {"medicationCodeableConcept": 5}},
        {"resource": EMPTY_ORDER | {"modifierExtension": [{"url": "https://example.org/opposite"}]}},
    ],
)  # fmt: skip
def test_an_entry_that_cannot_be_read_is_named_and_costs_only_itself(entry: Any, mapper: Mapper) -> None:
    drafts = {"resourceType": "Bundle", "entry": [entry, {"resource": SANDBOX_ORDER}]}
    features = mapper.features({"conditions": bundle([])}, drafts)
    broken, good = features.orders
    assert (broken.unreadable, broken.concepts, good.concepts) == (True, frozenset(), frozenset({"diltiazem"}))
    assert features.groups[Group.ORDERS] == GroupState(unreadable=1)


@pytest.mark.parametrize("raw", [b"{", b"[]", b"5", b"\xff"])
def test_drafts_that_are_no_bundle_are_one_unreadable_order(raw: bytes) -> None:
    (draft,) = read_draft_orders(raw)
    assert draft.unreadable


def test_a_dosage_that_cannot_be_read_does_not_cost_the_drug(mapper: Mapper) -> None:
    (order,) = orders(mapper, drafts_of(SANDBOX_ORDER | {"dosageInstruction": "three times a day"}))
    assert (order.concepts, order.daily_mg, order.unreadable) == (frozenset({"diltiazem"}), None, False)


def test_a_chosen_drug_that_cannot_be_told_opens_the_orders(mapper: Mapper) -> None:
    unknown = EMPTY_ORDER | {"medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": "99999999"}]}}
    features = mapper.features({"conditions": bundle([])}, drafts_of(unknown))
    assert [(issue.group, issue.kind) for issue in features.issues] == [(Group.ORDERS, "unknown-drug")]
    assert features.groups[Group.ORDERS] == GroupState(unreadable=1)


@pytest.mark.parametrize(
    ("selection", "selected"),
    [
        ("MedicationRequest/request-123", True),
        ("request-123", True),
        ("https://ehr.example/fhir/MedicationRequest/request-123", True),
        ("MedicationRequest/request-123/_history/4", True),
        ("ServiceRequest/request-123", False),
        ("MedicationRequest/request-1234", False),
    ],
)
def test_selections_are_compared_by_type_and_id(selection: str, selected: bool, mapper: Mapper) -> None:
    (order,) = orders(mapper, drafts_of(SANDBOX_ORDER), frozenset({selection}))
    assert order.selected is selected


def test_without_selections_every_draft_counts_as_selected_and_with_none_no_draft(mapper: Mapper) -> None:
    assert orders(mapper, drafts_of(SANDBOX_ORDER))[0].selected
    assert not orders(mapper, drafts_of(SANDBOX_ORDER), frozenset())[0].selected


def test_an_order_without_an_id_is_named_by_its_full_url(mapper: Mapper) -> None:
    order = {name: value for name, value in SANDBOX_ORDER.items() if name != "id"}
    drafts = {"entry": [{"fullUrl": "https://ehr.example/fhir/MedicationRequest/9", "resource": order}]}
    assert orders(mapper, drafts)[0].reference == "MedicationRequest/9"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"reasonCode": [CALCINOSIS]}, OrderReason.CALCINOSIS),
        ({"reasonCode": [{"text": "Gout"}, CALCINOSIS]}, OrderReason.CALCINOSIS),
        ({"reasonReference": [{"reference": "Condition/c-1"}]}, OrderReason.CALCINOSIS),
        ({"reasonReference": {"reference": "https://ehr.example/fhir/Condition/c-1"}}, OrderReason.CALCINOSIS),
        ({"reasonReference": [{"reference": "Condition/elsewhere"}]}, OrderReason.OTHER),
        ({"reasonCode": [{"text": "Hypertension"}]}, OrderReason.OTHER),
        ({"reasonCode": [coded(SNOMED, "99999999")]}, OrderReason.OTHER),
        ({"reasonCode": [{"text": "No calcinosis cutis"}]}, OrderReason.OTHER),
        ({"reasonCode": [], "reasonReference": []}, OrderReason.UNKNOWN),
        ({"reasonCode": [{}]}, OrderReason.UNKNOWN),
        ({"reasonCode": [{"coding": [{}]}]}, OrderReason.UNKNOWN),
        ({"reasonCode": {"coding": {}}}, OrderReason.UNKNOWN),
        ({"reasonReference": [{}]}, OrderReason.UNKNOWN),
        ({}, OrderReason.UNKNOWN),
    ],
)
def test_an_order_says_what_it_is_for(more: Any, expected: OrderReason, mapper: Mapper) -> None:
    drug = EMPTY_ORDER | {"medicationCodeableConcept": {"text": "diltiazem"}}
    features = mapper.features({"conditions": bundle([condition(CALCINOSIS)])}, drafts_of(drug | more))
    assert features.orders[0].reason is expected


@pytest.mark.parametrize(
    ("repeat", "dispense", "expected"),
    [
        ({"boundsDuration": {"value": 8, "code": "wk"}}, None, 56),
        ({"boundsPeriod": {"start": "2026-11-01", "end": "2026-11-28"}}, None, 28),
        (None, {"expectedSupplyDuration": {"value": 30, "code": "d"}}, 30),
        (None, {"validityPeriod": {"start": "2026-11-01", "end": "2026-11-14"}}, 14),
        (None, {"validityPeriod": {"start": "2026-11-01"}}, None),
        ({"boundsDuration": {"value": 8}}, None, None),
        (None, None, None),
    ],
)
def test_the_planned_length_is_given_in_days(repeat: Any, dispense: Any, expected: int | None, mapper: Mapper) -> None:
    drug = request({"text": "prednisone"}, dispenseRequest=dispense)
    if repeat:
        drug["dosageInstruction"] = [{"timing": {"repeat": repeat}}]
    assert orders(mapper, drafts_of(drug))[0].duration_days == expected


def test_a_service_order_is_recognised_by_code_and_empty_codings_are_nothing_chosen(mapper: Mapper) -> None:
    base = {"resourceType": "ServiceRequest", "id": "s", "status": "draft", "subject": {"reference": "Patient/p-1"}}
    (chosen,) = orders(mapper, drafts_of(base | {"code": coded(SNOMED, "306127007"), "reasonCode": CALCINOSIS}))
    assert (chosen.concepts, chosen.reason) == (frozenset({"referral_rheumatology"}), OrderReason.CALCINOSIS)
    (empty,) = orders(mapper, drafts_of(base | {"code": {"coding": [{}]}, "reasonCode": []}))
    assert (empty.concepts, empty.reason, empty.unreadable) == (frozenset(), OrderReason.UNKNOWN, False)


def test_an_order_not_to_give_a_drug_is_no_order(mapper: Mapper) -> None:
    assert orders(mapper, drafts_of(SANDBOX_ORDER | {"doNotPerform": True})) == ()
    service = {"resourceType": "ServiceRequest", "id": "s", "doNotPerform": True, "code": coded(SNOMED, "306127007")}
    assert orders(mapper, drafts_of(service)) == ()


def test_a_lone_order_in_the_place_of_the_bundle_is_read(mapper: Mapper) -> None:
    assert orders(mapper, SANDBOX_ORDER)[0].concepts == {"diltiazem"}


def test_an_order_nested_too_deep_is_unreadable() -> None:
    deep = '{"a":' * 3000 + "1" + "}" * 3000
    order = '{"resourceType":"MedicationRequest","id":"d","note":' + deep + "}"
    raw = '{"entry":[{"resource":' + order + "}]}"
    (draft,) = read_draft_orders(raw.encode())
    assert draft.unreadable


def test_a_draft_for_another_patient_is_dropped(mapper: Mapper) -> None:
    features = mapper.features(
        {"conditions": bundle([])}, drafts_of(SANDBOX_ORDER | {"subject": {"reference": "Patient/p-2"}})
    )
    assert (features.orders, dict(features.drafts)) == ((), {})
    assert [(issue.group, issue.kind) for issue in features.issues] == [(Group.ORDERS, "other-patient")]


def test_a_draft_without_subject_is_the_patients(mapper: Mapper) -> None:
    order = {name: value for name, value in SANDBOX_ORDER.items() if name != "subject"}
    assert orders(mapper, drafts_of(order))[0].concepts == {"diltiazem"}
