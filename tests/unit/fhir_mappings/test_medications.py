"""MedicationRequest and MedicationStatement -> MedicationFact: decisions 8, 9, 28; evidence.md 2.1, 2.2."""

from typing import Any

import pytest

from tests.unit.fhir_mappings.charts import ATC, RXNORM, Mapper, bundle, coded, condition, request, statement
from treatment_algorithm.features import DrugStanding, Group, GroupState, MedicationFact, PatientFeatures, StopReason
from treatment_algorithm.partial_date import PartialDate

DILTIAZEM = coded(RXNORM, "3443")
UNLISTED = "99999999"
STATUS_REASON = "http://terminology.hl7.org/CodeSystem/medicationrequest-status-reason"


def only(features: PatientFeatures) -> MedicationFact:
    (fact,) = features.medications
    return fact


@pytest.mark.parametrize(
    ("drug", "concept"),
    [
        (DILTIAZEM, "diltiazem"),
        (coded(RXNORM, "833217"), "diltiazem"),
        (coded(RXNORM, "6851"), "methotrexate"),
        (coded("urn:oid:2.16.840.1.113883.6.88", "6851"), "methotrexate"),
        (coded(ATC, "L04AX03"), "methotrexate"),
    ],
)
def test_a_drug_is_recognised_by_ingredient_and_product_codes(drug: Any, concept: str, mapper: Mapper) -> None:
    fact = only(mapper.of(request(drug)))
    assert concept in fact.concepts
    assert (fact.proof.by_name, fact.proof.unconfirmed) == (False, False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("diltiazem hydrochloride 30 MG Oral Tablet", {"diltiazem"}),
        ("24 HR Diltiazem Hydrochloride 120 MG Extended Release Oral Capsule [Cardizem]", {"diltiazem"}),
        ("Methotrexate sodium 2.5 mg tablet", {"methotrexate"}),
        ("trexall", {"methotrexate"}),
        ("amlodipine 5 MG / atorvastatin calcium 10 MG Oral Tablet", {"amlodipine", "atorvastatin"}),
        ("SULFAMETHOXAZOLE-TRIMETHOPRIM 800-160 MG ORAL TAB", None),
        ("infliximab-dyyb 100 MG Injection", {"infliximab"}),
        ("prednisolone 15 MG/5ML oral solution", {"prednisolone"}),
        ("methylprednisolone 4 MG Oral Tablet", {"methylprednisolone"}),
        ("mycophenolate mofetil 500 MG Oral Tablet", {"mycophenolate"}),
        ("timolol 5 MG/ML Ophthalmic Solution", {"timolol_ophthalmic"}),
        ("betaxolol 5 MG/ML Ophthalmic Solution", {"beta_blocker_ophthalmic"}),
        ("diltiazem 2 % topical ointment", {"diltiazem_topical"}),
        ("tacrolimus 0.1 % Topical Ointment", {"tacrolimus_topical"}),
    ],
)
def test_a_drug_without_a_listed_code_is_recognised_by_its_name(
    text: str, expected: set[str] | None, mapper: Mapper
) -> None:
    for drug in ({"text": text}, coded(RXNORM, UNLISTED, text)):
        fact = only(mapper.of(request(drug)))
        if expected is None:
            assert "trimethoprim" in " ".join(fact.concepts)
        else:
            assert fact.concepts == expected
        assert fact.proof.by_name


@pytest.mark.parametrize(
    "text",
    [
        "levothyroxine 50 MCG Oral Tablet", "Allergy to methotrexate", "No known medications", "no methotrexate",
        "non-methotrexate therapy", "gold sodium thiosulfate", "methotrexatum-like", "dexamethasone 1 MG/ML Ophthalmic",
        "cyclosporine 0.5 MG/ML Ophthalmic Suspension",
        "{1 (10 ML sodium nitrite 30 MG/ML Injection) / 1 (50 ML sodium thiosulfate 250 MG/ML Injection) } Pack",
        "Cyanide antidote kit with sodium thiosulfate", "Rho(D) immune globulin",
    ],
)  # fmt: skip
def test_texts_that_name_no_systemic_drug_of_ours_give_no_fact_and_no_gap(text: str, mapper: Mapper) -> None:
    features = mapper.of(request({"text": text}))
    assert features.medications == ()
    assert features.groups[Group.MEDICATIONS] == GroupState()


