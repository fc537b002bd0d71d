"""What a site has switched, put into an assessment: rules off say so, rules in shadow keep their results (0012)."""

from collections.abc import Iterable
from dataclasses import replace

from msgspec import structs

from treatment_algorithm.assessment import Assessment, RuleResult
from treatment_algorithm.knowledge_base import KnowledgeBase
from treatment_algorithm.knowledge_model import OrderRule, Recommendation, Rule, ScenarioRule
from treatment_algorithm.truth import Truth


def as_answered(found: Assessment, shadow: Assessment | None, knowledge: KnowledgeBase) -> Assessment:
    """The assessment as the site answers it: `found` by the rules that act, `shadow` with those in shadow beside them.

    Every switched rule has its result: 'off at this site', or what it would have answered. While the whole service is
    in shadow there is no card, and every result is one in shadow.
    """
    site = knowledge.site
    would = shadow or (found if site.in_shadow else None)
    results = {result.rule_id: result for result in found.rules}
    in_shadow = {result.rule_id: result for result in (would.rules if would else ())}
    for rule in (site.every_rule or knowledge).rules:
        state = site.states.get(rule.id)
        if state is not None and state.state == "off":
            note = f"off at this site: {state.because}"
            results[rule.id] = RuleResult(rule.id, _kind(rule), Truth.NO, note=note)
        elif state is not None or site.in_shadow:
            because = "" if state is None else f": {state.because}"
            results[rule.id] = _in_shadow(in_shadow[rule.id], because)
    cards = () if site.in_shadow else found.cards
    return replace(found, rules=_ordered(results.values()), cards=cards, shadow=would)


def _in_shadow(result: RuleResult, because: str) -> RuleResult:
    note = f"in shadow at this site{because}" + (f"; {result.note}" if result.note else "")
    return structs.replace(result, shadow=True, note=note)


def _ordered(results: Iterable[RuleResult]) -> tuple[RuleResult, ...]:
    kinds = ("scenario", "recommendation", "safety", "order")
    return tuple(sorted(results, key=lambda result: kinds.index(result.kind)))


def _kind(rule: Rule) -> str:
    if isinstance(rule, ScenarioRule):
        return "scenario"
    if isinstance(rule, Recommendation):
        return "recommendation"
    return "order" if isinstance(rule, OrderRule) else "safety"
