"""The queue of the decision log: what fits is written, what does not is counted, nothing is written twice."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from sqlalchemy import Table

from cds_service.errors import StoreUnavailable
from cds_service.records import decision_log
from cds_service.records.decision_log import DecisionLog
from cds_service.records.decision_record import DecisionRecord
from cds_service.records.storage import Store, decision_table


def record(number: int) -> DecisionRecord:
    return DecisionRecord(
        at="2026-11-22T09:00:00+00:00", service="s", hook="patient-view", hook_instance=str(number), patient="p",
        user="u", outcome="decided", software="0", knowledge="1.0.0", knowledge_hash="h", timings={},
    )  # fmt: skip


def broken() -> DecisionRecord:
    raise AttributeError("a decision of a shape that nobody expected")


class SlowStore(Store):
    """A data base that waits until it is let go, and can be away."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.away = False
        self.tried = 0
        self.tried_twice = asyncio.Event()
        self.rows: list[str] = []

    async def insert_all(self, rows: Mapping[Table, Sequence[Mapping[str, Any]]]) -> None:
        self.tried += 1
        if self.tried == 2:
            self.tried_twice.set()
        await self.go.wait()
        if self.away:
            raise StoreUnavailable("away")
        self.rows += [row["hook_instance"] for row in rows[decision_table]]


async def put(log: DecisionLog, *numbers: int) -> None:
    for number in numbers:
        await log.put(lambda number=number: record(number), 0.0)  # type: ignore[misc]  # the number of its own turn


def test_an_answer_does_not_wait_for_its_record() -> None:
    async def story() -> None:
        store = SlowStore()
        log = DecisionLog(store, "background")
        log.start()
        await asyncio.wait_for(put(log, 1, 2, 3), 1)
        assert (log.depth, store.rows) == (3, [])
        store.go.set()
        await log.close()
        assert (log.depth, log.dropped, log.written, store.rows) == (0, 0, 3, ["1", "2", "3"])

    asyncio.run(story())


def test_what_does_not_fit_is_dropped_and_counted() -> None:
    async def story() -> None:
        store = SlowStore()
        log = DecisionLog(store, "background", limit=2)
        await put(log, 1, 2, 3, 4)
        assert (log.depth, log.dropped) == (2, 2)
        store.go.set()
        log.start()
        await log.close()
        assert store.rows == ["1", "2"]

    asyncio.run(story())


def test_records_wait_while_the_store_is_away_and_are_written_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decision_log, "_RETRY_SECONDS", 0.0)

    async def story() -> None:
        store = SlowStore()
        store.go.set()
        store.away = True
        log = DecisionLog(store, "background")
        log.start()
        await put(log, 1, 2)
        await asyncio.wait_for(store.tried_twice.wait(), 5)
        assert log.depth == 2
        store.away = False
        await log.close()
        assert (store.rows, log.dropped) == (["1", "2"], 0)

    asyncio.run(story())


def test_a_store_that_stays_away_does_not_hold_up_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decision_log, "_LAST_SECONDS", 0.05)

    async def story() -> None:
        log = DecisionLog(SlowStore(), "background")
        log.start()
        await put(log, 1, 2)
        await log.close()
        assert (log.depth, log.dropped) == (0, 2)

    asyncio.run(story())


def test_a_record_that_cannot_be_made_does_not_end_the_record_of_the_others() -> None:
    async def story() -> None:
        store = SlowStore()
        store.go.set()
        log = DecisionLog(store, "background")
        log.start()
        await put(log, 1)
        await log.put(broken, 0.0)
        await put(log, 2)
        await log.close()
        assert (store.rows, log.dropped) == (["1", "2"], 1)

    asyncio.run(story())