def test_code_and_name_in_conflict_give_both_unconfirmed(mapper: Mapper) -> None:
    fact = only(mapper.of(request(coded(RXNORM, "6851", text="diltiazem 120 MG"))))
    assert fact.concepts == {"methotrexate", "diltiazem"}
    assert fact.proof.unconfirmed


def test_code_and_name_that_agree_or_a_name_that_is_none_of_ours_are_no_conflict(mapper: Mapper) -> None:
    for text in ("Methotrexate 2.5 MG Oral Tablet", "Trexall", "chemo", "methotrexate / folic acid"):
        fact = only(mapper.of(request(coded(RXNORM, "6851", text=text))))
        assert "methotrexate" in fact.concepts
        assert not fact.proof.unconfirmed


@pytest.mark.parametrize("drug", [coded(RXNORM, UNLISTED), {}, None, {"coding": [{}]}])
def test_a_drug_that_cannot_be_told_opens_the_group(drug: Any, mapper: Mapper) -> None:
    features = mapper.of(request(drug))
    assert features.medications == ()
    assert [(issue.reference, issue.kind) for issue in features.issues] == [("MedicationRequest/m-1", "unknown-drug")]
    assert features.groups[Group.MEDICATIONS] == GroupState(unreadable=1)


def medication(**more: Any) -> dict[str, Any]:
    return {"resourceType": "Medication", "id": "x"} | more


@pytest.mark.parametrize(
    ("found", "by_name"),
    [
        (medication(code=coded(RXNORM, "6851")), False),
        (medication(code={"text": "methotrexate"}), True),
        (medication(ingredient=[{"itemCodeableConcept": coded(RXNORM, "6851")}]), False),
        (medication(code=coded(RXNORM, UNLISTED), ingredient=[{"itemCodeableConcept": {"text": "Trexall"}}]), True),
        (
            medication(
                code=coded(RXNORM, UNLISTED, "Brand X"),
                ingredient=[{"itemReference": {"reference": "#i"}}],
                contained=[{"resourceType": "Substance", "id": "i", "code": coded(RXNORM, "6851")}],
            ),
            False,
        ),
    ],
)
def test_a_referenced_medication_is_read_included_or_contained(found: Any, by_name: bool, mapper: Mapper) -> None:
    included = mapper.features(
        {"medications": bundle([request(None, medicationReference={"reference": "Medication/x"}), found])}
    )
    contained = mapper.of(request(None, medicationReference={"reference": "#x"}, contained=[found]))
    for features in (included, contained):
        assert only(features).concepts == {"methotrexate"}
        assert only(features).proof.by_name is by_name
        assert features.groups[Group.MEDICATIONS].closed


def test_an_inactive_ingredient_does_not_count(mapper: Mapper) -> None:
    found = medication(
        code={"text": "Mixture"},
        ingredient=[
            {"itemCodeableConcept": coded(RXNORM, "6851"), "isActive": False},
            {"itemCodeableConcept": DILTIAZEM, "isActive": True},
        ],
    )
    features = mapper.of(request(None, medicationReference={"reference": "#x"}, contained=[found]))
    assert only(features).concepts == {"diltiazem"}


@pytest.mark.parametrize(
    "more",
    [
        {"medicationReference": {"reference": "Medication/nowhere"}},
        {"medicationReference": {"reference": "#nowhere"}},
        {"medicationReference": {"reference": "#x"}, "contained": [medication(code="bent")]},
        {"medicationReference": {"reference": "urn:uuid:12"}},
    ],
)
def test_a_reference_that_does_not_resolve_opens_the_group(more: Any, mapper: Mapper) -> None:
    features = mapper.of(request(None, **more))
    assert features.medications == ()
    assert [issue.kind for issue in features.issues] == ["not-resolved"]
    assert features.groups[Group.MEDICATIONS] == GroupState(unreadable=1)


def test_the_display_of_a_reference_that_does_not_resolve_names_the_drug(mapper: Mapper) -> None:
    reference = {"reference": "Medication/nowhere", "display": "Methotrexate 2.5 MG Oral Tablet"}
    features = mapper.of(request(None, medicationReference=reference))
    assert only(features).concepts == {"methotrexate"}
    assert only(features).proof.by_name


