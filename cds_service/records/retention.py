"""How long records are kept, and that they are purged then: by command, and by the service once a day (decision 25)."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import Column, ColumnElement, Delete, Table, Update, and_, delete, func, select, update

from cds_service.errors import StoreUnavailable
from cds_service.observability import Logger
from cds_service.records.storage import Store, decision_table, feedback_table, shown_card_table

# A transaction each: whoever else writes waits for a few hundred rows, never for a year's.
_BATCH = 500
_FIRST_SECONDS = 60.0
_DAY_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Terms:
    """Days until a clinician's comment is blanked, and until a decision and its shown cards are deleted."""

    feedback_comment_days: int
    decision_days: int


@dataclass(frozen=True, slots=True)
class Purged:
    """How many comments were blanked (the entries stay), decisions and shown cards deleted; or would be."""

    comments: int
    decisions: int
    cards: int


async def due(store: Store, terms: Terms, now: float) -> Purged:
    """What `purge` would do now; nothing is changed. `now` in seconds since the epoch. Raises StoreUnavailable."""
    counts = [await _count(store, table, old) for table, _, _, old in _rules(terms, now)]
    return Purged(*counts)


async def purge(store: Store, terms: Terms, now: float, go_on: Callable[[], bool] = lambda: True) -> Purged:
    """Blank and delete what is past its term, in small transactions, as long as `go_on` says so.

    `now` in seconds since the epoch. Raises StoreUnavailable; what was purged until then stays purged.
    """
    counts = []
    for table, age, statement, old in _rules(terms, now):
        (key,) = table.primary_key
        batch = select(key).where(old).order_by(age).limit(_BATCH).scalar_subquery()
        total, changed = 0, _BATCH
        while changed == _BATCH and go_on():
            changed = await store.change(statement.where(key.in_(batch)))
            total += changed
        counts.append(total)
    return Purged(*counts)


@dataclass(slots=True)
class DailyPurge:
    """Purges a minute after the start and then once a day. Several workers may do so: what is gone is gone.

    It never fails the service: a store that is away is tried again the next day, and the log says so.
    """

    store: Store = field(repr=False)
    terms: Terms
    wall: Callable[[], float]
    logger: Logger
    _stopped: asyncio.Event = field(default_factory=asyncio.Event)
    _task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to wait for the first purge."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """End after the transaction that is under way."""
        self._stopped.set()
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        seconds = _FIRST_SECONDS
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), seconds)
            if self._stopped.is_set():
                return
            await self._purge()
            seconds = _DAY_SECONDS

    async def _purge(self) -> None:
        try:
            purged = await purge(self.store, self.terms, self.wall(), lambda: not self._stopped.is_set())
        except StoreUnavailable:
            self.logger.warning("purge-failed", error=StoreUnavailable.code)
        except Exception as error:  # a purge that fails in a way nobody expected must not end the service
            self.logger.error("purge-failed", exception=type(error).__name__)
        else:
            if purged == Purged(0, 0, 0):
                return
            self.logger.info("purged", comments=purged.comments, decisions=purged.decisions, cards=purged.cards)


_Rule = tuple[Table, "Column[datetime]", Delete | Update, ColumnElement[bool]]


def _rules(terms: Terms, now: float) -> tuple[_Rule, _Rule, _Rule]:
    """Table, the column of its age, what is done to it, and to which rows; in the order of Purged."""
    comments_before = _before(now, terms.feedback_comment_days)
    decisions_before = _before(now, terms.decision_days)
    feedback, decision, card = feedback_table.c, decision_table.c, shown_card_table.c
    old_comment = and_(feedback.received_at < comments_before, feedback.user_comment.is_not(None))
    return (
        (feedback_table, feedback.received_at, update(feedback_table).values(user_comment=None), old_comment),
        (decision_table, decision.at, delete(decision_table), decision.at < decisions_before),
        (shown_card_table, card.at, delete(shown_card_table), card.at < decisions_before),
    )


def _before(now: float, days: int) -> datetime:
    return datetime.fromtimestamp(now, UTC) - timedelta(days=days)


async def _count(store: Store, table: Table, condition: ColumnElement[bool]) -> int:
    (row,) = await store.read(select(func.count().label("number")).select_from(table).where(condition))
    return int(row["number"])
