"""What a reviewer signs: everything that a rule asks, says and cites, and nothing of other rules."""

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest

from treatment_algorithm.predicates import parse_predicate
from treatment_algorithm.rule_content import canonical, content_hash, part_hashes, parts_of

if TYPE_CHECKING:
    from treatment_algorithm.knowledge_base import KnowledgeBase
    from treatment_algorithm.knowledge_model import Rule


def rule_of(knowledge: "KnowledgeBase", identity: str) -> "Rule":
    return next(rule for rule in knowledge.rules if rule.id == identity)


def hashes(knowledge: "KnowledgeBase", identity: str) -> dict[str, str]:
    return dict(part_hashes(parts_of(knowledge, rule_of(knowledge, identity))))


def test_nothing_that_a_card_says_or_asks_is_left_unsigned(knowledge: "KnowledgeBase") -> None:
    signed = {name for rule in knowledge.rules for name in hashes(knowledge, rule.id)}
    shared = [f"card {card.id}" for card in knowledge.cards]
    shared += [f"word {word}" for word in knowledge.words]
    shared += [f"suggestion {suggestion}" for suggestion in knowledge.suggestions]
    shared += [f"sentence {sentence}" for sentence in knowledge.evidence.sentences]
    shared += [f"override reason {code}" for code in knowledge.override_reasons]
    shared += [f"feature {feature.id}" for feature in knowledge.features]
    assert [name for name in shared if name not in signed] == []


def test_a_rule_reaches_its_features_and_theirs(knowledge: "KnowledgeBase") -> None:
    """SC-LOCAL asks F-LOC and F-SYMP; F-SYMP asks F-PAIN."""
    parts = hashes(knowledge, "SC-LOCAL")
    assert {"feature F-LOC", "feature F-SYMP", "feature F-PAIN", "card local"} <= parts.keys()


def test_another_rule_is_no_part(knowledge: "KnowledgeBase") -> None:
    """R-DILT names SC-LOCAL, which is reviewed on its own."""
    assert "card local" not in hashes(knowledge, "R-DILT")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"all": [{"condition": "gout"}]}, {"any": [{"condition": "gout"}]}),
        ({"not": {"condition": "gout"}}, {"unknown": {"condition": "gout"}}),
        ({"taking": "diltiazem"}, {"took": "diltiazem"}),
        ({"feature": "F-DM"}, {"feature": "F-JDM"}),
        ({"measured": {"is": "lvef", "below": 40}}, {"measured": {"is": "lvef", "at_most": 40}}),
        ({"measured": {"is": "lvef", "below": 40}}, {"measured": {"is": "lvef", "below": 41}}),
        ({"condition": {"is": "gout", "standing": "past"}}, {"condition": "gout"}),
    ],
)
def test_questions_that_differ_have_different_contents(one: Any, other: Any) -> None:
    assert canonical(parse_predicate(one)) != canonical(parse_predicate(other))


def test_the_same_question_in_another_notation_is_the_same_content() -> None:
    short, long = {"condition": "gout"}, {"condition": {"is": ["gout"], "standing": ["current"]}}
    assert canonical(parse_predicate(short)) == canonical(parse_predicate(long))


def test_a_review_does_not_change_what_was_reviewed(knowledge: "KnowledgeBase") -> None:
    rule = rule_of(knowledge, "SC-IDIO")
    signed = rule.model_copy(update={"review": "approved", "reviewed_by": "Dr. A", "reviewed_on": "2026-12-01"})
    assert part_hashes(parts_of(knowledge, signed)) == part_hashes(parts_of(knowledge, rule))


def test_a_word_of_a_shared_feature_changes_every_rule_that_reaches_it_and_no_other(
    knowledge: "KnowledgeBase",
) -> None:
    features = tuple(
        feature.model_copy(update={"when": parse_predicate({"condition": "gout"})})
        if feature.id == "F-PAIN"
        else feature
        for feature in knowledge.features
    )
    changed = replace(knowledge, features=features)
    for rule in knowledge.rules:
        before, after = hashes(knowledge, rule.id), hashes(changed, rule.id)
        assert (content_hash(before) != content_hash(after)) == ("feature F-PAIN" in before), rule.id


def test_a_drug_that_joins_a_group_changes_the_rules_of_the_group(knowledge: "KnowledgeBase") -> None:
    concepts = knowledge.concepts
    wider = {**concepts.sets, "systemic_corticosteroid": concepts.sets["systemic_corticosteroid"] | {"diltiazem"}}
    changed = replace(knowledge, concepts=replace(concepts, sets=MappingProxyType(wider)))
    before, after = hashes(knowledge, "SC-LOCAL"), hashes(changed, "SC-LOCAL")
    assert [name for name in before if before[name] != after[name]] == ["group systemic_corticosteroid"]


def test_everything_that_a_rule_cites_is_signed_with_it(knowledge: "KnowledgeBase") -> None:
    update = next(iter(knowledge.evidence.updates))
    cited = rule_of(knowledge, "R-DILT").model_copy(update={"statements": ("S20", "H2", "D-5", update)})
    names = part_hashes(parts_of(knowledge, cited)).keys()
    assert {"statement S20", "hole H2", "decision D-5", f"update {update}", "source BALIN"} <= names
