"""Judging a drug when it is first asked for gives what judging every drug by every rule gives."""

from typing import Any

import pytest

from tests.unit.treatment_algorithm.patients import Clinic, allergy, condition, drug, measured
from treatment_algorithm.assess import answer_features
from treatment_algorithm.assessment import Side
from treatment_algorithm.case import Case
from treatment_algorithm.drug_judgements import DrugJudgements, SuppressedDrugs
from treatment_algorithm.safety import judge_drug

CHARTS: dict[str, tuple[Any, ...]] = {
    "empty": (),
    "heart block": (condition("av_block_second_degree"), drug("metoprolol")),
    "infection and allergy": (condition("tuberculosis_active"), allergy("methotrexate"), measured("heart_rate", 44.0)),
}


def _case(clinic: Clinic, chart: str) -> Case:
    return answer_features(clinic.case(*CHARTS[chart]), clinic.knowledge.features)


@pytest.mark.parametrize("chart", CHARTS)
def test_every_drug_is_judged_as_if_it_were_judged_alone_by_every_rule(clinic: Clinic, chart: str) -> None:
    """What is shared between drugs, and which rules are left out beforehand, changes no finding."""
    case = _case(clinic, chart)
    judgements = DrugJudgements(clinic.knowledge, case)
    assert len(judgements) == len(tuple(judgements)) == len(clinic.knowledge.suggestable)
    for name in judgements:
        alone = judge_drug(clinic.knowledge.safety_rules, name, Side.SUGGESTED, case)
        assert judgements[name] == tuple(alone)
        assert judgements[name] is judgements[name]


def test_a_drug_that_no_recommendation_names_has_no_judgement(clinic: Clinic) -> None:
    """Only what can be suggested is judged."""
    judgements = DrugJudgements(clinic.knowledge, _case(clinic, "empty"))
    with pytest.raises(KeyError):
        judgements["digoxin"]
    assert "digoxin" not in SuppressedDrugs(judgements)


def test_a_drug_that_a_rule_takes_out_is_suppressed_and_no_other(clinic: Clinic) -> None:
    """evidence.md 3: SAFE-DILT-AVB."""
    suppressed = SuppressedDrugs(DrugJudgements(clinic.knowledge, _case(clinic, "heart block")))
    assert "diltiazem" in suppressed
    assert "mycophenolate" not in suppressed
    assert 7 not in suppressed
