"""The words that join questions, and what an answer says besides yes, no and unknown: proofs and what decided."""

from typing import Any

import pytest

from tests.unit.treatment_algorithm.patients import Clinic, condition, drug, features
from treatment_algorithm.assess import assess
from treatment_algorithm.case import Case
from treatment_algorithm.evaluation import ask, holds
from treatment_algorithm.features import Group
from treatment_algorithm.predicates import parse_predicate

YES = {"always": True}
NO = {"always": False}
UNKNOWN = {"measured": {"is": "heart_rate", "below": 50}}


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ({"all": [YES, YES]}, "yes"),
        ({"all": [YES, UNKNOWN]}, "unknown"),
        ({"all": [UNKNOWN, NO]}, "no"),
        ({"any": [NO, NO]}, "no"),
        ({"any": [NO, UNKNOWN]}, "unknown"),
        ({"any": [UNKNOWN, YES]}, "yes"),
        ({"not": YES}, "no"),
        ({"not": NO}, "yes"),
        ({"not": UNKNOWN}, "unknown"),
        ({"unknown": UNKNOWN}, "yes"),
        ({"unknown": YES}, "no"),
        ({"unknown": NO}, "no"),
        (YES, "yes"),
        (NO, "no"),
    ],
)
def test_a_joined_question_follows_the_truth_tables(clinic: Clinic, question: dict[str, Any], expected: str) -> None:
    assert clinic.says(question) == expected


def test_every_part_that_is_yes_proves_a_conjunction(clinic: Clinic) -> None:
    calcinosis, dm = condition("calcinosis_cutis"), condition("dermatomyositis")
    answer = clinic.answer(
        {"all": [{"condition": "calcinosis_cutis"}, {"condition": "dermatomyositis"}]}, calcinosis, dm
    )
    assert answer.proofs == (calcinosis.proof, dm.proof)


def test_the_part_that_is_yes_proves_and_decides_a_disjunction(clinic: Clinic) -> None:
    dm = condition("dermatomyositis")
    answer = clinic.answer({"any": [{"condition": "gout"}, {"condition": "dermatomyositis"}]}, dm)
    assert answer.proofs == (dm.proof,)
    assert answer.decided_by == parse_predicate({"condition": "dermatomyositis"})


def test_the_part_that_is_no_decides_a_conjunction(clinic: Clinic) -> None:
    answer = clinic.answer({"all": [UNKNOWN, {"condition": "gout"}]})
    assert answer.decided_by == parse_predicate({"condition": "gout"})


def test_a_question_about_the_unknown_proves_nothing(clinic: Clinic) -> None:
    assert clinic.answer({"unknown": {"condition": "gout"}}, condition("gout")).proofs == ()


def test_no_question_at_all_holds(clinic: Clinic) -> None:
    assert holds(None, clinic.case())


def test_unknown_does_not_hold(clinic: Clinic) -> None:
    assert not holds(parse_predicate(UNKNOWN), clinic.case())


def _assessed(clinic: Clinic, *facts: Any, **more: Any) -> Case:
    return assess(features(*facts, **more), clinic.knowledge, "patient-view", clinic.case().today).case


@pytest.mark.parametrize(
    ("facts", "open_groups", "expected"),
    [
        ((condition("calcinosis_cutis"),), (), "yes"),
        ((), (), "no"),
        ((), (Group.CONDITIONS,), "unknown"),
    ],
)
def test_a_feature_answers_as_it_is_defined(
    clinic: Clinic, facts: tuple[Any, ...], open_groups: tuple[Group, ...], expected: str
) -> None:
    case = _assessed(clinic, *facts, open_groups=open_groups)
    assert ask(parse_predicate({"feature": "F-CALC"}), case).truth == expected


def test_a_feature_with_a_contrary_is_no_only_when_the_contrary_is_yes(clinic: Clinic) -> None:
    """Decision 5: nobody wrote the severity down, so "mild" is unknown; severe on record makes it no."""
    mild = parse_predicate({"feature": "F-MILD"})
    unsaid = _assessed(clinic, condition("calcinosis_cutis"))
    severe = _assessed(clinic, condition("calcinosis_cutis", severity="severe"))
    assert [ask(mild, case).truth.value for case in (unsaid, severe)] == ["unknown", "no"]


def test_a_scenario_is_asked_by_the_ids_that_hold(clinic: Clinic) -> None:
    case = _assessed(clinic, condition("calcinosis_cutis"), condition("dermatomyositis"))
    assert ask(parse_predicate({"scenario": ["SC-SSC", "SC-ACTIVE"]}), case).truth == "yes"
    assert ask(parse_predicate({"scenario": "SC-SSC"}), case).truth == "no"


@pytest.mark.parametrize(
    ("more", "closed", "obtained"),
    [
        ({}, "yes", "yes"),
        ({"open_groups": [Group.MEDICATIONS]}, "no", "yes"),
        ({"not_obtained": [Group.MEDICATIONS]}, "no", "no"),
    ],
)
def test_a_group_is_closed_or_obtained_and_never_unknown(
    clinic: Clinic, more: dict[str, Any], closed: str, obtained: str
) -> None:
    assert clinic.says({"closed": "medications"}, drug("prednisolone"), **more) == closed
    assert clinic.says({"obtained": "medications"}, drug("prednisolone"), **more) == obtained
