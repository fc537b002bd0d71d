"""Every rule is shown by stories: one in which it fires, one in which it just does not, one that lacks the data."""

from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.story_coverage import coverage_gaps, unknown_subjects
from tests.support.story_files import load_stories

if TYPE_CHECKING:
    from treatment_algorithm.knowledge_base import KnowledgeBase

FOLDER = Path(__file__).parents[2] / "treatment_algorithm" / "knowledge" / "stories"


def test_every_rule_fires_nearly_fires_and_lacks_data_in_a_story(knowledge: "KnowledgeBase") -> None:
    assert coverage_gaps([rule.id for rule in knowledge.rules], load_stories([FOLDER])) == []


def test_every_story_is_about_something_that_is_there(knowledge: "KnowledgeBase") -> None:
    evidence = knowledge.evidence
    known = {rule.id for rule in knowledge.rules} | {feature.id for feature in knowledge.features}
    known |= evidence.statements.keys() | evidence.holes.keys() | evidence.decisions.keys() | evidence.updates.keys()
    assert unknown_subjects(known, load_stories([FOLDER])) == []