@pytest.mark.parametrize(
    ("status", "standing"),
    [
        ("active", DrugStanding.CURRENT),
        ("on-hold", DrugStanding.ON_HOLD),
        ("unknown", DrugStanding.STATUS_UNKNOWN),
        (None, DrugStanding.STATUS_UNKNOWN),
        ("stopped", DrugStanding.PAST),
        ("completed", DrugStanding.PAST),
    ],
)
def test_the_status_of_a_request_makes_its_standing(status: str | None, standing: DrugStanding, mapper: Mapper) -> None:
    fact = only(mapper.of(request(DILTIAZEM, status=status)))
    assert (fact.standing, fact.proof.status) == (standing, status or "")


@pytest.mark.parametrize(
    "more",
    [
        {"status": "cancelled"}, {"status": "entered-in-error"}, {"status": "draft"}, {"intent": "proposal"},
        {"intent": "option"}, {"doNotPerform": True},
    ],
)  # fmt: skip
def test_what_never_was_a_drug_taken_is_dropped(more: Any, mapper: Mapper) -> None:
    features = mapper.of(request(DILTIAZEM, **more))
    assert features.medications == ()
    assert features.groups[Group.MEDICATIONS].closed


@pytest.mark.parametrize(
    "intent", ["order", "original-order", "reflex-order", "filler-order", "instance-order", "plan"]
)
def test_orders_and_plans_count(intent: str, mapper: Mapper) -> None:
    assert only(mapper.of(request(DILTIAZEM, intent=intent))).standing is DrugStanding.CURRENT


@pytest.mark.parametrize(
    ("status", "standing"),
    [
        ("active", DrugStanding.CURRENT),
        ("intended", DrugStanding.CURRENT),
        ("on-hold", DrugStanding.ON_HOLD),
        ("unknown", DrugStanding.STATUS_UNKNOWN),
        ("stopped", DrugStanding.PAST),
        ("completed", DrugStanding.PAST),
        ("not-taken", None),
        ("entered-in-error", None),
    ],
)
def test_the_status_of_a_statement_makes_its_standing(
    status: str, standing: DrugStanding | None, mapper: Mapper
) -> None:
    features = mapper.of(statement(DILTIAZEM, status=status))
    assert [fact.standing for fact in features.medications] == ([standing] if standing else [])


def test_a_drug_not_taken_counts_as_ended_when_the_reason_is_recorded(mapper: Mapper) -> None:
    fact = only(mapper.of(statement(DILTIAZEM, status="not-taken", statusReason=[{"text": "side effects"}])))
    assert (fact.standing, fact.stop_reason) == (DrugStanding.PAST, StopReason.NOT_USABLE)


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (coded(STATUS_REASON, "salg"), StopReason.NOT_USABLE),
        (coded(STATUS_REASON, "sintol"), StopReason.NOT_USABLE),
        (coded(STATUS_REASON, "sddi"), StopReason.NOT_USABLE),
        (coded(STATUS_REASON, "preg"), StopReason.NOT_USABLE),
        (coded(STATUS_REASON, "drughigh"), StopReason.NOT_USABLE),
        (coded(STATUS_REASON, "labint"), None),
        (coded(STATUS_REASON, "surg"), None),
        (coded(STATUS_REASON, "washout"), None),
        (coded("https://other.example", "sintol"), None),
        ({"text": "Ineffective"}, StopReason.FAILED),
        ({"text": "lack of efficacy"}, StopReason.FAILED),
        ({"text": "No response after 6 months"}, StopReason.FAILED),
        ({"text": "disease progression"}, StopReason.FAILED),
        ({"text": "treatment failure"}, StopReason.FAILED),
        (coded("https://local.example", "9", "Treatment failure"), StopReason.FAILED),
        ({"text": "no progression, stopped by family's wish"}, None),
        ({"text": "no side effects"}, None),
        ({"text": "not ineffective"}, None),
        ({"text": "renal failure"}, None),
        ({"text": "GI side effects"}, StopReason.NOT_USABLE),
        ({"text": "not tolerated"}, StopReason.NOT_USABLE),
        ({"text": "hepatic toxicity"}, StopReason.NOT_USABLE),
        ({"text": "ineffective, and side effects"}, StopReason.FAILED),
        ({"text": "moved house"}, None),
        (None, None),
    ],
)
def test_the_reason_of_an_end_is_read_from_code_or_words(
    reason: Any, expected: StopReason | None, mapper: Mapper
) -> None:
    assert only(mapper.of(request(DILTIAZEM, status="stopped", statusReason=reason))).stop_reason is expected


