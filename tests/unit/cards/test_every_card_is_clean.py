"""Every card that the stories, the worked cards and the demo requests produce passes the lint."""

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cds_service.card_lint.answered import answer
from cds_service.card_lint.lint import lint_answer
from tests.support.fhir_builder import build_request
from tests.support.story import Story
from tests.support.story_files import load_stories
from tests.support.worked_cards import EXAMPLES, TEMPLATES, request

if TYPE_CHECKING:
    from cds_service.settings import Settings
    from treatment_algorithm.knowledge_base import KnowledgeBase

PROJECT = Path(__file__).parents[3]
STORIES = load_stories(
    (
        PROJECT / "treatment_algorithm" / "knowledge" / "stories",
        PROJECT / "tests" / "stories" / "samples",
        PROJECT / "tests" / "stories" / "rich",
    )
)
ANSWERED = [story for story in STORIES if story.expect.status == 200]
DEMO = sorted((PROJECT / "demo" / "hook-requests").glob("*.json"))


@pytest.mark.parametrize("story", [pytest.param(story, id=story.id) for story in ANSWERED])
def test_the_cards_of_a_story(story: Story, knowledge: "KnowledgeBase", settings: "Settings", today: date) -> None:
    assert lint_answer(answer(build_request(story, knowledge.concepts, today), knowledge, settings, today)) == []


@pytest.mark.parametrize("example", [*EXAMPLES, *TEMPLATES])
def test_a_worked_card(example: str, knowledge: "KnowledgeBase", settings: "Settings", today: date) -> None:
    answered = answer(request(example), knowledge, settings, today)
    assert answered.cards
    assert lint_answer(answered) == []


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in DEMO])
def test_the_cards_of_a_demo_request(path: Path, knowledge: "KnowledgeBase", settings: "Settings", today: date) -> None:
    body = json.loads(path.read_text(encoding="utf-8"))
    assert lint_answer(answer(body, knowledge, settings, today)) == []
