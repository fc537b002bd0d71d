"""One patient's decisions deleted, with what hangs on them (decision 25; docs/records.md)."""

from dataclasses import dataclass

from sqlalchemy import and_, delete, func, select, update

from cds_service.records.decision_record import decode_record
from cds_service.records.storage import Store, decision_table, feedback_table, shown_card_table

_PAGE = 200


@dataclass(frozen=True, slots=True)
class Deleted:
    """How many decisions and shown cards were deleted, and comments on those cards blanked."""

    decisions: int
    cards: int
    comments: int


async def count_decisions(store: Store, patient: str) -> int:
    """How many decisions there are under a patient's keyed hash. Raises StoreUnavailable."""
    query = select(func.count().label("number")).where(decision_table.c.patient == patient)
    (row,) = await store.read(query)
    return int(row["number"])


async def delete_patient(store: Store, patient: str) -> Deleted:
    """Delete the decisions under a patient's keyed hash and their shown cards; blank the comments on those cards.

    Comments and cards go before the decisions that lead to them, so that a deletion that was cut off can be done again.
    Raises StoreUnavailable, and ValueError for a record that cannot be read.
    """
    decisions = cards = comments = 0
    while True:
        query = select(decision_table.c.id, decision_table.c.record).where(decision_table.c.patient == patient)
        rows = await store.read(query.order_by(decision_table.c.id).limit(_PAGE))
        if not rows:
            return Deleted(decisions, cards, comments)
        shown = {card.uuid for row in rows for card in decode_record(row["record"]).cards}
        commented = and_(feedback_table.c.card.in_(shown), feedback_table.c.user_comment.is_not(None))
        comments += await store.change(update(feedback_table).where(commented).values(user_comment=None))
        cards += await store.change(delete(shown_card_table).where(shown_card_table.c.uuid.in_(shown)))
        decisions += await store.change(delete(decision_table).where(decision_table.c.id.in_([r["id"] for r in rows])))
