"""compose_cards(): an assessment in, the cards of the answer out, in the order that clients show."""

from collections.abc import Sequence

from cards.chart_card import write_chart_card
from cards.model import Card
from cards.order_card import write_order_card
from cards.request_facts import RequestFacts
from treatment_algorithm.assessment import Assessment, ChartCard
from treatment_algorithm.knowledge_base import KnowledgeBase

CHART_LIMIT = 3
_ORDER = {"critical": 0, "warning": 1, "info": 2}


def compose_cards(assessment: Assessment, knowledge: KnowledgeBase, request: RequestFacts) -> tuple[Card, ...]:
    """The cards, critical before warning before info, otherwise in the order of the decisions.

    At most three at patient-view and one a selected order (card-style rules 1 and 2).
    """
    cards = [
        write_chart_card(plan, knowledge, request)
        if isinstance(plan, ChartCard)
        else write_order_card(plan, knowledge, request)
        for plan in assessment.cards
    ]
    cards.sort(key=lambda card: _ORDER[card.indicator])
    return tuple(cards[:CHART_LIMIT] if assessment.hook == "patient-view" else cards)


def compose_shadow(
    assessment: Assessment, knowledge: KnowledgeBase, request: RequestFacts, shown: Sequence[Card]
) -> tuple[Card, ...]:
    """The cards that would be answered if the rules in shadow acted and that are not shown; none without shadow."""
    if assessment.shadow is None:
        return ()
    cards = compose_cards(assessment.shadow, knowledge.site.with_shadow or knowledge, request)
    return tuple(card for card in cards if card not in shown)
