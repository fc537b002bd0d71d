"""A chart through assess and compose_cards, as an Answered that the lint can judge, and as bytes."""

from collections.abc import Iterator
from functools import partial

import msgspec

from cards.compose import compose_cards
from cards.request_facts import RequestFacts
from cds_service.card_lint.answered import Answered, Json, drug_concepts, drug_drafts, suggestions_of
from cds_service.identity import derive_uuid
from tests.properties.strategies import KNOWLEDGE, TODAY
from treatment_algorithm.assess import assess
from treatment_algorithm.features import PatientFeatures

PATIENT_ID, USER, ENCOUNTER_ID = "property", "Practitioner/reader", "visit"


def cards_of(features: PatientFeatures, hook: str, hook_instance: str = "first") -> bytes:
    """The cards as they go over the wire."""
    request = RequestFacts(
        service_id=f"calcinosis-{hook}",
        hook_instance=hook_instance,
        patient_id=PATIENT_ID,
        user_id=USER,
        encounter_id=ENCOUNTER_ID,
        base_url="https://cds.example.org",
        derive_uuid=partial(derive_uuid, b"properties"),
    )
    return msgspec.json.encode(compose_cards(assess(features, KNOWLEDGE, hook, TODAY), KNOWLEDGE, request))


def answered(features: PatientFeatures, hook: str) -> Answered:
    """The answer with the request that it would belong to."""
    context: Json = {"patientId": PATIENT_ID, "userId": USER, "encounterId": ENCOUNTER_ID}
    if hook != "patient-view":
        context["draftOrders"] = {"entry": [{"resource": dict(draft)} for draft in features.drafts.values()]}
    if hook == "order-select":
        context["selections"] = [order.reference for order in features.orders if order.selected]
    cards = tuple(msgspec.json.decode(cards_of(features, hook)))
    return Answered(cards, {"context": context}, assess(features, KNOWLEDGE, hook, TODAY), KNOWLEDGE)


def uuids_of(cards: bytes) -> Iterator[str]:
    """The uuid of every card and suggestion."""
    for card in msgspec.json.decode(cards):
        yield card["uuid"]
        yield from (suggestion["uuid"] for suggestion in suggestions_of(card))


def drafted(answer: Answered) -> set[tuple[str, str]]:
    """Every drug that the answer offers to write, with the draft it would replace."""
    return {
        (concept, draft["id"] if draft["id"] in str(answer.drafts) else "new")
        for card in answer.cards
        for draft in drug_drafts(card)
        for concept in drug_concepts(draft, answer.knowledge)
    }
