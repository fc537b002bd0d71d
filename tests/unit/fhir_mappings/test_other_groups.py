"""Observations, allergies, procedures and referrals: evidence.md 2.1; the patient."""

from typing import Any

import pytest

from fhir_mappings.feature_mapping import map_features
from fhir_mappings.resources import PatientResource
from tests.unit.fhir_mappings.charts import (
    LOINC,
    PATIENT,
    RXNORM,
    SNOMED,
    TODAY,
    Mapper,
    allergy,
    bundle,
    chart_of,
    coded,
    observation,
    procedure,
    read,
    referral,
)
from treatment_algorithm.concept_table import ConceptTable
from treatment_algorithm.cues import Cues
from treatment_algorithm.features import (
    Group,
    GroupState,
    MeasurementFact,
    PatientFact,
    PatientFeatures,
    ProcedureStanding,
)
from treatment_algorithm.partial_date import PartialDate

PULSE = coded(LOINC, "8867-4")
PAIN = coded(LOINC, "72514-3")
HBSAG = coded(LOINC, "5196-1")
UNLISTED = "99999999"


def only(features: PatientFeatures) -> MeasurementFact:
    (fact,) = features.measurements
    return fact


def quantity(value: float, **unit: str) -> dict[str, Any]:
    return {"valueQuantity": {"value": value} | unit}


@pytest.mark.parametrize("unit", [{"code": "/min"}, {"unit": "bpm"}, {"unit": "beats/min", "code": "{beats}/min"}])
def test_a_measurement_has_value_unit_and_date(unit: dict[str, str], mapper: Mapper) -> None:
    fact = only(mapper.of(observation(PULSE, effectiveDateTime="2026-11-01T08:00:00Z", **quantity(66, **unit))))
    assert (fact.concept, fact.value, fact.unit) == ("heart_rate", 66, "/min")
    assert (fact.proof.reference, fact.proof.date) == ("Observation/o-1", PartialDate(2026, 11, 1))
    assert fact.proof.status == "final"


@pytest.mark.parametrize("unit", [{"unit": "mmHg"}, {}])
def test_a_value_in_an_unlisted_unit_is_no_value_and_an_issue(unit: dict[str, str], mapper: Mapper) -> None:
    features = mapper.of(observation(PULSE, **quantity(1.1, **unit)))
    assert (only(features).value, only(features).unit) == (None, None)
    assert [(issue.group, issue.reference) for issue in features.issues] == [(Group.OBSERVATIONS, "Observation/o-1")]


@pytest.mark.parametrize(
    ("loinc", "unit", "expected"),
    [
        ("8480-6", "mmHg", "mm[Hg]"),
        ("10230-1", "%", "%"),
        ("62238-1", "mL/min/{1.73_m2}", "mL/min/{1.73_m2}"),
        ("62238-1", "mL/min/1.73 m2", "mL/min/{1.73_m2}"),
        ("2160-0", "mg/dL", "mg/dL"),
        ("14682-9", "umol/L", "umol/L"),
        ("72514-3", "{score}", "{score}"),
    ],
)
def test_units_are_told_by_their_spellings(loinc: str, unit: str, expected: str, mapper: Mapper) -> None:
    assert only(mapper.of(observation(coded(LOINC, loinc), **quantity(5, unit=unit)))).unit == expected


def test_a_pain_score_may_be_an_integer_or_a_bare_number(mapper: Mapper) -> None:
    for more in ({"valueInteger": 4}, quantity(4)):
        fact = only(mapper.of(observation(PAIN, **more)))
        assert (fact.concept, fact.value) == ("pain_severity_0_10", 4)


def test_a_bound_is_a_value_with_its_comparator(mapper: Mapper) -> None:
    features = mapper.of(observation(PULSE, valueQuantity={"value": 60, "comparator": ">", "code": "/min"}))
    assert (only(features).value, only(features).comparator) == (60, ">")


def test_the_components_of_a_panel_are_facts_of_their_own(mapper: Mapper) -> None:
    pressure = observation(
        coded(LOINC, "85354-9"),
        component=[
            {"code": coded(LOINC, "8480-6"), "valueQuantity": {"value": 128, "code": "mm[Hg]"}},
            {"code": coded(LOINC, "8462-4"), "valueQuantity": {"value": 78, "unit": "mmHg"}},
            {"code": coded(LOINC, "8480-6"), "dataAbsentReason": {"text": "asleep"}},
        ],
    )
    facts = mapper.of(pressure).measurements
    assert [(fact.concept, fact.value) for fact in facts] == [("systolic_bp", 128), ("diastolic_bp", 78)]


@pytest.mark.parametrize(
    ("status", "counts"),
    [
        ("final", True), ("amended", True), ("corrected", True), ("preliminary", True), ("registered", False),
        ("cancelled", False), ("entered-in-error", False), ("unknown", False),
    ],
)  # fmt: skip
def test_only_results_that_were_given_count(status: str, counts: bool, mapper: Mapper) -> None:
    assert bool(mapper.of(observation(PULSE, status=status, **quantity(60, code="/min"))).measurements) is counts


