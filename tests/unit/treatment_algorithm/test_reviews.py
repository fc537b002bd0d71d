"""A rule is approved only while it is what was reviewed (decision 12)."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from treatment_algorithm.knowledge_base import KnowledgeBase, knowledge_folder, load_knowledge
from treatment_algorithm.knowledge_errors import KnowledgeError
from treatment_algorithm.knowledge_model import Rule
from treatment_algorithm.reviews import REVIEWS_FILE, Standing, load_reviews, review_of

RULE = "SAFE-MTX-PREG"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the knowledge that a test may review and change."""
    copied: Path = shutil.copytree(
        str(knowledge_folder()), tmp_path / "knowledge", ignore=shutil.ignore_patterns("stories", REVIEWS_FILE)
    )
    return copied


def rule_of(knowledge: KnowledgeBase, identity: str = RULE) -> Rule:
    return next(rule for rule in knowledge.rules if rule.id == identity)


def entry(knowledge: KnowledgeBase, identity: str = RULE, verdict: str = "approved") -> dict[str, object]:
    today = review_of(knowledge, rule_of(knowledge, identity), ())
    return {
        "rule": identity,
        "content": today.content,
        "reviewer": "Dr. A",
        "date": "2026-12-01",
        "verdict": verdict,
        "parts": dict(today.parts),
    }


def write(folder: Path, *entries: object) -> None:
    (folder / REVIEWS_FILE).write_text(yaml.safe_dump(list(entries), sort_keys=False), encoding="utf-8")


