"""FhirTraffic: what bounds the calls to every FHIR base, kept for the whole process (reliability.md 1.7)."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from cds_service.ehr.allow_list import BaseUrl
from cds_service.ehr.breaker import Breaker
from cds_service.ehr.retries import RetryBudget

CALLS_AT_ONCE = 20


class Bulkhead:
    """At most so many calls at once to one base; others wait for their turn, in the order they came.

    One base that hangs holds its own places and nobody else's. Lives in one event loop. Only bases of the allow list
    come here, so this stays small.
    """

    def __init__(self, calls_at_once: int = CALLS_AT_ONCE) -> None:
        self._calls_at_once = calls_at_once
        self._places: dict[BaseUrl, asyncio.Semaphore] = {}

    def place(self, base: BaseUrl) -> asyncio.Semaphore:
        """To be held (`async with`) during a call to `base`; the caller's deadline bounds the wait."""
        return self._places.setdefault(base, asyncio.Semaphore(self._calls_at_once))


Fetched = Callable[[str, str, float], None]
"""Is told of every read: prefetch key, outcome (ok or what went wrong), seconds."""


def _nobody_asks(_key: str, _outcome: str, _seconds: float) -> None:
    """Forget it."""


@dataclass(frozen=True, slots=True)
class FhirTraffic:
    """The three guards of every base: who may call now, how many at once, how often again; `fetched` counts."""

    breaker: Breaker
    bulkhead: Bulkhead = field(repr=False)
    retries: RetryBudget = field(repr=False)
    fetched: Fetched = field(default=_nobody_asks, repr=False)


def fhir_traffic(clock: Callable[[], float], fetched: Fetched = _nobody_asks) -> FhirTraffic:
    """Guards that have seen nothing yet; `clock` gives seconds that never go back, `fetched` is told of every read."""
    return FhirTraffic(Breaker(clock), Bulkhead(), RetryBudget(clock), fetched)
