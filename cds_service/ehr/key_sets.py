"""KeySets: the published keys of CDS Clients, fetched once, kept, and refreshed behind the requests (SEC-8, JWT-18).

Only URLs of the table of trusted clients come here (JWT-10): an issuer is looked up before anything is fetched.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from cds_service.ehr.json_web_keys import Keys, PublicKey, UnusableKeySet, read_key_set
from cds_service.ehr.outbound import Outbound, OutboundError
from cds_service.errors import Unauthenticated

FETCH_SECONDS = 2.0
FRESH_SECONDS = 600.0
KEPT_SECONDS = 24 * 3600.0
_UNKNOWN_KID_SECONDS = 60.0
_RETRY_SECONDS = 5.0
_LARGEST_BODY = 64 * 1024
_ACCEPT = {"Accept": "application/jwk-set+json, application/json;q=0.9"}
_NEVER = float("-inf")


@dataclass(slots=True)
class _Held:
    keys: Keys | None = None
    fetched: float = _NEVER
    tried: float = _NEVER
    asked_for_kid: float = _NEVER
    running: asyncio.Task[None] | None = None


@dataclass(frozen=True, slots=True)
class KeySets:
    """What is known of each key-set URL; lives as long as the process. `clock` gives seconds that never go back.

    A set is used for 10 minutes, then used on while it is fetched anew behind the requests, for a day at most when its
    host is down. A kid that is not in it makes one fetch a minute at most.
    """

    outbound: Outbound = field(repr=False)
    clock: Callable[[], float]
    _sets: dict[str, _Held] = field(default_factory=dict)

    async def find(self, url: str, kid: str, algorithm: str) -> PublicKey:
        """The key of this id at `url`; raises Unauthenticated when it is not there or cannot be fetched."""
        held = self._sets.setdefault(url, _Held())
        age = self.clock() - held.fetched
        if age > KEPT_SECONDS:
            await self._refresh(url, held, _RETRY_SECONDS)
            if self.clock() - held.fetched > KEPT_SECONDS:
                raise Unauthenticated("keys-unavailable")
        elif age > FRESH_SECONDS:
            self._start(url, held, _UNKNOWN_KID_SECONDS)
        key = self._known(held, kid, algorithm)
        if key is None and self.clock() - held.asked_for_kid >= _UNKNOWN_KID_SECONDS and age <= KEPT_SECONDS:
            held.asked_for_kid = self.clock()
            await self._refresh(url, held, 0.0)
            key = self._known(held, kid, algorithm)
        if key is None:
            raise Unauthenticated("key")
        return key

    def prefetch(self, urls: Iterable[str]) -> None:
        """Begin to fetch sets before they are needed; nobody waits for it."""
        for url in urls:
            self._start(url, self._sets.setdefault(url, _Held()), 0.0)

    async def close(self) -> None:
        """End what is being fetched."""
        running = [held.running for held in self._sets.values() if held.running is not None]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    @staticmethod
    def _known(held: _Held, kid: str, algorithm: str) -> PublicKey | None:
        return None if held.keys is None else held.keys.find(kid, algorithm)

    async def _refresh(self, url: str, held: _Held, at_most_every: float) -> None:
        """Wait for a fetch; requests that come meanwhile wait for the same one."""
        task = self._start(url, held, at_most_every)
        if task is not None:
            # A request that is given up must not end the fetch that others wait for.
            await asyncio.shield(task)

    def _start(self, url: str, held: _Held, at_most_every: float) -> asyncio.Task[None] | None:
        if held.running is not None and not held.running.done():
            return held.running
        if self.clock() - held.tried < at_most_every:
            return None
        held.tried = self.clock()
        held.running = asyncio.get_running_loop().create_task(self._fetch(url, held))
        return held.running

    async def _fetch(self, url: str, held: _Held) -> None:
        """Take the set at `url`; what was known stays when it cannot be had."""
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                body = await self.outbound.get(url, _ACCEPT)
            if len(body) > _LARGEST_BODY:
                return
            held.keys = read_key_set(body)
        except (OutboundError, TimeoutError, UnusableKeySet):
            return
        held.fetched = self.clock()
