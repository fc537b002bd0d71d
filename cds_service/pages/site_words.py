"""What a site has changed, as the pages tell it: rules off or in shadow, thresholds with values of its own."""

from dataclasses import dataclass

from treatment_algorithm.knowledge_base import KnowledgeBase
from treatment_algorithm.site_rules import State


@dataclass(frozen=True, slots=True)
class SwitchedRule:
    """A rule that does not act at the site."""

    id: str
    title: str
    state: State
    because: str


@dataclass(frozen=True, slots=True)
class MovedThreshold:
    """A number that the site has changed; `here` and `shipped` in days."""

    says: str
    here: int
    shipped: int


def switched_rules(knowledge: KnowledgeBase) -> tuple[SwitchedRule, ...]:
    """The rules off and in shadow, in the order of the knowledge, which must hold them all."""
    states = knowledge.site.states
    return tuple(
        SwitchedRule(rule.id, rule.title, states[rule.id].state, states[rule.id].because)
        for rule in knowledge.rules
        if rule.id in states
    )


def moved_thresholds(knowledge: KnowledgeBase) -> tuple[MovedThreshold, ...]:
    """The thresholds with a value of the site."""
    return tuple(
        MovedThreshold(one.says, knowledge.site.thresholds[one.id], one.value)
        for one in knowledge.thresholds.values()
        if one.id in knowledge.site.thresholds
    )
