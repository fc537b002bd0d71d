"""The one clock of the product: the site's calendar day (decision 9); everything pure gets `today` passed in."""

from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo


def site_clock(time_zone: str) -> Callable[[], date]:
    """The calendar day in an IANA time zone, asked anew at each call."""
    zone = ZoneInfo(time_zone)
    return lambda: datetime.now(zone).date()  # noqa: TID251  the one clock
