"""ReplayGuard: every client token is taken once, across all workers on one data base (JWT-11, decision 25).

Kept are a hash of issuer and jti and the second it expires; nothing else of a token.
"""

import asyncio
import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from cds_service.errors import StoreUnavailable, Unauthenticated
from cds_service.records.storage import Store, token_id_table

_STORE_SECONDS = 2.0
_PAUSE_SECONDS = 5.0
_PURGE_SECONDS = 60.0
_NEVER = float("-inf")


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A token id that is to be stored; the answer says whether it was new."""

    token_id: str
    expires: int
    answer: "asyncio.Future[bool]"


@dataclass(slots=True)
class ReplayGuard:
    """Remembers token ids in the store, and in this process for the time that the store cannot be asked.

    `wall` gives seconds since the epoch, `clock` seconds that never go back. `degraded` counts tokens that only this
    process remembers (docs/decisions/0010). Ids that come while others are written go into the next transaction
    together: under load a transaction each would be the slowest part of a request.
    """

    store: Store = field(repr=False)
    wall: Callable[[], float]
    clock: Callable[[], float]
    degraded: int = 0
    _seen: dict[str, int] = field(default_factory=dict, repr=False)
    _waiting: list[_Waiting] = field(default_factory=list, repr=False)
    _writer: asyncio.Task[None] | None = field(default=None, repr=False)
    _purged: float = _NEVER
    _store_rests_until: float = _NEVER

    async def take(self, issuer: str, jti: str, expires: int) -> bool:
        """Take a token id for the first time; `expires` in seconds since the epoch.

        True when the store remembers it, False when only this process does. Raises Unauthenticated when it was taken
        before.
        """
        token_id = hashlib.sha256(f"{len(issuer)}:{issuer}{jti}".encode()).hexdigest()
        if token_id in self._seen:
            raise Unauthenticated("replayed")
        self._seen[token_id] = expires
        if self.clock() < self._store_rests_until:
            self.degraded += 1
            return False
        try:
            async with asyncio.timeout(_STORE_SECONDS):
                first = await self._stored(token_id, expires)
        except (StoreUnavailable, TimeoutError):
            # A store that is away must not take the service with it; without this pause every call would wait for it.
            self._store_rests_until = self.clock() + _PAUSE_SECONDS
            self.degraded += 1
            return False
        if not first:
            raise Unauthenticated("replayed")
        return True

    async def close(self) -> None:
        """Wait for what is being written."""
        if self._writer is not None:
            await self._writer

    def _stored(self, token_id: str, expires: int) -> "asyncio.Future[bool]":
        loop = asyncio.get_running_loop()
        waiting = _Waiting(token_id, expires, loop.create_future())
        self._waiting.append(waiting)
        if self._writer is None or self._writer.done():
            self._writer = loop.create_task(self._write())
        return waiting.answer

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            rows = [{"token_id": one.token_id, "expires": one.expires} for one in batch]
            try:
                new = await self.store.insert_new(token_id_table, rows)
            except StoreUnavailable as away:
                for one in batch:
                    if not one.answer.done():
                        one.answer.set_exception(away)
                continue
            for one in batch:
                if not one.answer.done():
                    one.answer.set_result(one.token_id in new)
            await self._forget_expired()

    async def _forget_expired(self) -> None:
        """Forget, once a minute, what nobody takes any more."""
        if self.clock() - self._purged < _PURGE_SECONDS:
            return
        self._purged = self.clock()
        now = self.wall()
        self._seen = {token_id: expires for token_id, expires in self._seen.items() if expires > now}
        with suppress(StoreUnavailable):
            await self.store.delete_before(token_id_table, token_id_table.c.expires, int(now))
