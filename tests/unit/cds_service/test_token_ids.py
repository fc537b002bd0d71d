"""A token is taken once, and a data base that is away does not lock every client out (JWT-11, decision 0010)."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Table

from cds_service.errors import StoreUnavailable, Unauthenticated
from cds_service.records.storage import Store, open_store
from cds_service.records.token_ids import ReplayGuard

pytestmark = pytest.mark.checklist("JWT-11")
NOW = 1_800_000_000


class LostStore(Store):
    """A data base that is away."""

    def __init__(self) -> None:
        self.asked = 0

    async def insert_new(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> frozenset[Any]:
        self.asked += 1
        raise StoreUnavailable("away")

    async def delete_before(self, table: Table, column: Column[int], limit: int) -> int:
        raise StoreUnavailable("away")


class CountingStore(Store):
    """A data base, and how many rows each transaction brought."""

    def __init__(self, store: Store, written: list[int]) -> None:
        self.store = store
        self.written = written

    async def insert_new(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> frozenset[Any]:
        self.written.append(len(rows))
        return await self.store.insert_new(table, rows)

    async def delete_before(self, table: Table, column: Column[int], limit: int) -> int:
        return await self.store.delete_before(table, column, limit)


class Clock:
    """Seconds that the test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def wall(self) -> float:
        return NOW + self.now

    def steady(self) -> float:
        return self.now


@asynccontextmanager
async def guards(folder: Path, clock: Clock, number: int) -> Any:
    """So many workers on one data base."""
    async with open_store(f"sqlite:///{folder / 'test.sqlite3'}") as store:
        yield [ReplayGuard(store, clock.wall, clock.steady) for _ in range(number)]


async def taken(guard: ReplayGuard, jti: str, issuer: str = "iss") -> bool:
    try:
        await guard.take(issuer, jti, NOW + 300)
    except Unauthenticated:
        return False
    return True


def test_one_of_two_workers_takes_a_token(tmp_path: Path) -> None:
    async def story() -> None:
        async with guards(tmp_path, Clock(), 2) as (one, other):
            results = await asyncio.gather(*(taken(guard, "a") for guard in (one, other) * 5))
            assert sum(results) == 1
            assert await taken(other, "b")
            assert await taken(other, "a", issuer="another issuer"), "a jti is the issuer's own"

    asyncio.run(story())


def test_ids_are_kept_until_their_token_has_expired_and_no_longer(tmp_path: Path) -> None:
    async def story() -> None:
        clock = Clock()
        async with guards(tmp_path, clock, 2) as (one, other):
            assert await taken(one, "a")
            clock.now = 299
            assert not await taken(other, "a")
            clock.now = 400
            assert await taken(other, "b"), "the purge comes with the first token of a minute"
            assert not await taken(one, "a"), "this process still remembers it"
            assert await taken(one, "c"), "and forgets with its next token"
            assert await taken(one, "a"), "nothing is kept of a token that nobody takes any more"

    asyncio.run(story())


def test_tokens_that_come_together_share_a_transaction(tmp_path: Path) -> None:
    async def story() -> None:
        async with open_store(f"sqlite:///{tmp_path / 'test.sqlite3'}") as store:
            clock, written = Clock(), []
            guard = ReplayGuard(CountingStore(store, written), clock.wall, clock.steady)
            assert all(await asyncio.gather(*(taken(guard, f"jti-{number}") for number in range(50))))
            assert sum(written) == 50
            assert len(written) <= 2

    asyncio.run(story())


def test_without_the_store_each_worker_still_takes_a_token_once() -> None:
    async def story() -> None:
        clock, store = Clock(), LostStore()
        guard = ReplayGuard(store, clock.wall, clock.steady)
        assert not await guard.take("iss", "a", NOW + 300), "only this process remembers"
        assert not await taken(guard, "a")
        assert (guard.degraded, store.asked) == (1, 1)

    asyncio.run(story())


def test_a_store_that_is_away_is_left_alone_for_five_seconds() -> None:
    """Otherwise every call would wait for it."""

    async def story() -> None:
        clock, store = Clock(), LostStore()
        guard = ReplayGuard(store, clock.wall, clock.steady)
        for number in range(10):
            assert await taken(guard, f"jti-{number}")
        assert store.asked == 1
        clock.now = 6
        assert await taken(guard, "later")
        assert store.asked == 2

    asyncio.run(story())
