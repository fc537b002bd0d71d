"""Condition -> ConditionFact: evidence.md 2.1, decisions 6, 8 and 42."""

from typing import Any

import pytest

from tests.unit.fhir_mappings.charts import CLINICAL, ICD10CM, SNOMED, VERIFICATION, Mapper, bundle, coded, condition
from treatment_algorithm.features import ConditionFact, ConditionStanding, Group, GroupState, PatientFeatures, Severity
from treatment_algorithm.partial_date import PartialDate

CALCINOSIS = coded(ICD10CM, "L94.2")
UNLISTED = "999999999"


def only(features: PatientFeatures) -> ConditionFact:
    (fact,) = features.conditions
    return fact


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (coded(ICD10CM, "L94.2"), {"calcinosis_cutis"}),
        (coded(ICD10CM, "L942"), {"calcinosis_cutis"}),
        (coded("urn:oid:2.16.840.1.113883.6.90", "L94.2"), {"calcinosis_cutis"}),
        (coded(SNOMED, "403514006"), {"calcinosis_cutis", "systemic_sclerosis"}),
        (coded(SNOMED, "1144911007"), {"calcinosis_cutis", "dermatomyositis"}),
    ],
)
def test_a_condition_is_recognised_by_system_and_code(code: Any, expected: set[str], mapper: Mapper) -> None:
    fact = only(mapper.of(condition(code)))
    assert fact.concepts == expected
    assert not fact.proof.by_name


def test_any_coding_of_the_concept_counts(mapper: Mapper) -> None:
    code = {"coding": [{"system": "https://local.example", "code": "1"}, CALCINOSIS["coding"][0], {}]}
    assert only(mapper.of(condition(code))).concepts == {"calcinosis_cutis"}


def test_a_right_code_under_a_wrong_system_does_not_match(mapper: Mapper) -> None:
    features = mapper.of(condition(coded(SNOMED, "L94.2")), condition(coded("https://local.example", "L94.2"), id="2"))
    assert features.conditions == ()
    assert features.groups[Group.CONDITIONS].closed


def test_a_code_that_is_not_ours_is_no_gap(mapper: Mapper) -> None:
    features = mapper.of(condition(coded(SNOMED, UNLISTED, "Ingrowing toenail")), condition(coded(SNOMED, UNLISTED)))
    assert features.conditions == ()
    assert features.groups[Group.CONDITIONS] == GroupState()


@pytest.mark.parametrize("code", [None, {}, {"coding": []}, {"coding": [{}]}, {"text": "  "}])
def test_a_condition_that_does_not_say_what_it_is_opens_the_group(code: Any, mapper: Mapper) -> None:
    features = mapper.of(condition(code))
    assert features.conditions == ()
    assert features.groups[Group.CONDITIONS] == GroupState(unreadable=1)


def status(code: str, system: str = CLINICAL) -> dict[str, Any]:
    return {"clinicalStatus": {"coding": [{"system": system, "code": code}]}}


def verified(code: str) -> dict[str, Any]:
    return {"verificationStatus": {"coding": [{"system": VERIFICATION, "code": code}]}}


@pytest.mark.parametrize(
    ("more", "standing"),
    [
        ({}, ConditionStanding.CURRENT),
        (status("active"), ConditionStanding.CURRENT),
        (status("recurrence"), ConditionStanding.CURRENT),
        (status("relapse"), ConditionStanding.CURRENT),
        (status("remission"), ConditionStanding.REMISSION),
        (status("inactive"), ConditionStanding.PAST),
        (status("resolved"), ConditionStanding.PAST),
        (status("active", "http://hl7.org/fhir/condition-clinical"), ConditionStanding.CURRENT),
        ({"clinicalStatus": {"text": "Resolved"}}, ConditionStanding.PAST),
        (verified("confirmed"), ConditionStanding.CURRENT),
        (verified("provisional"), ConditionStanding.SUSPECTED),
        (verified("differential"), ConditionStanding.SUSPECTED),
        (verified("unconfirmed") | status("active"), ConditionStanding.SUSPECTED),
        ({"abatementDateTime": "2020-01"}, ConditionStanding.PAST),
        ({"abatementDateTime": "2027-01-01"}, ConditionStanding.CURRENT),
        ({"abatementString": "as a child"}, ConditionStanding.PAST),
        ({"abatementDateTime": "2020-01"} | status("active"), ConditionStanding.CURRENT),
    ],
)
def test_statuses_make_the_standing(more: dict[str, Any], standing: ConditionStanding, mapper: Mapper) -> None:
    assert only(mapper.of(condition(CALCINOSIS, **more))).standing is standing


@pytest.mark.parametrize("code", ["refuted", "entered-in-error"])
def test_refuted_and_erroneous_conditions_are_dropped(code: str, mapper: Mapper) -> None:
    features = mapper.of(condition(CALCINOSIS, **verified(code)))
    assert features.conditions == ()
    assert features.groups[Group.CONDITIONS].closed


