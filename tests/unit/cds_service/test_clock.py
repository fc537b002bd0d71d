"""Today is the calendar day where the site is, whatever the zone of the machine."""

from datetime import UTC, date, datetime, tzinfo

import pytest

from cds_service import clock


class _LateEvening(datetime):
    """An hour before midnight in UTC."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "_LateEvening":
        return cls(2026, 2, 28, 23, 0, tzinfo=UTC).astimezone(tz)


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("UTC", date(2026, 2, 28)),
        ("Europe/Zurich", date(2026, 3, 1)),
        ("Pacific/Auckland", date(2026, 3, 1)),
        ("America/Chicago", date(2026, 2, 28)),
    ],
)
def test_today_is_the_day_at_the_site(zone: str, day: date, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "datetime", _LateEvening)
    assert clock.site_clock(zone)() == day