@pytest.mark.parametrize("more", [{"dataAbsentReason": {"text": "refused"}}, {}])
def test_an_absent_value_is_no_fact(more: Any, mapper: Mapper) -> None:
    assert mapper.of(observation(PULSE, **more)).measurements == ()


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"valueCodeableConcept": {"text": "Negative"}}, "negative"),
        ({"valueCodeableConcept": coded(SNOMED, UNLISTED, "Positive (qualifier value)")}, "positive"),
        ({"valueCodeableConcept": coded(SNOMED, UNLISTED)}, None),
        ({"valueString": "Non-reactive"}, "negative"),
        ({"valueString": "REACTIVE"}, "positive"),
        ({"valueString": "Not detected"}, "negative"),
        ({"valueString": "equivocal"}, "indeterminate"),
        ({"valueString": "positive control failed, result negative"}, None),
        ({"valueString": "see comment"}, None),
        ({"valueString": "see report", "interpretation": [{"text": "Positive"}]}, "positive"),
        (
            {"interpretation": [coded("http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "NEG")]},
            "negative",
        ),
    ],
)
def test_qualitative_results_are_read_by_their_words(more: Any, expected: str | None, mapper: Mapper) -> None:
    fact = only(mapper.of(observation(HBSAG, **more)))
    assert (fact.concept, fact.coded, fact.value) == ("hbsag", expected, None)


def test_a_coded_value_that_is_a_concept_is_kept_as_that_concept(mapper: Mapper) -> None:
    fact = only(mapper.of(observation(coded(LOINC, "88020-3"), valueCodeableConcept=coded(SNOMED, "420913000"))))
    assert fact.coded == "nyha_class_iii"


def test_the_reference_range_is_kept_in_the_values_unit(mapper: Mapper) -> None:
    calcium = coded(LOINC, "17861-6")
    limits = {"low": {"value": 8.5, "unit": "mg/dL"}, "high": {"value": 10.5}}
    fact = only(mapper.of(observation(calcium, referenceRange=[limits], **quantity(9, code="mg/dL"))))
    assert (fact.low, fact.high) == (8.5, 10.5)
    other_unit = {"low": {"value": 2.1, "unit": "mmol/L"}}
    assert only(mapper.of(observation(calcium, referenceRange=[other_unit], **quantity(9, code="mg/dL")))).low is None
    two = only(mapper.of(observation(calcium, referenceRange=[limits, limits], **quantity(9, code="mg/dL"))))
    assert (two.low, two.high) == (None, None)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (coded(RXNORM, "3443"), {"diltiazem"}),
        ({"text": "Diltiazem"}, {"diltiazem"}),
        ({"text": "Allergy to diltiazem"}, {"diltiazem"}),
        (coded(SNOMED, "91936005"), {"penicillin_allergen"}),
    ],
)
def test_an_allergy_is_recognised_by_code_or_name(code: Any, expected: set[str], mapper: Mapper) -> None:
    (fact,) = mapper.of(allergy(code)).allergies
    assert expected <= fact.concepts
    assert fact.proof.reference == "AllergyIntolerance/a-1"


def test_the_substance_of_a_reaction_counts(mapper: Mapper) -> None:
    (fact,) = mapper.of(allergy({"text": "Drug"}, reaction=[{"substance": coded(RXNORM, "3443")}])).allergies
    assert "diltiazem" in fact.concepts


@pytest.mark.parametrize(
    "code",
    [
        coded(SNOMED, "716186003", "No known allergy"), {"text": "No known drug allergies"}, {"text": "NKDA"},
        {"text": "No known allergy to diltiazem"}, {"text": "Peanut"},
    ],
)  # fmt: skip
def test_no_known_allergy_and_other_allergens_are_no_allergy_and_no_gap(code: Any, mapper: Mapper) -> None:
    features = mapper.of(allergy(code))
    assert features.allergies == ()
    assert features.groups[Group.ALLERGIES].closed


@pytest.mark.parametrize("code", [None, {}, coded(SNOMED, UNLISTED)])
def test_an_allergy_whose_substance_cannot_be_told_opens_the_group(code: Any, mapper: Mapper) -> None:
    assert mapper.of(allergy(code)).groups[Group.ALLERGIES] == GroupState(unreadable=1)


@pytest.mark.parametrize(
    ("element", "code", "counts"),
    [
        ("verificationStatus", "refuted", False),
        ("verificationStatus", "entered-in-error", False),
        ("verificationStatus", "unconfirmed", True),
        ("clinicalStatus", "inactive", False),
        ("clinicalStatus", "resolved", False),
        ("clinicalStatus", "active", True),
    ],
)
def test_only_allergies_that_stand_count(element: str, code: str, counts: bool, mapper: Mapper) -> None:
    more = {element: {"coding": [{"code": code}]}}
    assert bool(mapper.of(allergy(coded(RXNORM, "3443"), **more)).allergies) is counts