@pytest.mark.parametrize("more", [status("burning"), verified("sure"), {"clinicalStatus": {"text": "somehow"}}])
def test_a_status_that_r4_does_not_know_cannot_be_read(more: dict[str, Any], mapper: Mapper) -> None:
    features = mapper.of(condition(CALCINOSIS, **more))
    assert features.conditions == ()
    assert features.groups[Group.CONDITIONS] == GroupState(unreadable=1)


def test_the_proof_names_reference_date_and_status_as_recorded(mapper: Mapper) -> None:
    more = {"onsetDateTime": "2019-05", "recordedDate": "2020-02-03T10:00:00Z"} | status("active")
    proof = only(mapper.of(condition(CALCINOSIS, **more))).proof
    assert (proof.reference, proof.date, proof.status) == ("Condition/c-1", PartialDate(2020, 2, 3), "active")
    assert only(mapper.of(condition(CALCINOSIS, onsetDateTime="2019-05"))).proof.date == PartialDate(2019, 5)
    assert only(mapper.of(condition(CALCINOSIS))).proof.status == ""


def test_onset_and_abatement_are_kept_apart_and_garbage_dates_are_none(mapper: Mapper) -> None:
    more = {"onsetPeriod": {"start": "2018"}, "abatementPeriod": {"end": "2021-01-01"}} | status("resolved")
    fact = only(mapper.of(condition(CALCINOSIS, **more)))
    assert (fact.onset, fact.recorded, fact.abated) == (PartialDate(2018), None, PartialDate(2021, 1, 1))
    assert only(mapper.of(condition(CALCINOSIS, onsetDateTime="last spring"))).onset is None


def test_family_history_never_is_the_patients_disease(mapper: Mapper) -> None:
    features = mapper.of(
        condition(coded(ICD10CM, "Z82.69", "Family history of other diseases of the musculoskeletal system")),
        condition({"text": "Family history of dermatomyositis"}, id="2"),
        condition({"text": "Dermatomyositis (mother)"}, id="3"),
    )
    found = {concept for fact in features.conditions for concept in fact.concepts}
    assert "dermatomyositis" not in found


@pytest.mark.parametrize(
    "text",
    [
        "Calcinosis cutis", "CALCINOSIS  CUTIS", "Calcinosis cutis (disorder)", "calcinosis cutis, both thighs",
        "Calcinosis cutis - left elbow", "Calcinosis cutis – left elbow", "Calcinosis cutis of both thighs",
        "Calcinosis cutis left elbow", "Dystrophic calcinosis", "Calcinosis universalis [severe]",
    ],
)  # fmt: skip
def test_a_name_matches_at_the_start_with_an_allowed_end(text: str, mapper: Mapper) -> None:
    fact = only(mapper.of(condition({"text": text})))
    assert fact.concepts == {"calcinosis_cutis"}
    assert fact.proof.by_name


@pytest.mark.parametrize(
    "text",
    [
        "No evidence of calcinosis cutis", "Calcinosis cutis ruled out", "Calcinosis cutis, ruled out",
        "Rule out calcinosis cutis", "? Calcinosis cutis", "Calcinosis cutis?", "Calcinosis cutis, suspected",
        "Suspected calcinosis cutis", "History of calcinosis cutis", "Calcinosis cutis (history of)",
        "Calcinosis cutis in mother", "Calcinosis cutis - at risk", "Calcinosis cutis, resolved",
        "Possible calcinosis cutis", "Family: calcinosis cutis", "Pulmonary calcinosis cutis",
        "Calcinosis cutis-like lesion", "Calcinosis cutis screening", "Calcinosis cutis not seen",
        "Calcinosiscutis", "Pseudo calcinosis cutis", "calcinosis cutis vs gout",
    ],
)  # fmt: skip
def test_no_name_matches_behind_other_words_or_beside_doubt(text: str, mapper: Mapper) -> None:
    features = mapper.of(condition({"text": text}))
    assert features.conditions == ()
    assert features.groups[Group.CONDITIONS].closed


@pytest.mark.parametrize(
    ("code", "found"),
    [
        (coded(SNOMED, UNLISTED, "Calcinosis cutis (disorder)"), True),
        (coded("http://hl7.org/fhir/sid/icd-10-cm", "Z99.99", "Calcinosis cutis"), True),
        (coded("https://local.example/codes", "77", "Calcinosis cutis"), False),
        (coded(SNOMED, UNLISTED, "Calcinosis cutis", text="No calcinosis cutis found"), False),
        (coded(SNOMED, UNLISTED, "Calcinosis cutis", text="Skin problem"), True),
    ],
)
def test_a_display_names_only_for_snomed_and_icd_and_where_no_text_disclaims(
    code: Any, found: bool, mapper: Mapper
) -> None:
    assert bool(mapper.of(condition(code)).conditions) is found


