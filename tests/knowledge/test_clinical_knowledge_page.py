"""docs/clinical-knowledge.md names every ID with its home, provenance and stories, and is the same each time."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from cds_service.documents.clinical_knowledge import clinical_knowledge
from cds_service.documents.story_index import load_stories
from treatment_algorithm.knowledge_base import knowledge_folder
from treatment_algorithm.knowledge_errors import KnowledgeError

if TYPE_CHECKING:
    from pathlib import Path

    from treatment_algorithm.knowledge_base import KnowledgeBase


@pytest.fixture(scope="module")
def page(knowledge: "KnowledgeBase") -> str:
    return clinical_knowledge(knowledge, knowledge_folder())


def row(page: str, identity: str) -> list[str]:
    line = next(line for line in page.splitlines() if line.startswith(f"| {identity} |"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_every_id_has_a_row(page: str, knowledge: "KnowledgeBase") -> None:
    evidence = knowledge.evidence
    ids = [*evidence.statements, *evidence.holes, *evidence.sentences, *evidence.sources, *evidence.planned_safety]
    ids += [rule.id for rule in knowledge.rules] + [feature.id for feature in knowledge.features]
    assert [identity for identity in ids if f"\n| {identity} |" not in page] == []


def test_a_statement_stands_with_its_words_homes_stories_and_sources(page: str) -> None:
    """evidence.md 1.2: S20 lives in R-DILT."""
    identity, quote, agrees, homes, stories, sources = row(page, "S20")
    assert quote == "“Add diltiazem for symptomatic calcinosis”"
    assert "R-DILT" in homes
    assert agrees
    assert stories != "-"
    assert sources != "-"
    assert identity == "S20"


def test_a_rule_stands_with_its_file_anchor_and_cards(page: str) -> None:
    cells = row(page, "SC-REFRACT")
    assert cells[2] == "scenarios.yaml, #sc-refract"
    assert cells[3] == "could-not-check, refractory"
    assert row(page, "SAFE-DILT-AVB")[2] == "safety/diltiazem_heart.yaml, #safe-dilt-avb"


def test_a_rule_stands_with_its_stories_by_kind(page: str) -> None:
    stories = page.split("## Rules and their stories")[1]
    fires, near_miss, missing, _ = row(stories, "SAFE-ALLERGY")[1:]
    assert "safe-allergy-fires" in fires
    assert "safe-allergy-near-miss" in near_miss
    assert missing != "-"


def test_every_rule_stands_with_stories_of_every_kind_and_its_mark(page: str, knowledge: "KnowledgeBase") -> None:
    stories = page.split("## Rules and their stories")[1]
    for rule in knowledge.rules:
        cells = row(stories, rule.id)
        assert cells[4] == rule.mark
        assert "-" not in cells[1:4], rule.id


@pytest.mark.parametrize(
    ("approved", "said"),
    [
        ((), "Nobody has reviewed these rules yet: all are drafts."),
        (("SC-IDIO",), "rules are approved by a reviewer, the others are drafts."),
        (None, "All rules are approved."),
    ],
)
def test_the_page_says_how_many_rules_are_approved(
    approved: tuple[str, ...] | None, said: str, knowledge: "KnowledgeBase"
) -> None:
    signed = {"review": "approved", "reviewed_by": "Dr. A", "reviewed_on": "2026-12-01"}
    kinds: dict[str, Any] = {
        name: tuple(
            rule.model_copy(update=signed) if approved is None or rule.id in approved else rule
            for rule in getattr(knowledge, name)
        )
        for name in ("scenarios", "recommendations", "orders", "safety_rules")
    }
    assert said in clinical_knowledge(replace(knowledge, **kinds), knowledge_folder()).split("##")[0]


def test_a_sentence_stands_with_those_who_say_it(page: str) -> None:
    assert row(page, "warfarin")[3] == "OS-LIMITED"
    assert row(page, "anti_tnf_adult")[3] == "SAFE-TNF-DM"


def test_the_same_knowledge_gives_the_same_page(page: str, knowledge: "KnowledgeBase") -> None:
    assert clinical_knowledge(knowledge, knowledge_folder()) == page


def test_every_row_of_a_table_has_the_cells_of_its_head(page: str) -> None:
    for block in page.split("\n\n"):
        widths = {line.replace("\\|", "").count("|") for line in block.splitlines() if line.startswith("|")}
        assert len(widths) <= 1, block.splitlines()[0]


@pytest.mark.parametrize("content", ["a: [", "a: 1", "- {id: x}"])
def test_a_story_file_that_is_none_is_named(tmp_path: "Path", content: str) -> None:
    (tmp_path / "bad.yaml").write_text(content, encoding="utf-8")
    with pytest.raises(KnowledgeError, match=r"bad\.yaml"):
        load_stories(tmp_path)
