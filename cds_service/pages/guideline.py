"""The guideline page: everything the service decides by, written from the knowledge and from nothing else."""

from collections.abc import Iterator, Mapping
from typing import Any

from cds_service.pages.card_words import CardWords, Said
from cds_service.pages.conditions import WRITTEN_OUT, ConditionWords, group_anchor, groups_in, spaced
from cds_service.pages.decision_flow import asked_beyond, names_scenario
from cds_service.pages.flow_figures import flow_figures
from cds_service.pages.links import Links, anchor_of
from treatment_algorithm.knowledge_base import KnowledgeBase
from treatment_algorithm.knowledge_model import Recommendation, SafetyCase, SafetyRule, ScenarioRule
from treatment_algorithm.predicates import Predicate

_ACTIONS = {
    "suppress": "Not suggested; an order gets a critical card",
    "suppress-warning": "Not suggested; an order gets a warning",
    "warn": "Suggested with a warning; an order gets a warning",
    "mention": "One line on a card that is shown anyway",
    "silent": "Not suggested again, without a word",
}


def guideline_context(knowledge: KnowledgeBase) -> Mapping[str, Any]:
    """What the templates of the guideline page need: the knowledge, and how to put its parts into words."""
    links = Links(knowledge)
    conditions = ConditionWords(knowledge, links)
    cards = CardWords(knowledge, conditions)
    summaries = {scenario.id: _summaries(knowledge, scenario, cards) for scenario in knowledge.scenarios}
    with_card = {identity for identity, said in summaries.items() if said}
    return {
        "knowledge": knowledge,
        "evidence": knowledge.evidence,
        "sources": knowledge.evidence.sources,
        "draft_count": sum(rule.review == "draft" for rule in knowledge.rules),
        "rule_count": sum(1 for _ in knowledge.rules),
        "anchor": anchor_of,
        "spaced": spaced,
        "links": links,
        "conditions": conditions,
        "said": cards.said,
        "gives": {scenario.id: _gives(knowledge, scenario) for scenario in knowledge.scenarios},
        "summaries": summaries,
        "flow": flow_figures(knowledge, ConditionWords(knowledge, links, brief=True), with_card),
        "action": _action,
        "groups": _groups(knowledge, conditions),
    }


def _gives(knowledge: KnowledgeBase, scenario: ScenarioRule) -> tuple[Recommendation, ...]:
    """The recommendations that can be offered in the scenario because their condition names it."""
    return tuple(rule for rule in knowledge.recommendations if _about(rule.when, scenario))


def _summaries(knowledge: KnowledgeBase, scenario: ScenarioRule, cards: CardWords) -> tuple[Said, ...]:
    """The one line of every card that is about the scenario."""
    about = [template for template in knowledge.cards if _about(template.when, scenario)]
    return tuple(said for template in about for said in cards.said(template.summary))


def _about(predicate: Predicate, scenario: ScenarioRule) -> bool:
    return names_scenario(predicate, scenario.id) and asked_beyond(predicate, scenario.id) is not None


def _action(rule: SafetyRule, case: SafetyCase) -> str:
    """What a case does; critical only where the source was read or the rule is so by decision 13."""
    at_orders = case.order_only or not rule.at_patient_view
    if case.action == "suppress" and not (rule.seen or rule.critical_unseen):
        said = _ACTIONS["suppress-warning"]
    elif case.action == "warn" and case.order_only:
        said = "An order gets a warning"
    elif case.action == "mention" and at_orders:
        said = "One line on an order's card that is shown anyway"
    else:
        said = _ACTIONS[case.action]
    return f"{said}; no one-click draft" if case.blocks_draft else said


def _groups(knowledge: KnowledgeBase, conditions: ConditionWords) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """(anchor, name, members) of every group that the page names without writing it out."""
    named = groups_in(_conditions_of(knowledge))
    for rule in knowledge.safety_rules:
        named.update(rule.about)
    for order in knowledge.orders:
        named.update(order.orders)
    for recommendation in knowledge.recommendations:
        named.update((*recommendation.drug, *recommendation.judges))
    for therapy in knowledge.therapies:
        named.update(therapy.drugs)
    several = ((name, conditions.members(name)) for name in sorted(named))
    return tuple((group_anchor(name), spaced(name), members) for name, members in several if len(members) > WRITTEN_OUT)


def _conditions_of(knowledge: KnowledgeBase) -> Iterator[Predicate]:
    for feature in knowledge.features:
        yield feature.when
        if feature.not_when is not None:
            yield feature.not_when
    for scenario in knowledge.scenarios:
        yield scenario.when
    for template in knowledge.cards:
        yield from (piece.when for piece in template.summary if piece.when is not None)
    for recommendation in knowledge.recommendations:
        yield recommendation.when
        yield from (piece.when for piece in recommendation.bullet if piece.when is not None)
    for rule in knowledge.safety_rules:
        if rule.partner is not None:
            yield rule.partner
        for case in rule.cases:
            yield case.when
            for text in (case.ordered, case.suggested, case.dropped):
                yield from (piece.when for piece in text if piece.when is not None)
    for order in knowledge.orders:
        for message in order.messages:
            yield message.when
            pieces = (*message.summary, *(piece for block in message.body for piece in block.bullets))
            yield from (piece.when for piece in pieces if piece.when is not None)
