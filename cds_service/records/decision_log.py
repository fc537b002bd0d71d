"""DecisionLog: every hook call on record, written after the answer through a bounded queue (decision 25).

`strict` writes before the answer: then a call that cannot be put on record is not answered.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Literal

from sqlalchemy import ColumnElement, select

from cds_service.errors import StoreUnavailable
from cds_service.records.decision_record import DecisionRecord, decode_record, encode_record
from cds_service.records.storage import Store, decision_table, shown_card_table

QUEUE_LIMIT = 1_000
BATCH_LIMIT = 250
_RETRY_SECONDS = 1.0
_LAST_SECONDS = 10.0
_SHORTEST_SECONDS = 0.1
_PUSH_BACK_SECONDS = 2.0
_PAGE = 500
MakeRecord = Callable[[], DecisionRecord]


@dataclass(frozen=True, slots=True)
class Entry:
    """One call as it is stored: its row, and the rows of its cards."""

    decision: Mapping[str, object]
    cards: Sequence[Mapping[str, object]]


class DecisionLog:
    """What is to be put on record; `run` writes it, `close` writes the rest.

    A full queue pushes back: a call waits for a place while the store takes what is written. Records wait here while
    the store is away, and then no call waits: what does not fit any more is dropped, counted in `dropped` and visible
    as a metric.
    """

    def __init__(self, store: Store, mode: Literal["background", "strict"], limit: int = QUEUE_LIMIT) -> None:
        self._store = store
        self._mode = mode
        self._places = asyncio.Semaphore(limit)
        self._unmade = 0
        self._waiting: deque[Entry] = deque()
        self._filled = asyncio.Event()
        self._store_takes = True
        self._closing = False
        self._late: set[asyncio.Task[None]] = set()
        self._writer: asyncio.Task[None] | None = None
        self.dropped = 0
        self.written = 0

    @property
    def depth(self) -> int:
        """How many records wait."""
        return self._unmade + len(self._waiting)

    async def put(self, make: MakeRecord, answer_by: float) -> None:
        """Take one call; the record itself is made after the answer, which waits only where the queue is full.

        It waits 2 s at most and no longer than until `answer_by` (seconds of the event loop's clock). With `strict` the
        record is written now, until `answer_by`: raises StoreUnavailable.
        """
        if self._mode == "strict":
            await self._written_by([_entry(make())], answer_by)
            return
        if not await self._has_place(answer_by):
            self.dropped += 1
            return
        self._unmade += 1
        # The next turn of the event loop: by then the answer is on its way.
        asyncio.get_running_loop().call_soon(self._make, make)

    def start(self) -> None:
        """Begin to write what is put."""
        self._writer = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """Write what still waits, for 10 seconds at most; what is left then is dropped and counted."""
        # What was put is made in the turn of the loop that begins here.
        await asyncio.sleep(0)
        self._closing = True
        if self._late:
            await asyncio.wait(self._late, timeout=_LAST_SECONDS)
        self._filled.set()
        if self._writer is not None:
            try:
                await asyncio.wait_for(self._writer, _LAST_SECONDS)
            except TimeoutError:
                self.dropped += len(self._waiting)
                self._waiting.clear()

    async def _has_place(self, answer_by: float) -> bool:
        if not self._places.locked():
            return await self._places.acquire()
        if not self._store_takes:
            return False
        try:
            async with asyncio.timeout_at(min(answer_by, asyncio.get_running_loop().time() + _PUSH_BACK_SECONDS)):
                return await self._places.acquire()
        except TimeoutError:
            # A store that hangs must cost one call its patience, not all of them.
            self._store_takes = False
            return False

    def _make(self, make: MakeRecord) -> None:
        self._unmade -= 1
        try:
            self._waiting.append(_entry(make()))
        except Exception:  # one record that cannot be made must not end the record of all the others
            self.dropped += 1
            self._places.release()
        else:
            self._filled.set()

    async def _written_by(self, entries: Sequence[Entry], answer_by: float) -> None:
        """Write, but wait no longer than until `answer_by`: a locked data base lets go after seconds of its own."""
        loop = asyncio.get_running_loop()
        writing = loop.create_task(self._write(entries))
        await asyncio.wait({writing}, timeout=max(answer_by - loop.time(), _SHORTEST_SECONDS))
        if writing.done():
            return writing.result()
        # Its end is not waited for: the driver's thread cannot be interrupted while it waits for the lock.
        self._late.add(writing)
        writing.add_done_callback(self._forget)
        writing.cancel()
        raise StoreUnavailable("The decision could not be put on record in time; send the request again.")

    def _forget(self, writing: asyncio.Task[None]) -> None:
        self._late.discard(writing)
        if not writing.cancelled():
            writing.exception()

    async def _run(self) -> None:
        while True:
            await self._filled.wait()
            self._filled.clear()
            while self._waiting:
                taken = list(islice(self._waiting, BATCH_LIMIT))
                await self._write_until_it_is_there(taken)
                # A record leaves the queue when it is on disk, not before.
                for _ in taken:
                    self._waiting.popleft()
                    self._places.release()
            if self._closing:
                return

    async def _write_until_it_is_there(self, entries: Sequence[Entry]) -> None:
        while True:
            try:
                await self._write(entries)
            except StoreUnavailable:
                self._store_takes = False
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                self._store_takes = True
                return

    async def _write(self, entries: Sequence[Entry]) -> None:
        await self._store.insert_all(
            {
                decision_table: [entry.decision for entry in entries],
                shown_card_table: [row for entry in entries for row in entry.cards],
            }
        )
        self.written += len(entries)


async def read_decisions(
    store: Store, hook_instance: str | None = None, wanted: Sequence[ColumnElement[bool]] = ()
) -> AsyncIterator[DecisionRecord]:
    """The recorded calls, oldest first, a few hundred in memory at a time; of one hookInstance if it is given.

    `wanted`: conditions on the table's columns that the calls must meet.
    Raises StoreUnavailable, and ValueError for a record that cannot be read.
    """
    last = 0
    while True:
        query = select(decision_table.c.id, decision_table.c.record).where(decision_table.c.id > last, *wanted)
        if hook_instance is not None:
            query = query.where(decision_table.c.hook_instance == hook_instance)
        rows = await store.read(query.order_by(decision_table.c.id).limit(_PAGE))
        for row in rows:
            yield decode_record(row["record"])
        if len(rows) < _PAGE:
            return
        last = rows[-1]["id"]


async def rules_of_shown_cards(store: Store, uuids: Collection[str]) -> Mapping[str, Sequence[str]]:
    """The ids of the rules of each card that is on record; nothing while the store is away."""
    query = select(shown_card_table.c.uuid, shown_card_table.c.rules).where(shown_card_table.c.uuid.in_(uuids))
    try:
        return {row["uuid"]: row["rules"] for row in await store.read(query)}
    except StoreUnavailable:
        return {}


def _entry(record: DecisionRecord) -> Entry:
    decision = {
        "at": datetime.fromisoformat(record.at),
        "hook_instance": record.hook_instance,
        "service": record.service,
        "client": record.client,
        "patient": record.patient,
        "outcome": record.outcome,
        "knowledge_hash": record.knowledge_hash,
        "card_count": len(record.cards),
        "record": encode_record(record),
    }
    cards = [
        {
            "uuid": card.uuid,
            "at": decision["at"],
            "service": record.service,
            "client": record.client,
            "indicator": card.indicator,
            "rules": list(card.rules),
            "knowledge": record.knowledge,
        }
        for card in record.cards
    ]
    return Entry(decision, cards)
