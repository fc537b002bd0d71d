"""Draft orders -> OrderFact (decisions 35, 36; evidence.md 2.5)."""

from collections.abc import Collection, Iterator

from fhir_mappings.concept_matching import codes_match
from fhir_mappings.dosage import daily_mg, planned_days
from fhir_mappings.draft_orders import DraftEntry
from fhir_mappings.medications import DrugContext
from fhir_mappings.reasons import read_reasons
from fhir_mappings.references import type_and_id
from fhir_mappings.resources import MedicationRequestResource, ServiceRequestResource
from treatment_algorithm.features import Group, Issue, OrderFact


def normalised_selections(selections: Collection[str]) -> frozenset[str]:
    """Selections as `Type/id`; bare ids stay bare (CDS Hooks order-select, `selections`)."""
    return frozenset(type_and_id(selection) or selection.strip() for selection in selections)


def map_draft(
    draft: DraftEntry, selections: frozenset[str] | None, context: DrugContext
) -> Iterator[OrderFact | Issue]:
    """The fact of one draft order; nothing for types that are not read and for orders not to perform something.

    `selections` as `normalised_selections` gives them; None (order-sign): every draft is selected (decision 36).
    An order without a drug has no concepts and is no issue; a drug that cannot be told is one.
    """
    order_id = draft.reference.rpartition("/")[2]
    selected = selections is None or draft.reference in selections or order_id in selections
    if draft.unreadable:
        yield Issue(Group.ORDERS, draft.reference, "unreadable")
        yield OrderFact(draft.reference, frozenset(), selected, unreadable=True)
    elif isinstance(draft.resource, MedicationRequestResource):
        yield from _map_drug_order(draft.reference, draft.resource, selected, context)
    elif isinstance(draft.resource, ServiceRequestResource):
        yield from _map_service_order(draft.reference, draft.resource, selected, context)


def _map_drug_order(
    reference: str, order: MedicationRequestResource, selected: bool, context: DrugContext
) -> Iterator[OrderFact | Issue]:
    if order.do_not_perform:
        return
    route = context.route(order.dosage_instruction)
    drug = context.recognise(order, route)
    if drug.problem and _names_a_drug(order):
        yield Issue(Group.ORDERS, reference, drug.problem)
    reasons = read_reasons(
        order.reason_code, order.reason_reference, context.conditions, context.concepts, context.cues
    )
    yield OrderFact(
        reference=reference,
        concepts=drug.concepts,
        selected=selected,
        reason=reasons.order_reason,
        reasons=reasons.concepts,
        route=route or drug.route,
        daily_mg=daily_mg(order.dosage_instruction, drug.texts, context.cues),
        duration_days=planned_days(order.dosage_instruction, order.dispense_request),
        by_name=drug.by_name,
        unconfirmed=drug.unconfirmed,
        by_lookup=drug.by_lookup,
    )


def _names_a_drug(order: MedicationRequestResource) -> bool:
    """Whether a drug is chosen at all; real clients ask before that (ehr-clients-and-servers.md 1.2)."""
    codings = order.medication_codeable_concept.coding if order.medication_codeable_concept else ()
    reference = order.medication_reference
    return any(coding.code for coding in codings) or bool(reference and reference.reference)


def _map_service_order(
    reference: str, order: ServiceRequestResource, selected: bool, context: DrugContext
) -> Iterator[OrderFact | Issue]:
    if order.do_not_perform:
        return
    reasons = read_reasons(
        order.reason_code, order.reason_reference, context.conditions, context.concepts, context.cues
    )
    yield OrderFact(
        reference=reference,
        concepts=codes_match(order.code, context.concepts),
        selected=selected,
        reason=reasons.order_reason,
        reasons=reasons.concepts,
    )
