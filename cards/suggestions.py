"""Suggestions: templates of the knowledge filled into FHIR R4 drafts (card-style.md rules 16 to 21).

No dose anywhere. A drug is drafted only through the gate of treatment_algorithm/draft_gate.py.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cards.model import Action, Suggestion
from cards.request_facts import RequestFacts
from cards.telling import Telling
from cards.wording import first, joined
from treatment_algorithm.assessment import SafetyFinding, Side
from treatment_algorithm.card_texts import ActionTemplate, SuggestionTemplate, UseSuggestion
from treatment_algorithm.case import find
from treatment_algorithm.chart_predicates import Usable
from treatment_algorithm.draft_gate import may_draft
from treatment_algorithm.evaluation import holds
from treatment_algorithm.features import OrderFact
from treatment_algorithm.safety import judge_drug

LIMIT = 3
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
_REQUESTERS = ("Practitioner/", "PractitionerRole/")
_REFERENCE = re.compile(r"Condition/[A-Za-z0-9.-]{1,64}", re.ASCII)
_DOSING = ("dosageInstruction", "dispenseRequest", "substitution")


@dataclass(frozen=True, slots=True)
class Offered:
    """A suggestion and the template that it comes from."""

    template_id: str
    suggestion: Suggestion


def offer_suggestions(
    uses: Iterable[tuple[UseSuggestion, SafetyFinding | None]],
    patient: Telling,
    request: RequestFacts,
    card_uuid: str,
    order: OrderFact | None,
) -> list[Offered]:
    """At most three suggestions, each template once, in the order given; those that do not apply are left out.

    A use comes with the safety finding that asks for it, if one does.
    """
    offered: list[Offered] = []
    for use, finding in uses:
        telling = replace(patient, finding=finding)
        template = telling.knowledge.suggestions[use.use]
        if len(offered) == LIMIT or any(one.template_id == template.id for one in offered):
            continue
        if not (holds(use.when, telling.case) and holds(template.when, telling.case)):
            continue
        if template.drug_draft and not _may_draft(template, telling):
            continue
        uuid = request.derive_uuid("suggestion", card_uuid, template.id)
        actions = [
            _action(action, use if index == 0 else _note_only(use), telling, request, uuid, order)
            for index, action in enumerate(template.actions)
            if holds(action.when, telling.case)
        ]
        label = first(use.label or template.label, telling)
        # Two templates can come to the same offer (hepatitis B screening, alone or with tuberculosis).
        if actions and all(one.suggestion.label != label for one in offered):
            offered.append(Offered(template.id, Suggestion(label=label, uuid=uuid, actions=actions)))
    return offered


def _note_only(use: UseSuggestion) -> UseSuggestion:
    return use.model_copy(update={"text": (), "description": ()})


def _may_draft(template: SuggestionTemplate, telling: Telling) -> bool:
    drugs = [action.code for action in template.actions if action.code]
    for drug in drugs:
        findings = judge_drug(telling.knowledge.rules_about(drug), drug, Side.SUGGESTED, telling.case)
        if not may_draft(telling.case, template.requires, findings):
            return False
        if not holds(Usable(**{"is": (drug,)}), telling.case):
            return False
    return True


def _action(
    template: ActionTemplate,
    use: UseSuggestion,
    telling: Telling,
    request: RequestFacts,
    uuid: str,
    order: OrderFact | None,
) -> Action:
    description = first(use.description or template.description, telling)
    if template.type == "delete":
        return Action(type="delete", description=description, resource_id=order.reference if order else "")
    note = joined(use.note or template.note, telling)
    if template.type == "update" and order is not None:
        return Action(type="update", description=description, resource=_update(template, telling, order, note))
    resource = _create(template, use, telling, request, uuid, note)
    return Action(type="create", description=description, resource=resource)


def _create(
    template: ActionTemplate, use: UseSuggestion, telling: Telling, request: RequestFacts, uuid: str, note: str
) -> dict[str, Any]:
    resource: dict[str, Any] = {
        "resourceType": template.resource,
        "id": f"{template.id}-{uuid[:8]}",
        "status": "draft",
        "intent": "order",
    }
    if template.resource == "MedicationRequest":
        resource["medicationCodeableConcept"] = _drug(template, telling)
    else:
        resource["category"] = [_concept(template.category, template.category_text or "", telling)]
        resource["code"] = _concept(template.code, joined(use.text or template.text, telling), telling)
    resource["subject"] = {"reference": f"Patient/{request.patient_id}"}
    if request.encounter_id:
        resource["encounter"] = {"reference": f"Encounter/{request.encounter_id}"}
    resource["authoredOn"] = telling.case.today.isoformat()
    if request.user_id.startswith(_REQUESTERS):
        resource["requester"] = {"reference": request.user_id}
    reason = _reason(telling)
    if reason:
        resource["reasonReference"] = [{"reference": reason}]
    if note:
        resource["note"] = [{"text": note}]
    return resource


def _update(template: ActionTemplate, telling: Telling, order: OrderFact, note: str) -> dict[str, Any]:
    """The draft as it stands, with another drug and note and without the old drug's dosing (rule 20)."""
    draft: Mapping[str, Any] = telling.case.features.drafts.get(order.reference, {})
    drug_members = ("medicationCodeableConcept", "medicationReference", "note")
    kept = {name: value for name, value in draft.items() if name not in (*drug_members, *_DOSING)}
    updated: dict[str, Any] = {}
    for name in ("resourceType", "id", "status", "intent"):
        if name in kept:
            updated[name] = kept.pop(name)
    updated["medicationCodeableConcept"] = _drug(template, telling)
    return {**updated, **kept, "note": [{"text": note}]}


def _drug(template: ActionTemplate, telling: Telling) -> dict[str, Any]:
    """The ingredient, behind the site's orderable where there is one (rule 17)."""
    concepts, drug = telling.knowledge.concepts, template.code or ""
    orderable, row = concepts.orderables.get(drug), concepts.draft_coding(drug, RXNORM)
    named = (row,) if orderable is None else (orderable, row)
    coding = [{"system": one.system, "code": one.code, "display": one.display} for one in named]
    return {"coding": coding, "text": telling.knowledge.label(drug) if orderable is None else orderable.text}


def _concept(concept: str | None, text: str, telling: Telling) -> dict[str, Any]:
    if concept is None:
        return {"text": text}
    for system in (SNOMED, LOINC):
        try:
            row = telling.knowledge.concepts.draft_coding(concept, system)
        except KeyError:
            continue
        return {"coding": [{"system": row.system, "code": row.code, "display": row.display}], "text": text}
    return {"text": text}


def _reason(telling: Telling) -> str | None:
    """The Condition that fired: calcinosis, else the underlying disease."""
    names = (telling.knowledge.manifest.calcinosis, *telling.knowledge.manifest.underlying)
    for name in names:
        for fact in find(telling.case.conditions, (name,)):
            if fact.standing == "current" and _REFERENCE.fullmatch(fact.proof.reference):
                return fact.proof.reference
    return None
