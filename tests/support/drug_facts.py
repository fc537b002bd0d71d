"""The drugs of a story as facts: what is or was taken, and what is being ordered."""

from collections.abc import Iterator

from tests.support.story import Story
from tests.support.story_codes import drug_row, product_route
from tests.support.story_entries import CALCINOSIS, StoryDrug, StoryOrder
from tests.support.story_references import drug_reference, order_reference
from treatment_algorithm.concept_table import ConceptTable
from treatment_algorithm.features import (
    DrugStanding,
    Group,
    MedicationFact,
    OrderFact,
    OrderReason,
    Proof,
)

_REQUEST_STANDINGS = {
    "active": DrugStanding.CURRENT,
    "on-hold": DrugStanding.ON_HOLD,
    "unknown": DrugStanding.STATUS_UNKNOWN,
    "stopped": DrugStanding.PAST,
    "completed": DrugStanding.PAST,
}
_STATEMENT_STANDINGS = _REQUEST_STANDINGS | {"intended": DrugStanding.CURRENT}
_COUNTED_INTENTS = frozenset({"order", "original-order", "reflex-order", "filler-order", "instance-order", "plan"})


def medication_facts(story: Story, table: ConceptTable) -> Iterator[MedicationFact]:
    """The drugs of a story; those whose status or intent says that they never were (decision 9) are left out."""
    # Requests first: they are another prefetch key than the statements.
    for number, item in sorted(enumerate(story.drugs), key=lambda numbered: numbered[1].sent_as):
        group = Group.STATEMENTS if item.sent_as == "statement" else Group.MEDICATIONS
        standing = _drug_standing(item)
        if standing is None or item.concept is None or group in story.missing:
            continue
        status = item.recorded_status
        yield MedicationFact(
            concepts=_drug_concepts(item, table),
            standing=standing,
            proof=Proof(drug_reference(item, number), item.since, status, by_name=item.by_name),
            start=item.since,
            end=item.until,
            route=_drug_route(item, table),
            stop_reason=item.stop_reason,
            daily_mg=item.mg_per_day,
            reasons=_concepts(item.reason),
        )


def _drug_standing(item: StoryDrug) -> DrugStanding | None:
    status = item.recorded_status
    if item.sent_as == "statement":
        taken_once = status == "not-taken" and item.stop_reason is not None
        return DrugStanding.PAST if taken_once else _STATEMENT_STANDINGS.get(status)
    counts = item.intent in _COUNTED_INTENTS and not item.do_not_perform
    return _REQUEST_STANDINGS.get(status) if counts else None


def _drug_route(item: StoryDrug | StoryOrder, table: ConceptTable) -> str | None:
    if item.route is not None:
        return None if item.route == "unknown" else item.route
    if item.concept is None or item.text is not None:
        return None
    return product_route(drug_row(table, item.concept, None))


def order_facts(story: Story, table: ConceptTable) -> Iterator[OrderFact]:
    """The draft orders of a story; at order-sign every one counts as selected (decision 36)."""
    for number, order in enumerate(story.orders):
        yield _order(story, order, order_reference(order, number, table), table)
    for _ in range(story.unreadable.get(Group.ORDERS, 0)):
        yield OrderFact("", frozenset(), selected=story.hook == "order-sign", unreadable=True)


def _order(story: Story, order: StoryOrder, reference: str, table: ConceptTable) -> OrderFact:
    reason = OrderReason.UNKNOWN
    if order.reason is not None:
        reason = OrderReason.CALCINOSIS if order.reason == CALCINOSIS else OrderReason.OTHER
    is_drug_order = reference.startswith("MedicationRequest/")
    return OrderFact(
        reference=reference,
        concepts=_drug_concepts(order, table) if is_drug_order else _concepts(order.concept),
        selected=order.selected or story.hook == "order-sign",
        reason=reason,
        reasons=_concepts(order.reason),
        route=_drug_route(order, table) if is_drug_order else None,
        daily_mg=order.mg_per_day,
        duration_days=None if order.weeks is None else order.weeks * 7,
        by_name=order.text is not None,
    )


def _drug_concepts(item: StoryDrug | StoryOrder, table: ConceptTable) -> frozenset[str]:
    if item.concept is None or item.text is not None:
        return _concepts(item.concept)
    row = drug_row(table, item.concept, item.route)
    return table.match(row.system, row.code)


def _concepts(concept: str | None) -> frozenset[str]:
    return frozenset(() if concept is None else (concept,))