def test_a_reason_beside_a_drug_that_goes_on_is_no_end(mapper: Mapper) -> None:
    assert only(mapper.of(request(DILTIAZEM, statusReason={"text": "ineffective"}))).stop_reason is None


def test_a_statements_reason_code_may_record_the_failure(mapper: Mapper) -> None:
    fact = only(mapper.of(statement(DILTIAZEM, status="stopped", reasonCode=[{"text": "Treatment failure"}])))
    assert fact.stop_reason is StopReason.FAILED


def test_a_request_starts_at_the_earliest_date_recorded_and_ends_only_when_past(mapper: Mapper) -> None:
    more: dict[str, Any] = {
        "authoredOn": "2020-03-01",
        "dosageInstruction": [{"timing": {"repeat": {"boundsPeriod": {"start": "2020-02", "end": "2020-06-30"}}}}],
        "dispenseRequest": {"validityPeriod": {"start": "2020-04-01", "end": "2021-04-01"}},
    }
    active = only(mapper.of(request(DILTIAZEM, **more)))
    assert (active.start, active.end, active.proof.date) == (PartialDate(2020, 2), None, PartialDate(2020, 2))
    stopped = only(mapper.of(request(DILTIAZEM, status="stopped", **more)))
    assert stopped.end == PartialDate(2021, 4, 1)
    assert only(mapper.of(request(DILTIAZEM, status="stopped"))).end is None


def test_a_statement_starts_when_it_is_effective_and_never_when_it_was_asserted(mapper: Mapper) -> None:
    more = {"effectivePeriod": {"start": "2019", "end": "2020-05"}, "dateAsserted": "2018-01-01"}
    fact = only(mapper.of(statement(DILTIAZEM, **more)))
    assert (fact.start, fact.end) == (PartialDate(2019), PartialDate(2020, 5))
    assert only(mapper.of(statement(DILTIAZEM, effectiveDateTime="2021-02-03"))).start == PartialDate(2021, 2, 3)
    assert only(mapper.of(statement(DILTIAZEM, dateAsserted="2018-01-01"))).start is None


@pytest.mark.parametrize(
    ("drug", "route", "expected"),
    [
        ({"text": "methotrexate"}, {"text": "Subcutaneous route"}, "subcutaneous"),
        ({"text": "methotrexate 2.5 MG Oral Tablet"}, None, "oral"),
        ({"text": "methotrexate"}, {"text": "PO"}, "oral"),
        ({"text": "methotrexate"}, coded("http://snomed.info/sct", "47625008", "Intravenous route"), "intravenous"),
        ({"text": "triamcinolone"}, {"text": "Intralesional"}, "intralesional"),
        ({"text": "triamcinolone"}, {"text": "intra-articular"}, "intra-articular"),
        ({"text": "methotrexate"}, {"text": "oral or intravenous"}, "intravenous"),
        ({"text": "methotrexate"}, {"text": "subcutaneous or intramuscular"}, None),
        ({"text": "methotrexate"}, None, None),
    ],
)
def test_the_route_comes_from_the_dosage_else_from_the_dose_form(
    drug: Any, route: Any, expected: str | None, mapper: Mapper
) -> None:
    dosage = [{"route": route}] if route else []
    assert only(mapper.of(request(drug, dosageInstruction=dosage))).route == expected


def test_a_coded_drug_by_a_local_route_becomes_its_local_form(mapper: Mapper) -> None:
    fact = only(mapper.of(request(DILTIAZEM, dosageInstruction=[{"route": {"text": "Topical"}}])))
    assert (fact.concepts, fact.route, fact.proof.unconfirmed) == (frozenset({"diltiazem_topical"}), "topical", False)


def dosage(dose: Any, **repeat: Any) -> list[dict[str, Any]]:
    return [{"doseAndRate": [{"doseQuantity": dose}], "timing": {"repeat": repeat}}]


DAILY = {"frequency": 1, "period": 1, "periodUnit": "d"}
TABLET = {"value": 2, "code": "{tablet}"}


