"""What `condition`, `sites` and `onset_age` answer (evidence.md 2.1, decision 5)."""

from typing import Any

import pytest

from tests.unit.treatment_algorithm.patients import ADULT, Clinic, condition, day
from treatment_algorithm.features import Group, PatientFact, Severity
from treatment_algorithm.partial_date import PartialDate

OPEN = {"open_groups": [Group.CONDITIONS]}
CALCINOSIS = "calcinosis_cutis"


def test_a_recorded_condition_is_yes_in_an_open_group_too(clinic: Clinic) -> None:
    assert clinic.says({"condition": CALCINOSIS}, condition(CALCINOSIS)) == "yes"
    assert clinic.says({"condition": CALCINOSIS}, condition(CALCINOSIS), **OPEN) == "yes"


def test_what_is_not_there_is_no_in_a_closed_group_and_unknown_in_an_open_one(clinic: Clinic) -> None:
    assert clinic.says({"condition": CALCINOSIS}) == "no"
    assert clinic.says({"condition": CALCINOSIS}, **OPEN) == "unknown"
    assert clinic.says({"condition": CALCINOSIS}, not_obtained=[Group.CONDITIONS]) == "unknown"


@pytest.mark.parametrize("standing", ["remission", "past", "suspected"])
def test_only_a_current_condition_counts_unless_another_standing_is_asked_for(clinic: Clinic, standing: str) -> None:
    fact = condition(CALCINOSIS, standing)
    assert clinic.says({"condition": CALCINOSIS}, fact) == "no"
    assert clinic.says({"condition": {"is": CALCINOSIS, "standing": standing}}, fact) == "yes"


def test_a_set_is_answered_by_any_of_its_concepts(clinic: Clinic) -> None:
    assert clinic.says({"condition": "gout"}, condition("gout")) == "yes"
    assert clinic.says({"condition": "arthritis"}, condition("juvenile_arthritis")) == "yes"
    assert clinic.says({"condition": ["gout", "arthritis"]}, condition("rheumatoid_arthritis")) == "yes"


@pytest.mark.parametrize(
    ("recorded", "expected"), [("severe", "yes"), ("moderate", "yes"), ("mild", "no"), (None, "unknown")]
)
def test_a_severity_that_nobody_recorded_is_unknown(clinic: Clinic, recorded: str | None, expected: str) -> None:
    fact = condition(CALCINOSIS, severity=Severity(recorded) if recorded else None)
    assert clinic.says({"condition": {"is": CALCINOSIS, "severity": ["moderate", "severe"]}}, fact) == expected


@pytest.mark.parametrize(("cues", "expected"), [({"painful"}, "yes"), ({"localized"}, "unknown"), (set(), "unknown")])
def test_a_cue_that_is_not_written_is_unknown_and_never_no(clinic: Clinic, cues: set[str], expected: str) -> None:
    fact = condition(CALCINOSIS, cues=frozenset(cues))
    assert clinic.says({"condition": {"is": CALCINOSIS, "cues": ["painful", "ulcerated"]}}, fact) == expected


@pytest.mark.parametrize(
    ("onset", "recorded", "expected"),
    [
        ("2025-11-22", None, "yes"),  # 365 days ago
        ("2025-11-21", None, "no"),
        ("2026-11-23", None, "no"),  # tomorrow
        ("2025", None, "unknown"),
        ("2024", None, "no"),
        (None, "2026-01-05", "yes"),
        (None, None, "unknown"),
        ("2020-01-01", "2026-01-05", "no"),
    ],
)
def test_the_onset_decides_how_new_a_condition_is_else_the_recorded_date(
    clinic: Clinic, onset: str | None, recorded: str | None, expected: str
) -> None:
    """Decision 42."""
    fact = condition("juvenile_dermatomyositis", on=onset, recorded=day(recorded))
    question = {"condition": {"is": "juvenile_dermatomyositis", "within_days": 365}}
    assert clinic.says(question, fact) == expected


def test_one_condition_that_passes_is_enough(clinic: Clinic) -> None:
    old, new = condition(CALCINOSIS, "past"), condition(CALCINOSIS)
    answer = clinic.answer({"condition": CALCINOSIS}, old, new)
    assert (answer.truth, answer.proofs) == ("yes", (new.proof,))


SITES = {"sites": {"is": CALCINOSIS, "at_least": 1, "at_most": 2}}


@pytest.mark.parametrize(
    ("sites", "expected"),
    [
        ([("elbow",)], "yes"),
        ([("left elbow", "right knee")], "yes"),
        ([("elbow", "knee", "thigh")], "no"),
        ([("elbow",), ("knee",), ("thigh",)], "no"),
        ([("Elbow",), ("elbow ",), (" ELBOW",)], "yes"),
        ([()], "unknown"),
    ],
)
def test_different_sites_are_counted_over_all_current_conditions(
    clinic: Clinic, sites: list[tuple[str, ...]], expected: str
) -> None:
    facts = [condition(CALCINOSIS, body_sites=named) for named in sites]
    assert clinic.says(SITES, *facts) == expected


def test_sites_are_unknown_without_calcinosis_even_in_a_closed_group(clinic: Clinic) -> None:
    assert clinic.says(SITES) == "unknown"


def test_the_sites_of_resolved_calcinosis_do_not_count(clinic: Clinic) -> None:
    assert clinic.says(SITES, condition(CALCINOSIS, "past", body_sites=("elbow",))) == "unknown"


BELOW_18 = {"onset_age": {"is": "dermatomyositis", "below": 18}}


@pytest.mark.parametrize(
    ("birth", "onset", "expected"),
    [
        ("2000-05-01", "2018-04-30", "yes"),
        ("2000-05-01", "2018-05-01", "no"),
        ("2000-05-01", "2018", "unknown"),
        ("2000-05-01", "2017", "yes"),
        ("2000", "2018", "unknown"),
        ("2000", "2019", "no"),
        ("2000-05-01", None, "no"),  # no onset: today's age
        ("2010-05-01", None, "yes"),
        (None, "2018-04-30", "unknown"),
        ("2000-05-01", "1999", "yes"),  # an onset before birth is still no adult's
    ],
)
def test_the_age_at_onset_is_unknown_only_where_the_missing_part_decides(
    clinic: Clinic, birth: str | None, onset: str | None, expected: str
) -> None:
    patient: Any = PatientFact(birth=day(birth), sex="female")
    assert clinic.says(BELOW_18, condition("dermatomyositis", on=onset), patient=patient) == expected


def test_without_the_condition_its_onset_is_no_or_unknown(clinic: Clinic) -> None:
    assert clinic.says(BELOW_18, patient=ADULT) == "no"
    assert clinic.says(BELOW_18, patient=ADULT, **OPEN) == "unknown"
    young = PatientFact(birth=PartialDate(2015), sex="male")
    assert clinic.says(BELOW_18, condition("dermatomyositis", "past", on="2020"), patient=young) == "no"
