"""Every story twice: the pure functions on its features, and the whole service on its FHIR chart; both must agree."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.story import Story
from tests.support.story_files import load_stories

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from treatment_algorithm.knowledge_base import KnowledgeBase

PROJECT = Path(__file__).parents[2]
FOLDERS = (PROJECT / "treatment_algorithm" / "knowledge" / "stories", Path(__file__).parent / "samples")
STORIES = load_stories(FOLDERS)
# A chart without conditions never reaches the pure functions: the service answers 412 before (decision 11).
DECIDED = tuple(story for story in STORIES if story.expect.status == 200)


@pytest.mark.parametrize("story", [pytest.param(story, id=f"{story.id}[pure]") for story in DECIDED])
def test_the_algorithm_tells_the_story(story: Story, knowledge: "KnowledgeBase") -> None:
    from tests.support.run_story import run_pure
    from tests.support.story_checks import differences

    assert differences(story, run_pure(story, knowledge)) == []


@pytest.mark.parametrize("story", [pytest.param(story, id=f"{story.id}[http]") for story in STORIES])
def test_the_service_tells_the_story(story: Story, client: "TestClient", knowledge: "KnowledgeBase") -> None:
    from tests.support.run_story import run_http
    from tests.support.story_checks import differences

    assert differences(story, run_http(story, client, knowledge)) == []
