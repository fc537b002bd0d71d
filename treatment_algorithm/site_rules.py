"""SiteRules: what a site has switched off or put into shadow, and which of the rules it may switch (decision 0012)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from treatment_algorithm.knowledge_model import Action, OrderRule, Recommendation, Rule, SafetyRule, ScenarioRule

if TYPE_CHECKING:
    from treatment_algorithm.knowledge_base import KnowledgeBase

State = Literal["off", "shadow"]


@dataclass(frozen=True, slots=True)
class RuleState:
    """A rule that does not act at a site, and the site's reason for it."""

    state: State
    because: str


@dataclass(frozen=True, slots=True)
class SiteReason:
    """An override reason as a site offers it; `system` None for a code of the product, which keeps its system."""

    code: str
    display: str
    system: str | None = None


@dataclass(frozen=True, slots=True)
class SiteRules:
    """What a site file says beyond codes; without one nothing is switched.

    `states`: rule id -> what it is instead of on. `in_shadow`: the whole service answers no card. `muted`: scenarios
    that keep their place but give no card. `with_shadow`: the knowledge in which the rules in shadow act, None when
    none is. `every_rule`: the knowledge in which every rule is on, for pages, None when all are on. `thresholds`: the
    values that differ from the knowledge's own. `override_reasons`: None leaves those of the cards. `services`: ids of
    the services offered, None for all. `file_hash`: SHA-256 of the file, empty without one.
    """

    states: Mapping[str, RuleState] = field(default_factory=dict)
    in_shadow: bool = False
    muted: frozenset[str] = frozenset()
    with_shadow: "KnowledgeBase | None" = None
    every_rule: "KnowledgeBase | None" = None
    thresholds: Mapping[str, int] = field(default_factory=dict)
    override_reasons: tuple[SiteReason, ...] | None = None
    services: tuple[str, ...] | None = None
    file_hash: str = ""

    @property
    def anything_in_shadow(self) -> bool:
        """Whether something is evaluated that is not shown."""
        return self.in_shadow or self.with_shadow is not None

    def ids(self, state: State) -> tuple[str, ...]:
        """The rules in this state, in the order of the file."""
        return tuple(rule_id for rule_id, held in self.states.items() if held.state == state)


def why_not_switchable(knowledge: "KnowledgeBase", rule: Rule) -> str | None:
    """Why a site cannot switch this rule off or into shadow, None when it can (docs/decisions/0012)."""
    match rule:
        case SafetyRule() if is_critical(rule):
            return "is critical on an order, and critical rules cannot be switched"
        case ScenarioRule(kind="silent"):
            return "gives no card, it keeps cards away"
        case OrderRule(messages=()):
            return "says nothing of its own: it lets the safety rules of its drugs speak, switch those"
        case Recommendation() if rule.id not in _options(knowledge):
            return "is no option of a card of its own"
    return None


def is_critical(rule: SafetyRule) -> bool:
    """Whether an order can get a critical card by this rule (decision 13)."""
    return (rule.seen or rule.critical_unseen) and any(case.action is Action.SUPPRESS for case in rule.cases)


def with_site_rules(knowledge: "KnowledgeBase", site: SiteRules) -> "KnowledgeBase":
    """The knowledge that answers at a site: without the rules that are off or in shadow, the others as they were."""
    if not site.states:
        return replace(knowledge, site=site)
    off, shadow = site.ids("off"), site.ids("shadow")
    every_rule = replace(knowledge, site=site)
    with_shadow = _without(knowledge, off, site) if shadow else None
    return _without(knowledge, (*off, *shadow), replace(site, with_shadow=with_shadow, every_rule=every_rule))


def _without(knowledge: "KnowledgeBase", ids: Iterable[str], site: SiteRules) -> "KnowledgeBase":
    """A safety rule and a recommendation go; an order rule keeps its order for the safety rules, but says nothing.

    A scenario keeps its place, so that no other is taken for the patient's; its card is not written.
    """
    gone = frozenset(ids)
    safety_rules = tuple(rule for rule in knowledge.safety_rules if rule.id not in gone)
    by_drug = {
        drug: tuple(rule for rule in rules if rule.id not in gone) for drug, rules in knowledge.rules_by_drug.items()
    }
    return replace(
        knowledge,
        safety_rules=safety_rules,
        rules_by_drug=MappingProxyType(by_drug),
        recommendations=tuple(rule for rule in knowledge.recommendations if rule.id not in gone),
        orders=tuple(
            rule.model_copy(update={"messages": ()}) if rule.id in gone else rule for rule in knowledge.orders
        ),
        site=replace(site, muted=gone & {scenario.id for scenario in knowledge.scenarios}),
    )


def _options(knowledge: "KnowledgeBase") -> frozenset[str]:
    return frozenset(name for card in knowledge.cards for block in card.body for name in block.options)
