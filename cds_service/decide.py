"""decide(): from a gathered chart to the cards, four pure calls and nothing else (design.md 4, step 6)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from cards.compose import compose_cards, compose_shadow
from cards.frame import EXTENSION
from cards.model import Card, Indicator
from cards.request_facts import RequestFacts
from cds_service.hook_request import HookRequest
from cds_service.identity import derive_uuid
from cds_service.settings import Settings
from fhir_mappings.chart import ReadChart
from fhir_mappings.feature_mapping import map_chart
from fhir_mappings.looked_up_drugs import DrugCode
from treatment_algorithm.assess import assess
from treatment_algorithm.assessment import Assessment
from treatment_algorithm.features import PatientFeatures
from treatment_algorithm.knowledge_base import KnowledgeBase


@dataclass(frozen=True, slots=True)
class Decision:
    """What was answered, and what it rests on; `unknown_codes`: the drug codes that nothing was made of.

    `shadow_cards`: those that would be answered if the site's rules in shadow acted, and are not shown.
    """

    cards: tuple[Card, ...]
    assessment: Assessment
    features: PatientFeatures
    unknown_codes: tuple[DrugCode, ...] = ()
    shadow_cards: tuple[Card, ...] = ()

    def rules_of_cards(self) -> Iterator[tuple[str, Indicator]]:
        """The ids of the rules that each card rests on, with the card's indicator."""
        for card in self.cards:
            named: Any = (card.extension or {}).get(EXTENSION, {}).get("rules", ())
            for rule in named:
                yield rule, card.indicator


Decide = Callable[[HookRequest, ReadChart, KnowledgeBase, Settings, date], Decision]


def decide(
    request: HookRequest, chart: ReadChart, knowledge: KnowledgeBase, settings: Settings, today: date
) -> Decision:
    """The cards for `request` on `today`; the same arguments give the same bytes (REQ-18, decision 20)."""
    return decide_with_key(request, chart, knowledge, settings, settings.hash_key_bytes, today)


def decide_with_key(
    request: HookRequest, chart: ReadChart, knowledge: KnowledgeBase, settings: Settings, key: bytes, today: date
) -> Decision:
    """As `decide`, the uuids of cards and suggestions derived with `key`."""
    mapped = map_chart(chart, request.context.selections, knowledge.concepts, knowledge.cues, today)
    assessment = assess(mapped.features, knowledge, request.hook, today)
    facts = request_facts(request, settings, key)
    cards = compose_cards(assessment, knowledge, facts)
    in_shadow = compose_shadow(assessment, knowledge, facts, cards)
    return Decision(cards, assessment, mapped.features, mapped.unknown_codes, in_shadow)


def request_facts(request: HookRequest, settings: Settings, key: bytes) -> RequestFacts:
    """What the cards need to know of the request; `key` is that of the keyed hashes."""
    return RequestFacts(
        service_id=f"calcinosis-{request.hook}",
        hook_instance=request.hook_instance,
        patient_id=request.context.patient_id,
        user_id=request.context.user_id,
        encounter_id=request.context.encounter_id,
        base_url=settings.public_base_url.rstrip("/"),
        derive_uuid=partial(derive_uuid, key),
    )
