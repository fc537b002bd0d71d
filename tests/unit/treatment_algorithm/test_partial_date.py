"""Dates as charts have them: what is missing makes an answer unknown only where it decides."""

from datetime import date

import pytest

from treatment_algorithm.partial_date import (
    PartialDate,
    on_or_after,
    on_or_before,
    parse_date,
    within_days,
    years_between,
)
from treatment_algorithm.truth import Truth

YES, NO, UNKNOWN = Truth.YES, Truth.NO, Truth.UNKNOWN
TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2019", PartialDate(2019)),
        ("2019-05", PartialDate(2019, 5)),
        ("2019-05-01", PartialDate(2019, 5, 1)),
        ("2019-05-01T23:30:00-11:00", PartialDate(2019, 5, 1)),
        ("2024-02-29", PartialDate(2024, 2, 29)),
        (" 2019 ", PartialDate(2019)),
    ],
)
def test_a_fhir_date_is_read_to_the_precision_it_has(text: str, expected: PartialDate) -> None:
    assert parse_date(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "2023-02-29",
        "2019-13",
        "2019-00",
        "2019-00-01",
        "2019-05-00",
        "0000",
        "19-05-01",
        "2019-5-1",
        "May 2019",
        "2019-05-01x",
        "٢٠١٩",
    ],
)
def test_what_is_no_date_is_none(text: str | None) -> None:
    assert parse_date(text) is None


@pytest.mark.parametrize(
    ("moment", "earliest", "latest"),
    [
        (PartialDate(2024), date(2024, 1, 1), date(2024, 12, 31)),
        (PartialDate(2024, 2), date(2024, 2, 1), date(2024, 2, 29)),
        (PartialDate(2023, 2), date(2023, 2, 1), date(2023, 2, 28)),
        (PartialDate(2023, 2, 7), date(2023, 2, 7), date(2023, 2, 7)),
    ],
)
def test_a_date_means_every_day_that_it_leaves_open(moment: PartialDate, earliest: date, latest: date) -> None:
    assert (moment.earliest, moment.latest) == (earliest, latest)


@pytest.mark.parametrize(
    ("moment", "words"),
    [(PartialDate(2026, 11, 2), "2 Nov 2026"), (PartialDate(2026, 11), "Nov 2026"), (PartialDate(2026), "2026")],
)
def test_a_date_is_written_as_cards_write_it(moment: PartialDate, words: str) -> None:
    assert str(moment) == words


@pytest.mark.parametrize(
    ("moment", "after", "before"),
    [
        (PartialDate(2026, 5, 15), YES, YES),
        (PartialDate(2026, 5, 14), NO, YES),
        (PartialDate(2026, 5, 16), YES, NO),
        (PartialDate(2026, 5), UNKNOWN, UNKNOWN),
        (PartialDate(2026, 4), NO, YES),
        (PartialDate(2026, 6), YES, NO),
        (PartialDate(2026), UNKNOWN, UNKNOWN),
        (PartialDate(2025), NO, YES),
        (None, UNKNOWN, UNKNOWN),
    ],
)
def test_a_comparison_is_unknown_only_where_the_missing_part_decides(
    moment: PartialDate | None, after: Truth, before: Truth
) -> None:
    limit = date(2026, 5, 15)
    assert (on_or_after(moment, limit), on_or_before(moment, limit)) == (after, before)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (PartialDate(2026, 11, 22), YES),
        (PartialDate(2026, 8, 24), YES),  # 90 days ago
        (PartialDate(2026, 8, 23), NO),  # 91 days ago
        (PartialDate(2026, 11, 23), NO),  # tomorrow
        (PartialDate(2027), NO),
        (PartialDate(2026, 10), YES),
        (PartialDate(2026, 8), UNKNOWN),
        (PartialDate(2026, 11), YES),  # has begun
        (PartialDate(2026), UNKNOWN),
        (PartialDate(2025), NO),
        (None, UNKNOWN),
    ],
)
def test_within_ninety_days_counts_the_ninetieth_and_no_day_to_come(
    moment: PartialDate | None, expected: Truth
) -> None:
    assert within_days(moment, 90, TODAY) is expected


def test_more_days_than_the_calendar_has_are_the_whole_past() -> None:
    assert within_days(PartialDate(1), 10**6, TODAY) is YES


@pytest.mark.parametrize(
    ("birth", "day", "years"),
    [
        (date(2008, 11, 22), TODAY, 18),
        (date(2008, 11, 23), TODAY, 17),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
    ],
)
def test_a_year_is_completed_on_the_birthday(birth: date, day: date, years: int) -> None:
    assert years_between(birth, day) == years
