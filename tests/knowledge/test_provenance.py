"""A card is critical only for a SUPPRESS rule whose source was read (decision 13)."""

from typing import TYPE_CHECKING

import pytest

from treatment_algorithm.provenance import read_itself

if TYPE_CHECKING:
    from treatment_algorithm.knowledge_base import KnowledgeBase
    from treatment_algorithm.knowledge_model import SafetyCase, SafetyRule

# Decision 13: a recorded allergy to the selected drug is critical, although no single label stands for every drug.
WITHOUT_A_SOURCE = {"SAFE-ALLERGY"}


@pytest.mark.parametrize(
    ("mark", "read"),
    [
        ("seen", True),
        ("seen abstract", True),
        ("seen abstract, scilit", True),
        ("seen, official pocket guide", True),
        ("seen for statins; D for myositis", True),
        ("seen; eGFR seen secondary", True),
        ("seen secondary", False),
        ("seen secondary, wikidoc", False),
        ("seen title", False),
        ("title only: seen title", False),
        ("D; seen secondary", False),
        ("D", False),
        ("unverified", False),
        ("unverified: project decision", False),
    ],
)
def test_a_source_was_read_itself_unless_another_quotes_it_or_its_title_is_all(mark: str, read: bool) -> None:
    assert read_itself(mark) is read


def test_a_rule_whose_source_was_not_read_is_at_most_a_warning(knowledge: "KnowledgeBase") -> None:
    unread = [rule for rule in knowledge.safety_rules if not read_itself(rule.mark)]
    assert unread
    assert {rule.id for rule in unread if "critical" in _indicators(rule)} == WITHOUT_A_SOURCE


def test_every_mark_of_a_rule_that_is_critical_begins_with_a_source_that_was_read(knowledge: "KnowledgeBase") -> None:
    critical = [rule for rule in knowledge.safety_rules if "critical" in _indicators(rule)]
    assert critical
    assert {rule.id for rule in critical if not rule.mark.startswith("seen")} == WITHOUT_A_SOURCE


def test_a_suppressing_rule_that_loses_its_mark_is_no_longer_critical(knowledge: "KnowledgeBase") -> None:
    rule = next(rule for rule in knowledge.safety_rules if rule.id == "SAFE-DILT-AVB")
    assert "critical" in _indicators(rule)
    for mark in ("seen secondary", "seen title", "unverified", "D"):
        assert "critical" not in _indicators(rule.model_copy(update={"mark": mark}))


def _indicators(rule: "SafetyRule") -> set[str]:
    return {_indicator(rule, case) for case in rule.cases}


def _indicator(rule: "SafetyRule", case: "SafetyCase") -> str:
    from cards.order_card import indicator_of
    from treatment_algorithm.assessment import SafetyFinding, Side
    from treatment_algorithm.truth import Truth

    return indicator_of(SafetyFinding(rule, rule.about[0], Side.ORDERED, Truth.YES, case, (), case.when))
