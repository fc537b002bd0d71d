"""ReplayGuard: every client token is taken once, across all workers on one data base (JWT-11, decision 25).

Kept are a hash of issuer and jti and the second it expires; nothing else of a token.
"""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from cds_service.errors import StoreUnavailable, Unauthenticated
from cds_service.records.storage import Store, token_id_table

_STORE_SECONDS = 1.0
_PAUSE_SECONDS = 5.0
_PURGE_SECONDS = 60.0
_NEVER = float("-inf")


@dataclass(slots=True)
class ReplayGuard:
    """Remembers token ids in the store, and in this process for the time that the store cannot be asked.

    `wall` gives seconds since the epoch, `clock` seconds that never go back. `degraded` counts tokens that only this
    process remembers (docs/decisions/0010).
    """

    store: Store = field(repr=False)
    wall: Callable[[], float]
    clock: Callable[[], float]
    degraded: int = 0
    _seen: dict[str, int] = field(default_factory=dict, repr=False)
    _purged: float = _NEVER
    _store_rests_until: float = _NEVER

    async def take(self, issuer: str, jti: str, expires: int) -> bool:
        """Take a token id for the first time; `expires` in seconds since the epoch.

        True when the store remembers it, False when only this process does. Raises Unauthenticated when it was taken
        before.
        """
        token_id = hashlib.sha256(f"{len(issuer)}:{issuer}{jti}".encode()).hexdigest()
        due = self._forget_expired()
        if token_id in self._seen:
            raise Unauthenticated("replayed")
        self._seen[token_id] = expires
        if self.clock() < self._store_rests_until:
            self.degraded += 1
            return False
        try:
            async with asyncio.timeout(_STORE_SECONDS):
                first = await self.store.insert_new(token_id_table, {"token_id": token_id, "expires": expires})
                if due:
                    await self.store.delete_before(token_id_table, token_id_table.c.expires, int(self.wall()))
        except (StoreUnavailable, TimeoutError):
            # A store that is away must not take the service with it; without this pause every call would wait for it.
            self._store_rests_until = self.clock() + _PAUSE_SECONDS
            self.degraded += 1
            return False
        if not first:
            raise Unauthenticated("replayed")
        return True

    def _forget_expired(self) -> bool:
        """Forget what nobody takes any more, once a minute; whether it was done now."""
        if self.clock() - self._purged < _PURGE_SECONDS:
            return False
        self._purged = self.clock()
        now = self.wall()
        self._seen = {token_id: expires for token_id, expires in self._seen.items() if expires > now}
        return True