def replace_once(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_nobody_has_reviewed_the_shipped_rules(knowledge: KnowledgeBase) -> None:
    assert load_reviews(knowledge_folder()) == ()
    assert {rule.review for rule in knowledge.rules} == {"draft"}


def test_a_folder_without_reviews_has_none(folder: Path) -> None:
    assert load_reviews(folder) == ()
    assert load_knowledge(folder).draft


def test_an_approved_rule_names_its_reviewer_and_the_others_stay_drafts(folder: Path, knowledge: KnowledgeBase) -> None:
    write(folder, entry(knowledge))
    loaded = load_knowledge(folder)
    rule = rule_of(loaded)
    assert (rule.review, rule.reviewed_by, rule.reviewed_on) == ("approved", "Dr. A", "2026-12-01")
    assert [one.id for one in loaded.rules if one.review == "approved"] == [RULE]
    assert loaded.draft


def test_the_rules_of_a_drug_are_the_reviewed_ones(folder: Path, knowledge: KnowledgeBase) -> None:
    write(folder, entry(knowledge))
    loaded = load_knowledge(folder)
    assert {rule.review for rule in loaded.rules_about("methotrexate") if rule.id == RULE} == {"approved"}


def test_only_when_every_rule_is_approved_the_knowledge_is_no_draft(folder: Path, knowledge: KnowledgeBase) -> None:
    write(folder, *(entry(knowledge, rule.id) for rule in knowledge.rules))
    assert not load_knowledge(folder).draft


CHANGES: dict[str, tuple[str, str, str, str]] = {
    "a text of its own": (
        "safety/immunosuppressants.yaml",
        "Methotrexate is contraindicated in pregnancy and breastfeeding",
        "Methotrexate is contraindicated in pregnancy",
        "case 1",
    ),
    "its condition": ("safety/immunosuppressants.yaml", "          - condition: lactation\n", "", "case 1"),
    "a feature that it asks": (
        "features.yaml",
        "- id: F-PREG\n  title: ",
        "- id: F-PREG\n  title: X ",
        "feature F-PREG",
    ),
    "a suggestion that it offers": (
        "suggestions.yaml",
        "Remove the unsigned ",
        "Take away the unsigned ",
        "suggestion remove-order",
    ),
    "a decision that it rests on": (
        "design_decisions.yaml",
        "Female aged 12 to 50",
        "Female aged 12 to 55",
        "decision D-9",
    ),
}


@pytest.mark.parametrize(("file", "old", "new", "part"), CHANGES.values(), ids=CHANGES.keys())
def test_an_approval_ends_with_a_change_of(
    file: str, old: str, new: str, part: str, folder: Path, knowledge: KnowledgeBase
) -> None:
    write(folder, entry(knowledge))
    replace_once(folder / file, old, new)
    loaded = load_knowledge(folder)
    assert rule_of(loaded).review == "draft"
    standing = review_of(loaded, rule_of(loaded), load_reviews(folder))
    assert standing.standing is Standing.CHANGED
    assert part in standing.changed


def test_an_approval_outlives_a_change_of_another_rule(folder: Path, knowledge: KnowledgeBase) -> None:
    write(folder, entry(knowledge))
    replace_once(
        folder / "scenarios.yaml", "- id: SC-IDIO\n  kind: base\n  title: ", "- id: SC-IDIO\n  kind: base\n  title: X "
    )
    assert rule_of(load_knowledge(folder)).review == "approved"


def test_new_and_vanished_parts_are_told_apart(folder: Path, knowledge: KnowledgeBase) -> None:
    write(folder, entry(knowledge))
    replace_once(folder / "safety/immunosuppressants.yaml", "          - condition: lactation\n", "")
    loaded = load_knowledge(folder)
    standing = review_of(loaded, rule_of(loaded), load_reviews(folder))
    assert standing.gone == ("group lactation",)
    assert standing.added == ()


def test_the_last_verdict_counts(folder: Path, knowledge: KnowledgeBase) -> None:
    write(folder, entry(knowledge), entry(knowledge, verdict="changes-wanted"))
    loaded = load_knowledge(folder)
    assert rule_of(loaded).review == "draft"
    assert review_of(loaded, rule_of(loaded), load_reviews(folder)).standing is Standing.CHANGES_WANTED
    write(folder, entry(knowledge, verdict="changes-wanted"), entry(knowledge))
    assert rule_of(load_knowledge(folder)).review == "approved"


def test_a_review_of_a_rule_that_is_gone_stays_in_the_file_and_harms_nothing(
    folder: Path, knowledge: KnowledgeBase
) -> None:
    write(folder, {**entry(knowledge), "rule": "SAFE-GONE"})
    assert {rule.review for rule in load_knowledge(folder).rules} == {"draft"}


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("content", "abc"),
        ("reviewer", " "),
        ("date", "soon"),
        ("verdict", "maybe"),
        ("parts", {"says": "not a digest"}),
        ("signed", True),
    ],
)
def test_an_entry_that_is_no_review_is_refused_where_it_stands(
    member: str, value: object, folder: Path, knowledge: KnowledgeBase
) -> None:
    write(folder, {**entry(knowledge), member: value})
    with pytest.raises(KnowledgeError) as caught:
        load_knowledge(folder)
    assert caught.value.file == REVIEWS_FILE
    assert caught.value.line is not None


def in_the_entry(folder: Path) -> None:
    replace_once(
        folder / "safety/immunosuppressants.yaml",
        "- id: SAFE-MTX-PREG\n",
        "- id: SAFE-MTX-PREG\n  review: approved\n  reviewed_by: Dr. A\n  reviewed_on: '2026-12-01'\n",
    )


def only_named(folder: Path) -> None:
    replace_once(
        folder / "safety/immunosuppressants.yaml",
        "- id: SAFE-MTX-PREG\n",
        "- id: SAFE-MTX-PREG\n  reviewed_by: Dr. A\n",
    )


@pytest.mark.parametrize("claim", [in_the_entry, only_named])
def test_a_rule_cannot_approve_itself(claim: Callable[[Path], None], folder: Path) -> None:
    claim(folder)
    with pytest.raises(KnowledgeError, match=r"a review stands in reviews\.yaml") as caught:
        load_knowledge(folder)
    assert (caught.value.file, caught.value.line) == ("immunosuppressants.yaml", 2)
