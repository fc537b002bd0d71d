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
        self.took = asyncio.Event()
        self.rows: list[str] = []

    async def insert_all(self, rows: Mapping[Table, Sequence[Mapping[str, Any]]]) -> None:
        self.tried += 1
        if self.tried == 2:
            self.tried_twice.set()
        await self.go.wait()
        if self.away:
            raise StoreUnavailable("away")
        self.rows += [row["hook_instance"] for row in rows[decision_table]]
        self.took.set()


async def put(log: DecisionLog, *numbers: int, answer_by: float = 0.0) -> None:
    for number in numbers:
        await log.put(lambda number=number: record(number), answer_by)  # type: ignore[misc]  # the number of its turn


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


def test_a_full_queue_makes_calls_wait_for_their_place() -> None:
    async def story() -> None:
        store = SlowStore()
        log = DecisionLog(store, "background", limit=2)
        log.start()
        in_time = asyncio.get_running_loop().time() + 60
        await put(log, 1, 2, answer_by=in_time)
        others = [asyncio.create_task(put(log, number, answer_by=in_time)) for number in (3, 4, 5)]
        assert not (await asyncio.wait(others, timeout=0.05))[0]
        store.go.set()
        await asyncio.wait_for(asyncio.gather(*others), 1)
        await log.close()
        assert (store.rows, log.dropped, log.written) == (["1", "2", "3", "4", "5"], 0, 5)

    asyncio.run(story())


def test_the_wait_for_a_place_ends_before_the_answer_is_due_and_no_other_call_waits_then() -> None:
    async def story() -> None:
        store = SlowStore()
        log = DecisionLog(store, "background", limit=1)
        log.start()
        loop = asyncio.get_running_loop()
        await put(log, 1)
        await asyncio.wait_for(put(log, 2, answer_by=loop.time() + 0.05), 1)
        await asyncio.wait_for(put(log, 3, answer_by=loop.time() + 60), 0.5)
        assert (log.dropped, log.depth) == (2, 1)
        store.go.set()
        await log.close()
        assert store.rows == ["1"]

    asyncio.run(story())


def test_no_call_waits_while_the_store_is_away_and_calls_wait_again_when_it_is_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(decision_log, "_RETRY_SECONDS", 0.0)

    async def story() -> None:
        store = SlowStore()
        store.go.set()
        store.away = True
        log = DecisionLog(store, "background", limit=1)
        log.start()
        await put(log, 1)
        await asyncio.wait_for(store.tried_twice.wait(), 5)
        in_time = asyncio.get_running_loop().time() + 60
        await asyncio.wait_for(put(log, 2, answer_by=in_time), 0.5)
        assert log.dropped == 1
        store.away = False
        await asyncio.wait_for(store.took.wait(), 5)
        store.go.clear()
        await put(log, 3, answer_by=in_time)
        waits = asyncio.create_task(put(log, 4, answer_by=in_time))
        assert not (await asyncio.wait([waits], timeout=0.05))[0]
        store.go.set()
        await waits
        await log.close()
        assert (store.rows, log.dropped) == (["1", "3", "4"], 1)

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
