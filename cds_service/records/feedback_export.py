"""Feedback as data: each entry with the card it is about, for CSV and NDJSON (reliability.md 1.5, HTI-1)."""

import csv
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from cds_service.records.period import Period
from cds_service.records.storage import Store, feedback_table, shown_card_table

_PAGE = 500
COLUMNS = (
    "received_at", "client", "service", "card", "outcome", "outcome_timestamp", "accepted_suggestions",
    "override_reason_code", "override_reason_system", "user_comment", "card_known", "rules", "indicator", "knowledge",
)  # fmt: skip
# What a spreadsheet takes for the beginning of a formula; the last two are how some skip over to one.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def about_an_own_card() -> ColumnElement[bool]:
    """The condition that a shown card is the one of a feedback entry.

    A client speaks about cards that it received (reliability.md 1.6, API1): another client's card is to it a card that
    does not exist. A card from a time when nobody was asked who calls is anyone's.
    """
    shown = shown_card_table.c
    mine = or_(shown.client.is_(None), shown.client == feedback_table.c.client)
    return and_(shown.uuid == feedback_table.c.card, mine)


async def read_feedback(store: Store, period: Period, comments: bool) -> AsyncIterator[dict[str, Any]]:
    """The entries received in `period`, oldest first, with the members COLUMNS; a few hundred in memory at a time.

    `comments`: whether the clinicians' free text is among them. `card_known` says whether this service showed the card
    to the client that reports about it; else `rules` is empty, `indicator` and `knowledge` are None.
    Raises StoreUnavailable.
    """
    shown = shown_card_table.c
    query = select(
        feedback_table, shown.uuid.label("shown"), shown.rules, shown.indicator, shown.knowledge
    ).select_from(feedback_table.outerjoin(shown_card_table, about_an_own_card()))
    query = query.where(*period.conditions(feedback_table.c.received_at)).order_by(feedback_table.c.id).limit(_PAGE)
    last = 0
    while True:
        rows = await store.read(query.where(feedback_table.c.id > last))
        for row in rows:
            yield _entry(row, comments)
        if len(rows) < _PAGE:
            return
        last = rows[-1]["id"]


def columns(comments: bool) -> Sequence[str]:
    """The members of an exported entry."""
    return tuple(name for name in COLUMNS if comments or name != "user_comment")


def csv_line(cells: Sequence[object]) -> str:
    """One line of RFC 4180; a cell that a spreadsheet would calculate gets an apostrophe in front.

    Lists are written with blanks between their members, None as nothing.
    """
    line = io.StringIO()
    csv.writer(line).writerow([_cell(cell) for cell in cells])
    return line.getvalue()


def _cell(cell: object) -> str:
    if isinstance(cell, list | tuple):
        cell = " ".join(str(part) for part in cell)
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _entry(row: Mapping[Any, Any], comments: bool) -> dict[str, Any]:
    received: datetime = row["received_at"]
    # SQLite keeps UTC without saying so.
    received = received.replace(tzinfo=UTC) if received.tzinfo is None else received.astimezone(UTC)
    known = row["shown"] is not None
    made = {
        "received_at": received.isoformat(timespec="seconds"),
        "card_known": known,
        "rules": row["rules"] if known else [],
    }
    return {name: made.get(name, row.get(name)) for name in columns(comments)}
