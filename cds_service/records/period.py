"""Period: the days of the site that an export is limited to."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Column, ColumnElement

_DAY = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Period:
    """From the day `since` to the day `until`, both included, in the site's IANA `time_zone`; None: no limit."""

    since: date | None
    until: date | None
    time_zone: str

    def conditions(self, column: "Column[datetime]") -> list[ColumnElement[bool]]:
        """What a query has to ask of `column`, which holds UTC times."""
        # SQLite compares times as text, and some stand there without fractions: limits never fall on a whole second.
        limits: list[ColumnElement[bool]] = []
        if self.since is not None:
            limits.append(column > self._begin(self.since) - _INSTANT)
        if self.until is not None:
            limits.append(column <= self._begin(self.until + _DAY) - _INSTANT)
        return limits

    def _begin(self, day: date) -> datetime:
        return datetime.combine(day, time(), ZoneInfo(self.time_zone)).astimezone(UTC)
