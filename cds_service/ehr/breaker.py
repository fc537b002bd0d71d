"""A circuit breaker for each FHIR base: a server that keeps failing is left alone for a while (reliability.md 1.7)."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from cds_service.ehr.allow_list import BaseUrl

FAILURES = 5
WINDOW_SECONDS = 10.0
OPEN_SECONDS = 15.0


@dataclass(slots=True)
class _Circuit:
    failures: deque[float] = field(default_factory=lambda: deque(maxlen=FAILURES))
    opened: bool = False
    closed_until: float = 0.0


class Breaker:
    """Five failed requests within 10 s close the way to a base for 15 s; then one request tries, and decides.

    A request counts once, however many calls it makes. Only bases of the allow list come here, so this stays small.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` gives seconds that never go back."""
        self._clock = clock
        self._circuits: dict[BaseUrl, _Circuit] = {}

    def admits(self, base: BaseUrl) -> bool:
        """Whether a request may call `base` now; after the pause only the first one may, until it has reported."""
        circuit = self._circuits.get(base)
        if circuit is None or not circuit.opened:
            return True
        now = self._clock()
        if now < circuit.closed_until:
            return False
        circuit.closed_until = now + OPEN_SECONDS
        return True

    def report(self, base: BaseUrl, failed: bool) -> None:
        """What a request met: `failed` when the server did not answer or answered 5xx (401, 403, 404 are answers)."""
        if not failed:
            self._circuits.pop(base, None)
            return
        circuit = self._circuits.setdefault(base, _Circuit())
        now = self._clock()
        circuit.failures.append(now)
        if circuit.opened or (len(circuit.failures) == FAILURES and now - circuit.failures[0] <= WINDOW_SECONDS):
            circuit.opened = True
            circuit.closed_until = now + OPEN_SECONDS

    def open_bases(self) -> frozenset[BaseUrl]:
        """The bases that are left alone, or on trial, now."""
        return frozenset(base for base, circuit in self._circuits.items() if circuit.opened)
