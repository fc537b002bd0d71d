"""Dates as charts have them: a year, a month or a day; comparisons answer with Truth."""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

from treatment_algorithm.truth import Truth

_FHIR_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ].*)?)?)?", re.ASCII)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A calendar date known to the year, the month or the day."""

    year: int
    month: int | None = None
    day: int | None = None

    @property
    def earliest(self) -> date:
        """The first day that this date can mean."""
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def latest(self) -> date:
        """The last day that this date can mean."""
        month = self.month or 12
        return date(self.year, month, self.day or calendar.monthrange(self.year, month)[1])

    def __str__(self) -> str:
        """As cards write it: '12 Nov 2026', 'Nov 2026' or '2026'."""
        if self.month is None:
            return str(self.year)
        name = _MONTHS[self.month - 1]
        return f"{name} {self.year}" if self.day is None else f"{self.day} {name} {self.year}"


def parse_date(text: str | None) -> PartialDate | None:
    """A FHIR date or dateTime (`2019`, `2019-05`, `2019-05-01T10:00:00Z`), or None if it is not one.

    The time of day and its zone are dropped: the chart's own calendar day is meant.
    """
    match = _FHIR_DATE.fullmatch(text.strip()) if text else None
    if match is None:
        return None
    year, month, day = (int(part) if part else None for part in match.groups())
    try:
        date(year or 0, 1 if month is None else month, 1 if day is None else day)
    except ValueError:
        return None
    return PartialDate(year or 0, month, day)


def on_or_after(moment: PartialDate | None, limit: date) -> Truth:
    """Whether `moment` is `limit` or later; UNKNOWN when its missing parts decide."""
    if moment is None:
        return Truth.UNKNOWN
    if moment.earliest >= limit:
        return Truth.YES
    return Truth.NO if moment.latest < limit else Truth.UNKNOWN


def on_or_before(moment: PartialDate | None, limit: date) -> Truth:
    """Whether `moment` is `limit` or earlier; UNKNOWN when its missing parts decide."""
    if moment is None:
        return Truth.UNKNOWN
    if moment.latest <= limit:
        return Truth.YES
    return Truth.NO if moment.earliest > limit else Truth.UNKNOWN


def within_days(moment: PartialDate | None, days: int, today: date) -> Truth:
    """Whether `moment` lies in the last `days` days up to `today`.

    Dates to come do not count; a month or year that has begun is taken to lie behind, as what is recorded does.
    """
    if moment is None:
        return Truth.UNKNOWN
    try:
        start = today - timedelta(days=days)
    except OverflowError:
        start = date.min
    return Truth.NO if moment.earliest > today else on_or_after(moment, start)


def years_between(birth: date, day: date) -> int:
    """Completed years from `birth` to `day`."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
