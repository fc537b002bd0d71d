"""A threshold moved in a knowledge that has already answered counts as in one that has not (docs/site-file.md)."""

from tests.unit.treatment_algorithm.patients import Clinic, measured
from treatment_algorithm.assess import answer_features
from treatment_algorithm.assessment import Side
from treatment_algorithm.knowledge_base import KnowledgeBase, knowledge_folder, load_knowledge
from treatment_algorithm.safety import judge_drug
from treatment_algorithm.thresholds import with_thresholds

# Two months old: inside the 90 days of metabolic-alert-days, outside 30.
LOW_VITAMIN_D = measured("vitamin_d_level", 6.0, on="2026-09-20", low=20.0, high=60.0)
MOVED = {"metabolic-alert-days": 30}


def told(knowledge: KnowledgeBase) -> list[tuple[str, str, str]]:
    """What every safety rule says of every bisphosphonate for a patient whose vitamin D was low two months ago."""
    case = answer_features(Clinic(knowledge).case(LOW_VITAMIN_D), knowledge.features)
    drugs = knowledge.drugs_of("bisphosphonate")
    judged = [(drug, judge_drug(knowledge.safety_rules, drug, Side.SUGGESTED, case)) for drug in drugs]
    return [(drug, finding.rule.id, finding.truth.value) for drug, findings in judged for finding in findings]


def test_a_number_that_is_moved_after_its_rule_was_asked_counts() -> None:
    has_answered = load_knowledge(knowledge_folder())
    before = told(has_answered)
    moved = told(with_thresholds(has_answered, MOVED))
    assert moved == told(with_thresholds(load_knowledge(knowledge_folder()), MOVED))
    assert moved != before
