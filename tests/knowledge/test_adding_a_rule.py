"""docs/adding-a-rule.md is true: its YAML entry and its stories, and nothing else, make a rule."""

import re
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import yaml
from starlette.testclient import TestClient

from cds_service.app import create_app
from cds_service.settings import Settings
from tests.support.run_story import run_http, run_pure
from tests.support.story import Story
from tests.support.story_checks import differences
from tests.support.story_files import load_stories
from treatment_algorithm.knowledge_base import KnowledgeBase, knowledge_folder, load_knowledge

ROOT = Path(__file__).parents[2]
RULE_ID = "SAFE-MTX-PROB"


def blocks() -> list[str]:
    text = (ROOT / "docs" / "adding-a-rule.md").read_text(encoding="utf-8")
    return re.findall(r"^```yaml\n(.*?)^```$", text, re.S | re.M)


@pytest.fixture(scope="module")
def bare_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The knowledge without the rule (a later version may have it)."""
    copy = tmp_path_factory.mktemp("bare") / "knowledge"
    shutil.copytree(str(knowledge_folder()), copy)
    for file in [*copy.glob("safety/*.yaml"), copy / "planned_safety.yaml"]:
        file.write_text(_without(file.read_text(encoding="utf-8")), encoding="utf-8")
    return copy


@pytest.fixture(scope="module")
def folder(bare_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bare knowledge with the page's entry and stories appended where the page says."""
    copy = tmp_path_factory.mktemp("grown") / "knowledge"
    shutil.copytree(bare_folder, copy)
    rule, stories = blocks()
    with (copy / "safety" / "immunosuppressants.yaml").open("a", encoding="utf-8") as file:
        file.write("\n" + rule)
    (copy / "stories" / "page.yaml").write_text(stories, encoding="utf-8")
    return copy


def _without(text: str) -> str:
    return re.sub(rf"^- id: {RULE_ID}\n(?:(?!- id: ).*\n?)*", "", text, flags=re.M)


@pytest.fixture(scope="module")
def bare(bare_folder: Path) -> KnowledgeBase:
    return load_knowledge(bare_folder)


@pytest.fixture(scope="module")
def grown(folder: Path) -> KnowledgeBase:
    return load_knowledge(folder)


@pytest.fixture(scope="module")
def grown_client(grown: KnowledgeBase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    database = tmp_path_factory.mktemp("database") / "feedback.sqlite3"
    settings = Settings(database_url=f"sqlite:///{database}", public_base_url="https://cds.example.org")
    with TestClient(create_app(settings, clock=lambda: date(2026, 11, 22), knowledge=grown)) as client:
        yield client


def page_stories(folder: Path) -> tuple[Story, ...]:
    written = {entry["id"] for entry in yaml.safe_load(blocks()[1])}
    return tuple(story for story in load_stories([folder / "stories"]) if story.id in written)


def test_one_yaml_entry_makes_one_rule(bare: KnowledgeBase, grown: KnowledgeBase) -> None:
    assert {rule.id for rule in grown.safety_rules} - {rule.id for rule in bare.safety_rules} == {RULE_ID}


def test_the_three_stories_of_the_page_hold_in_the_algorithm_and_through_http(
    folder: Path, grown: KnowledgeBase, grown_client: TestClient
) -> None:
    stories = page_stories(folder)
    assert {story.kind for story in stories} == {"fires", "near-miss", "data-missing"}
    for story in stories:
        assert differences(story, run_pure(story, grown)) == []
        assert differences(story, run_http(story, grown_client, grown)) == []


def test_without_the_entry_its_story_fails(folder: Path, bare: KnowledgeBase) -> None:
    story = next(story for story in page_stories(folder) if story.kind == "fires")
    assert differences(story, run_pure(story, bare)) != []