def test_a_code_in_our_tables_is_not_overruled_by_a_name(mapper: Mapper) -> None:
    fact = only(mapper.of(condition(coded(ICD10CM, "L94.2", text="Dermatomyositis"))))
    assert fact.concepts == {"calcinosis_cutis"}


@pytest.mark.parametrize(
    ("severity", "expected"),
    [
        (coded(SNOMED, "24484000"), Severity.SEVERE),
        (coded(SNOMED, "6736007"), Severity.MODERATE),
        (coded(SNOMED, "255604002"), Severity.MILD),
        (coded(SNOMED, "371923003"), None),
        ({"text": "Severe"}, Severity.SEVERE),
        ({"text": "mild to moderate"}, None),
        ({"text": "not severe"}, None),
        (None, None),
    ],
)
def test_severity_is_read_from_its_code_or_its_one_word(
    severity: Any, expected: Severity | None, mapper: Mapper
) -> None:
    assert only(mapper.of(condition(CALCINOSIS, severity=severity))).severity is expected


def test_body_sites_are_the_only_texts_kept(mapper: Mapper) -> None:
    sites = [{"text": "Left <b>elbow</b>"}, coded(SNOMED, "76505004", "Thumb"), {}, {"coding": [{"code": "1"}]}]
    fact = only(mapper.of(condition(coded(ICD10CM, "L94.2", text="SECRET"), bodySite=sites)))
    assert fact.body_sites == ("Left <b>elbow</b>", "Thumb")
    assert "SECRET" not in repr(fact)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"code": coded(ICD10CM, "L94.2", text="Calcinosis universalis")}, {"widespread"}),
        ({"code": coded(ICD10CM, "L94.2", text="Calcinosis circumscripta, ulcerated")}, {"localized", "ulcerated"}),
        ({"code": coded(ICD10CM, "L94.2", text="calcinosis, not ulcerated, painful")}, {"painful"}),
        ({"code": coded(ICD10CM, "L94.2", text="non-ulcerated calcinosis without pain")}, set()),
        ({"code": coded(ICD10CM, "L94.2", text="calcinosis, inactive")}, set()),
        ({"code": coded(ICD10CM, "L94.2", text="history of flare")}, set()),
        ({"severity": {"text": "severe"}}, {"severe"}),
        ({"stage": [{"summary": {"text": "active disease, flare"}}]}, {"active", "flare"}),
        ({"bodySite": [{"text": "widespread, trunk"}]}, {"widespread"}),
        ({"note": [{"text": "active ulcer, severe"}]}, set()),
        ({"code": coded(ICD10CM, "L94.2", text="prominent skin disease")}, {"prominent_skin"}),
    ],
)
def test_cues_are_found_in_the_conditions_own_texts(more: Any, expected: set[str], mapper: Mapper) -> None:
    assert only(mapper.of(condition(CALCINOSIS) | more)).cues == expected


@pytest.mark.parametrize(
    "reference",
    ["Patient/p-1", "https://ehr.example/fhir/Patient/p-1", "Patient/p-1/_history/2", " Patient/p-1 "],
)
def test_the_subject_may_be_relative_absolute_or_versioned(reference: str, mapper: Mapper) -> None:
    assert mapper.of(condition(CALCINOSIS, subject={"reference": reference})).conditions


@pytest.mark.parametrize(
    ("subject", "kind", "unreadable"),
    [
        ({"reference": "Patient/p-10"}, "other-patient", 0),
        ({"reference": "Group/p-1"}, "other-patient", 0),
        ({"reference": "urn:uuid:0b2f"}, "unreadable", 1),
        ({"reference": "#p"}, "unreadable", 1),
        ({"identifier": {"value": "p-1"}}, "unreadable", 1),
        (None, "unreadable", 1),
    ],
)
def test_another_patients_condition_is_dropped_and_nobodys_cannot_be_read(
    subject: Any, kind: str, unreadable: int, mapper: Mapper
) -> None:
    features = mapper.of(condition(CALCINOSIS, subject=subject))
    assert features.conditions == ()
    assert [(issue.group, issue.reference, issue.kind) for issue in features.issues] == [
        (Group.CONDITIONS, "Condition/c-1", kind)
    ]
    assert features.groups[Group.CONDITIONS] == GroupState(unreadable=unreadable)


def test_groups_that_were_not_sent_are_not_obtained(mapper: Mapper) -> None:
    features = mapper.features({"conditions": bundle([])})
    assert features.groups[Group.CONDITIONS].closed
    assert features.groups[Group.ORDERS].closed
    for group in set(Group) - {Group.CONDITIONS, Group.ORDERS}:
        assert features.groups[group] == GroupState(obtained=False, complete=False)
