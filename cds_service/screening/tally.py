"""Tally: what many decisions add up to; tallies of parts add up to the tally of the whole."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from cards.frame import EXTENSION
from cards.model import Card
from cds_service.decide import Decision
from treatment_algorithm.assessment import RuleResult
from treatment_algorithm.truth import Truth

NO_SCENARIO = "none"


@dataclass(frozen=True, slots=True)
class Found:
    """What one decision says of rules: those that fired, those that could not be told, those named on a card.

    `hidden`: those named on a card that is not shown because of the site's shadow.
    """

    fired: tuple[str, ...]
    unknown: tuple[str, ...]
    shown: tuple[str, ...]
    hidden: tuple[str, ...] = ()


def found_in(decision: Decision) -> Found:
    """The rules of one decision, in the order of the knowledge."""
    rules = decision.assessment.rules
    return Found(
        fired=tuple(rule.rule_id for rule in rules if rule.truth is Truth.YES),
        unknown=tuple(rule.rule_id for rule in rules if rule.truth is Truth.UNKNOWN),
        shown=_named_on(decision.cards, rules),
        hidden=_named_on(decision.shadow_cards, rules),
    )


@dataclass(slots=True)
class Tally:
    """Counts of patients, except `cards` and `shadow_cards`, which count cards by indicator.

    `refused`: why patients could not be evaluated -> how many. `fired_in`: (scenario, rule) -> how many;
    a patient without a scenario counts under NO_SCENARIO.
    """

    evaluated: int = 0
    with_cards: int = 0
    cards: Counter[str] = field(default_factory=Counter)
    shadow_cards: Counter[str] = field(default_factory=Counter)
    fired: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    shown: Counter[str] = field(default_factory=Counter)
    hidden: Counter[str] = field(default_factory=Counter)
    scenarios: Counter[str] = field(default_factory=Counter)
    fired_in: Counter[tuple[str, str]] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    without_orders: int = 0

    def count(self, decision: Decision, found: Found) -> None:
        """Add one patient."""
        scenarios = decision.assessment.scenarios or (NO_SCENARIO,)
        self.evaluated += 1
        self.with_cards += bool(decision.cards)
        self.cards.update(card.indicator for card in decision.cards)
        self.shadow_cards.update(card.indicator for card in decision.shadow_cards)
        self.fired.update(found.fired)
        self.unknown.update(found.unknown)
        self.shown.update(found.shown)
        self.hidden.update(found.hidden)
        self.scenarios.update(scenarios)
        self.fired_in.update((scenario, rule) for scenario in scenarios for rule in found.fired)

    def add(self, other: "Tally") -> None:
        """Add the counts of another part."""
        self.evaluated += other.evaluated
        self.with_cards += other.with_cards
        self.without_orders += other.without_orders
        for mine, theirs in (
            (self.cards, other.cards),
            (self.fired, other.fired),
            (self.unknown, other.unknown),
            (self.shown, other.shown),
            (self.hidden, other.hidden),
            (self.shadow_cards, other.shadow_cards),
            (self.scenarios, other.scenarios),
            (self.refused, other.refused),
        ):
            mine.update(theirs)
        self.fired_in.update(other.fired_in)


def _named_on(cards: Iterable[Card], rules: Iterable[RuleResult]) -> tuple[str, ...]:
    named = {rule for card in cards for rule in _rules_of(card)}
    return tuple(rule.rule_id for rule in rules if rule.rule_id in named)


def _rules_of(card: Card) -> Iterable[str]:
    rules: Iterable[str] = (card.extension or {}).get(EXTENSION, {}).get("rules", ())
    return rules
