"""Lint rules about what a card offers to write: L13, L17 to L20 and L23 (card-style.md section 3)."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from fhir.resources.R4B.medicationrequest import MedicationRequest
from fhir.resources.R4B.servicerequest import ServiceRequest
from pydantic import ValidationError

from cds_service.card_lint.answered import (
    Answered,
    Json,
    actions_of,
    drug_concepts,
    drug_drafts,
    suggestions_of,
)
from treatment_algorithm.concept_table import ConceptKind
from treatment_algorithm.features import Group
from treatment_algorithm.truth import Truth

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
MODELS: dict[str, Any] = {"MedicationRequest": MedicationRequest, "ServiceRequest": ServiceRequest}
PRESCRIBERS = "Dose and schedule are the prescriber's."
LEFT_OUT = frozenset({"dosageInstruction", "dispenseRequest", "substitution"})
CHANGED = frozenset({"medicationCodeableConcept", "medicationReference", "note"})
_TESTED = [{"on_record": {"is": name, "within_days": 730}} for name in ("hbsag", "anti_hbc")]
_HBV: Json = {
    "any": [
        {"all": _TESTED},
        {"measured": {"is": ["hbsag", "anti_hbc"], "coded": "positive", "ever": True}},
        {"condition": {"is": "hepatitis_b_coded", "standing": ["current", "past", "remission"]}},
    ]
}
_TB: Json = {
    "any": [
        {"on_record": {"is": "tb_test", "within_days": 730}},
        {"measured": {"is": "tb_test", "coded": "positive", "ever": True}},
        {"condition": {"is": ["tb_latent", "tb_active"], "standing": ["current", "past", "remission"]}},
    ]
}
# Decision 31: what must be on record before one of these is drafted.
CHECKS: dict[str, list[Json]] = {
    "diltiazem": [{"on_record": {"is": name, "within_days": 365}} for name in ("heart_rate", "systolic_bp")],
    "infliximab": [_TB, _HBV],
    "adalimumab": [_TB, _HBV],
    "etanercept": [_TB, _HBV],
    "abatacept": [_TB, _HBV],
    "rituximab": [_HBV],
}
_UNLABELLED = frozenset({"diltiazem", "sodium_thiosulfate", "infliximab", "adalimumab"})
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_CLINICAL = re.compile(r"snomed|loinc|rxnorm|icd", re.IGNORECASE)


def no_drug_is_drafted_unchecked(card: Json, answered: Answered) -> Iterator[str]:
    """L13 (decisions 6, 19, 31)."""
    drafts = drug_drafts(card)
    if not drafts:
        return
    birth = answered.case.features.patient.birth
    if birth is None or not _adult(birth.latest, answered.case.today):
        yield "L13: a drug draft for someone under 18 or of unknown age"
    for group in (Group.CONDITIONS, Group.MEDICATIONS, Group.ALLERGIES):
        if not answered.case.closed(group):
            yield f"L13: a drug draft although {group} could not be read completely"
    for draft in drafts:
        for concept in drug_concepts(draft, answered.knowledge):
            for check in CHECKS.get(concept, [{"always": False}]):
                if answered.truth(check) is not Truth.YES:
                    yield f"L13: {concept} is drafted although a check is missing: {check}"


def _adult(birth: date, today: date) -> bool:
    return (today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))) >= 18


def a_drug_draft_names_the_ingredient(card: Json, answered: Answered) -> Iterator[str]:
    """L17."""
    for draft in drug_drafts(card):
        drug = draft.get("medicationCodeableConcept", {})
        codings = drug.get("coding", [])
        if not drug.get("text") or len(codings) != 1 or codings[0].get("system") != RXNORM:
            yield f"L17: a drug draft without text and one RxNorm coding: {drug}"
            continue
        concepts = drug_concepts(draft, answered.knowledge)
        rows = [
            row for c in concepts for row in answered.knowledge.concepts.code_rows(c) if row.code == codings[0]["code"]
        ]
        if not any(row.status == "verified" and row.display == codings[0]["display"] for row in rows):
            yield f"L17: no verified row of the table: {codings}"
        names = answered.knowledge.concepts.names(ConceptKind.MEDICATION)
        if not names.get(codings[0]["display"].lower(), frozenset()) & concepts:
            yield f"L17: not an ingredient: {codings}"
        note = " ".join(item["text"] for item in draft.get("note", []))
        if PRESCRIBERS not in note:
            yield f"L17: the note does not leave dose and schedule to the prescriber: {note!r}"
        if concepts & _UNLABELLED and "Off-label" not in note:
            yield f"L17: the note does not say off-label: {note!r}"


def drafts_are_valid_and_belong_to_the_request(card: Json, answered: Answered) -> Iterator[str]:
    """L18 and rule 21."""
    context = answered.context
    user = context["userId"]
    requester = {"reference": user} if user.startswith(("Practitioner/", "PractitionerRole/")) else None
    encounter = {"reference": f"Encounter/{context['encounterId']}"} if context.get("encounterId") else None
    for action in actions_of(card):
        if action["type"] != "create":
            continue
        draft = action["resource"]
        expected = {
            "status": "draft",
            "intent": "order",
            "subject": {"reference": f"Patient/{context['patientId']}"},
            "requester": requester,
            "encounter": encounter,
        }
        for name, value in expected.items():
            if draft.get(name) != value:
                yield f"L18: {name} is {draft.get(name)}"
        if not _DAY.fullmatch(draft.get("authoredOn", "")):
            yield f"L18: authoredOn is {draft.get('authoredOn')}"
        if not draft["id"].startswith("cds-"):
            yield f"L18: the id of a new draft is {draft['id']}"
        known = {fact.proof.reference for fact in answered.case.features.conditions}
        for reason in draft.get("reasonReference", []):
            if reason["reference"] not in known:
                yield "L18: the reason is no condition of this chart"
        yield from _parse(draft)


def _parse(resource: Json) -> Iterator[str]:
    model = MODELS.get(resource.get("resourceType", ""))
    if model is None:
        yield f"L18: a draft of the type {resource.get('resourceType')}"
        return
    try:
        model.model_validate(resource)
    except ValidationError as error:
        yield f"L18: not valid FHIR R4B: {error.errors()[0]['loc']}"


def an_update_changes_the_drug_only(card: Json, answered: Answered) -> Iterator[str]:
    """L19 (decision 19, rule 20)."""
    for suggestion in suggestions_of(card):
        kinds = [action["type"] for action in suggestion["actions"]]
        if "update" in kinds and len(kinds) > 1:
            yield "L19: an update is not the only action"
        if kinds != sorted(kinds):  # create, delete, update: the alphabet puts create before delete
            yield f"L19: the actions stand as {kinds}"
        for action in suggestion["actions"]:
            if action["type"] == "update":
                yield from _update(action["resource"], answered)
            if action["type"] == "delete":
                yield from _delete(action, answered)


def _update(resource: Json, answered: Answered) -> Iterator[str]:
    reference = f"{resource.get('resourceType')}/{resource.get('id')}"
    before = answered.drafts.get(reference)
    if before is None or reference not in answered.selected:
        yield f"L19: {reference} is no selected draft"
        return
    for name in before.keys() | resource.keys():
        if name in LEFT_OUT and name in resource:
            yield f"L19: {name} of the old drug passes to the new one"
        elif name not in CHANGED | LEFT_OUT and before.get(name) != resource.get(name):
            yield f"L19: {name} was changed"
    if not list(_parse(before)):
        yield from _parse(resource)


def _delete(action: Json, answered: Answered) -> Iterator[str]:
    if "resource" in action:
        yield "L19: a delete carries a resource"
    draft = answered.drafts.get(action.get("resourceId", ""))
    if draft is None:
        yield f"L19: a delete of {action.get('resourceId')}, which is no draft order"
    elif draft.get("status") != "draft":
        yield f"L19: a delete of an order of status {draft.get('status')}"


def suggestions_are_few_and_labelled(card: Json, _: Answered) -> Iterator[str]:
    """L20."""
    suggestions = suggestions_of(card)
    if len(suggestions) > 3:
        yield f"L20: {len(suggestions)} suggestions"
    if ("selectionBehavior" in card) is not bool(suggestions):
        yield "L20: selectionBehavior does not go with suggestions"
    for suggestion in suggestions:
        label = suggestion["label"]
        if not 0 < len(label) <= 60:
            yield f"L20: a label of {len(label)} characters: {label!r}"
        if not suggestion.get("actions") or not all(action.get("description") for action in suggestion["actions"]):
            yield f"L20: an action without description: {label!r}"
    recommended = sum(bool(suggestion.get("isRecommended")) for suggestion in suggestions)
    if recommended > 1 and card.get("selectionBehavior") == "at-most-one":
        yield f"L20: {recommended} recommended suggestions of which one can be taken"
    if len({suggestion["label"] for suggestion in suggestions}) < len(suggestions):
        yield "L20: two suggestions with one label"


def codes_are_verified(card: Json, answered: Answered) -> Iterator[str]:
    """L23; an updated draft keeps the client's own codes, only its drug is ours."""
    for action in actions_of(card):
        resource = action.get("resource", {})
        if action["type"] == "update":
            resource = {"medicationCodeableConcept": resource.get("medicationCodeableConcept")}
        for coding in _codings(resource):
            if not _CLINICAL.search(coding.get("system", "")):
                continue
            concepts = answered.knowledge.concepts.match(coding["system"], coding["code"])
            rows = [row for concept in concepts for row in answered.knowledge.concepts.code_rows(concept)]
            same = [(row.system, row.code, row.display) for row in rows if row.status == "verified"]
            if (coding["system"], coding["code"], coding.get("display")) not in same:
                yield f"L23: no verified row: {coding}"


def _codings(value: object) -> Iterator[Json]:
    if isinstance(value, dict):
        if "code" in value and "system" in value:
            yield value
        for inner in value.values():
            yield from _codings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _codings(inner)
