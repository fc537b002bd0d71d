"""Checks of the drafts that suggestions create: a verified code, the prescriber's sentence, valid FHIR R4.

Every template is built once, for a patient of whom nothing is known, and read by fhir.resources (decision 7). Lint
rules L17, L18 and L23 of card-style.md, as far as a template shows them.
"""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from cards.request_facts import RequestFacts
from cards.suggestions import LOINC, RXNORM, SNOMED, offer_suggestions
from cards.telling import Telling
from treatment_algorithm.assess import answer_features, build_case
from treatment_algorithm.card_texts import ActionTemplate, SuggestionTemplate, UseSuggestion
from treatment_algorithm.features import OrderFact, PatientFeatures
from treatment_algorithm.knowledge_base import KnowledgeBase

PRESCRIBER = "Dose and schedule are the prescriber's."
OFF_LABEL = "Off-label"
# Nobody's order: what an update or a deletion acts on.
_ORDER = "MedicationRequest/order"
_DRAFT = {
    "resourceType": "MedicationRequest",
    "id": "order",
    "status": "draft",
    "intent": "order",
    "subject": {"reference": "Patient/nobody"},
    "medicationCodeableConcept": {"text": "another drug"},
}
_REQUEST = RequestFacts(
    service_id="calcinosis-order-select",
    hook_instance="check",
    patient_id="nobody",
    user_id="Practitioner/nobody",
    encounter_id="nothing",
    base_url="https://cds.example.org",
    derive_uuid=lambda *parts: str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(parts))),
)


def draft_complaints(knowledge: KnowledgeBase, *, build: bool) -> Iterator[tuple[str, str]]:
    """The id of a suggestion template and what is wrong with its drafts, one pair for each complaint.

    `build`: whether to build them too, which needs texts without unknown placeholders.
    """
    for template in knowledge.suggestions.values():
        sound = build
        for message in _code_complaints(template, knowledge):
            sound = False
            yield template.id, message
        for message in (*_note_complaints(template), *(_fhir_complaints(template, knowledge) if sound else ())):
            yield template.id, message


def _code_complaints(template: SuggestionTemplate, knowledge: KnowledgeBase) -> Iterator[str]:
    for action in template.actions:
        for member in ("code", "category"):
            concept = getattr(action, member)
            systems = (RXNORM,) if action.resource == "MedicationRequest" else (SNOMED, LOINC)
            if concept and not any(_has_coding(concept, system, knowledge) for system in systems):
                yield f"{member} '{concept}' has no verified code of {' or '.join(systems)}"
        if action.resource == "MedicationRequest" and action.code is None:
            yield "a drug draft names no drug"


def _has_coding(concept: str, system: str, knowledge: KnowledgeBase) -> bool:
    try:
        knowledge.concepts.draft_coding(concept, system)
    except KeyError:
        return False
    return True


def _note_complaints(template: SuggestionTemplate) -> Iterator[str]:
    drugs = [action for action in template.actions if action.resource == "MedicationRequest"]
    if drugs and not template.drug_draft:
        yield "drafts a drug and is not marked as drug_draft"
    for action in drugs:
        notes = " ".join(fragment.text for fragment in action.note)
        if PRESCRIBER not in notes:
            yield f"L17: the note of a drug draft says '{PRESCRIBER}'"
        if template.off_label and OFF_LABEL not in notes:
            yield f"L17: the note of an off-label draft says '{OFF_LABEL}'"


def _fhir_complaints(template: SuggestionTemplate, knowledge: KnowledgeBase) -> Iterator[str]:
    for action in template.actions:
        resource = _built(template, action, knowledge)
        if resource is None:
            continue
        try:
            _model(resource).model_validate(resource)
        except ValidationError as error:
            for problem in error.errors(include_url=False, include_context=False, include_input=False):
                element = ".".join(str(step) for step in problem["loc"])
                yield f"L18: the draft is no valid FHIR R4: {element}: {problem['msg']}"


def _model(resource: dict[str, Any]) -> Any:
    # Imported when drafts are checked, never on the way of a request (decision 7).
    from fhir.resources import R4B

    return R4B.get_fhir_model_class(resource["resourceType"])


def _built(template: SuggestionTemplate, action: ActionTemplate, knowledge: KnowledgeBase) -> dict[str, Any] | None:
    """The resource of one action, all conditions lifted."""
    alone = template.model_copy(
        update={
            "when": None,
            "requires": (),
            "drug_draft": False,
            "actions": (action.model_copy(update={"when": None}),),
        }
    )
    lifted = replace(knowledge, suggestions=MappingProxyType({template.id: alone}))
    order = OrderFact(_ORDER, frozenset(), selected=True)
    features = PatientFeatures(orders=(order,), drafts=MappingProxyType({_ORDER: _DRAFT}))
    case = answer_features(build_case(features, lifted, "order-select", date(2000, 1, 1)), lifted.features)
    telling = Telling(case, lifted, drug=lifted.suggestable[0])
    (offered,) = offer_suggestions([(UseSuggestion(use=template.id), None)], telling, _REQUEST, "card", order)
    return next(made.resource for made in offered.suggestion.actions or ())