@pytest.mark.parametrize(
    ("kind", "criticality", "mild"),
    [("intolerance", "low", True), ("intolerance", "high", False), ("allergy", "low", False), (None, None, False)],
)
def test_only_an_intolerance_of_low_criticality_is_mild(
    kind: str | None, criticality: str | None, mild: bool, mapper: Mapper
) -> None:
    (fact,) = mapper.of(allergy(coded(RXNORM, "3443"), type=kind, criticality=criticality)).allergies
    assert fact.mild_intolerance is mild


@pytest.mark.parametrize(
    ("status", "standing"),
    [
        ("completed", ProcedureStanding.DONE),
        ("preparation", ProcedureStanding.PLANNED),
        ("in-progress", ProcedureStanding.PLANNED),
        ("not-done", None),
        ("entered-in-error", None),
        ("stopped", None),
    ],
)
def test_procedures_are_done_planned_or_dropped(
    status: str, standing: ProcedureStanding | None, mapper: Mapper
) -> None:
    ecg = procedure(coded(SNOMED, "268400002"), status=status, performedDateTime="2026-11-01")
    features = mapper.of(ecg)
    assert [(one.standing, one.proof.date) for one in features.procedures] == (
        [(standing, PartialDate(2026, 11, 1))] if standing else []
    )
    assert features.groups[Group.PROCEDURES].closed


@pytest.mark.parametrize("status", ["unknown", "done", None])
def test_a_procedure_that_may_or_may_not_be_done_opens_the_group(status: str | None, mapper: Mapper) -> None:
    features = mapper.of(procedure(coded(SNOMED, "268400002"), status=status))
    assert features.procedures == ()
    assert features.groups[Group.PROCEDURES] == GroupState(unreadable=1)


def test_procedures_match_by_code_only(mapper: Mapper) -> None:
    features = mapper.of(procedure({"text": "Electrocardiogram"}))
    assert features.procedures == ()
    assert features.groups[Group.PROCEDURES].closed


@pytest.mark.parametrize(
    ("more", "counts"),
    [
        ({}, True),
        ({"intent": "plan"}, True),
        ({"status": "draft"}, False),
        ({"status": "revoked"}, False),
        ({"status": "completed"}, False),
        ({"intent": "proposal"}, False),
        ({"doNotPerform": True}, False),
    ],
)
def test_only_active_orders_are_referrals(more: Any, counts: bool, mapper: Mapper) -> None:
    features = mapper.of(referral(coded(SNOMED, "306127007"), authoredOn="2026-11-01", **more))
    assert [(fact.concepts, fact.proof.date) for fact in features.referrals] == (
        [(frozenset({"referral_rheumatology"}), PartialDate(2026, 11, 1))] if counts else []
    )


def test_a_referral_that_does_not_say_what_is_asked_opens_the_group(mapper: Mapper) -> None:
    assert mapper.of(referral({})).groups[Group.REFERRALS] == GroupState(unreadable=1)


@pytest.mark.parametrize(
    ("patient", "expected"),
    [
        ({"birthDate": "2017-03-01", "gender": "female"}, PatientFact(PartialDate(2017, 3, 1), "female")),
        ({"birthDate": "2017"}, PatientFact(PartialDate(2017))),
        ({"birthDate": "soon", "gender": "F"}, PatientFact()),
        ({"deceasedBoolean": True}, PatientFact(deceased=True)),
        ({"deceasedBoolean": False}, PatientFact()),
        ({"deceasedDateTime": "2020"}, PatientFact(deceased=True)),
    ],
)
def test_the_patient_is_read(patient: Any, expected: PatientFact, concepts: ConceptTable, cues: Cues) -> None:
    (resource,) = read("patient", {"resourceType": "Patient", "id": PATIENT} | patient).resources
    assert isinstance(resource, PatientResource)
    chart = chart_of({"conditions": bundle([])}, patient=resource)
    assert map_features(chart, None, concepts, cues, TODAY).patient == expected


@pytest.mark.parametrize("status", [None, "done"])
def test_an_observation_without_a_status_of_r4_cannot_be_read(status: str | None, mapper: Mapper) -> None:
    features = mapper.of(observation(PULSE, status=status, **quantity(60, code="/min")))
    assert features.measurements == ()
    assert features.groups[Group.OBSERVATIONS] == GroupState(unreadable=1)


def test_an_allergy_with_a_status_that_r4_does_not_know_opens_the_group(mapper: Mapper) -> None:
    features = mapper.of(allergy(coded(RXNORM, "3443"), clinicalStatus={"coding": [{"code": "burning"}]}))
    assert features.allergies == ()
    assert features.groups[Group.ALLERGIES] == GroupState(unreadable=1)
