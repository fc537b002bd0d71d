"""At most one retry of a GET, only where it may help, and few of them in a minute (reliability.md 1.7)."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from cds_service.ehr.allow_list import BaseUrl
from cds_service.ehr.outbound import NotConnected, OutboundError, Refused

WINDOW_SECONDS = 60.0
SHARE = 0.1
FLOOR = 3
LONGEST_PAUSE = 0.5
_PAUSE = 0.1
_TOO_MANY_REQUESTS = 429
_PASSING = frozenset({502, 503})


def pause_before_retry(error: OutboundError) -> float | None:
    """The seconds to wait before the same GET is sent once more; None when it must not be.

    It may be after a refused connection, 502, 503, and after 429 when the server says how long to wait. A wait of more
    than half a second that the server asks for, with any status, means no.
    """
    if isinstance(error, NotConnected):
        return _PAUSE
    if not isinstance(error, Refused):
        return None
    asked = error.retry_after
    if asked is not None:
        may_pass = error.status in _PASSING or error.status == _TOO_MANY_REQUESTS
        return asked if may_pass and asked <= LONGEST_PAUSE else None
    return _PAUSE if error.status in _PASSING else None


@dataclass(slots=True)
class _LastMinute:
    calls: deque[float] = field(default_factory=deque)
    retries: deque[float] = field(default_factory=deque)


class RetryBudget:
    """For each base at most one retry to ten calls of the last minute, and three where that is fewer.

    A server in trouble is not helped by twice the calls. Only bases of the allow list come here, so this stays small.
    `granted` counts the retries of all bases.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` gives seconds that never go back."""
        self._clock = clock
        self._bases: dict[BaseUrl, _LastMinute] = {}
        self.granted = 0

    def count_call(self, base: BaseUrl) -> None:
        """A call to `base` is made that is no retry."""
        minute = self._last_minute(base)
        minute.calls.append(self._clock())

    def take(self, base: BaseUrl) -> bool:
        """Whether one more retry to `base` fits the budget; then it is counted."""
        minute = self._last_minute(base)
        if len(minute.retries) + 1 > max(FLOOR, SHARE * len(minute.calls)):
            return False
        minute.retries.append(self._clock())
        self.granted += 1
        return True

    def _last_minute(self, base: BaseUrl) -> _LastMinute:
        minute = self._bases.setdefault(base, _LastMinute())
        begin = self._clock() - WINDOW_SECONDS
        for times in (minute.calls, minute.retries):
            while times and times[0] <= begin:
                times.popleft()
        return minute