@pytest.mark.parametrize(
    ("text", "instructions", "expected"),
    [
        ("prednisone", dosage({"value": 20, "unit": "mg"}, **DAILY), 20),
        ("prednisone", dosage({"value": 0.5, "code": "g"}, **DAILY), 500),
        ("diltiazem", dosage({"value": 60, "unit": "mg"}, frequency=3, period=1, periodUnit="d"), 180),
        ("diltiazem", dosage({"value": 60, "unit": "mg"}, frequency=1, period=8, periodUnit="h"), 180),
        ("methotrexate", dosage({"value": 14, "unit": "mg"}, frequency=1, period=1, periodUnit="wk"), 2),
        ("methotrexate", dosage({"value": 14, "unit": "mg"}, period=1, periodUnit="wk"), 2),
        ("diltiazem hydrochloride 30 MG Oral Tablet", dosage(TABLET, **DAILY), 60),
        ("prednisolone 3 MG/ML Oral Solution", dosage({"value": 5, "unit": "mL"}, **DAILY), 15),
        ("diltiazem", dosage(TABLET, **DAILY), None),
        ("amlodipine 5 MG / atorvastatin 10 MG Oral Tablet", dosage(TABLET, **DAILY), None),
        ("diltiazem 30 MG Oral Tablet", dosage({"value": 2, "unit": "puff"}, **DAILY), None),
        ("prednisone", dosage({"value": 20, "unit": "mg"}), None),
        (
            "prednisone",
            dosage({"value": 20, "unit": "mg"}, frequency=1, frequencyMax=2, period=1, periodUnit="d"),
            None,
        ),
        ("prednisone", dosage({"value": 20, "unit": "mg"}, **DAILY) * 2, None),
        ("prednisone", [dosage({"value": 20, "unit": "mg"}, **DAILY)[0] | {"asNeededBoolean": True}], None),
        ("prednisone", dosage({"value": 20, "unit": "mg", "comparator": "<"}, **DAILY), None),
        ("prednisone", [], None),
    ],
)
def test_milligrams_a_day_need_every_part_of_the_dose(
    text: str, instructions: Any, expected: float | None, mapper: Mapper
) -> None:
    assert only(mapper.of(request({"text": text}, dosageInstruction=instructions))).daily_mg == pytest.approx(expected)


def test_reasons_are_read_by_code_by_name_and_by_reference(mapper: Mapper) -> None:
    dermatomyositis = condition({"text": "Dermatomyositis"}, id="dm")
    by_reference = request(DILTIAZEM, reasonReference=[{"reference": "Condition/dm"}, {"reference": "Condition/no"}])
    assert only(mapper.of(dermatomyositis, by_reference)).reasons == {"dermatomyositis"}
    by_code = request(DILTIAZEM, reasonCode=[coded("http://hl7.org/fhir/sid/icd-10-cm", "L94.2"), {"text": "x"}])
    assert only(mapper.of(by_code)).reasons == {"calcinosis_cutis"}


def test_a_statement_that_cannot_be_read_opens_the_drugs_a_missing_one_does_not(mapper: Mapper) -> None:
    unreadable = mapper.of(request(DILTIAZEM), statement(coded(RXNORM, UNLISTED)))
    assert unreadable.groups[Group.STATEMENTS].unreadable == 1
    assert not unreadable.groups[Group.MEDICATIONS].closed
    missing = mapper.of(request(DILTIAZEM))
    assert not missing.groups[Group.STATEMENTS].obtained
    assert missing.groups[Group.MEDICATIONS].closed


def test_a_statement_with_a_status_that_r4_does_not_know_opens_statements_and_drugs(mapper: Mapper) -> None:
    features = mapper.of(request(DILTIAZEM), statement(DILTIAZEM, status="perhaps"))
    assert [fact.proof.reference for fact in features.medications] == ["MedicationRequest/m-1"]
    assert features.groups[Group.STATEMENTS].unreadable == 1
    assert features.groups[Group.MEDICATIONS].unreadable == 1


@pytest.mark.parametrize(("code", "unreadable"), [({"text": "Mixture"}, 0), (coded(RXNORM, UNLISTED), 1), (None, 1)])
def test_an_ingredient_that_cannot_be_told_opens_the_group_unless_the_product_has_a_name(
    code: Any, unreadable: int, mapper: Mapper
) -> None:
    found = medication(code=code, ingredient=[{"itemReference": {"reference": "#nowhere"}}])
    features = mapper.of(request(None, medicationReference={"reference": "#x"}, contained=[found]))
    assert features.groups[Group.MEDICATIONS] == GroupState(unreadable=unreadable)
