"""What a bound ("> 60") answers: what lies on its far side is decided, the rest is unknown (FHIR R4, comparator)."""

import math
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.unit.treatment_algorithm.patients import Clinic, measured
from treatment_algorithm.chart_predicates import Measured
from treatment_algorithm.chart_questions import _compare

COMPARATORS = (None, "<", "<=", ">=", ">")
NUMBERS = st.integers(0, 12).map(float)
Interval = tuple[float, bool, float, bool]
"""Lowest and highest number, each with whether it belongs to the interval itself."""


@pytest.mark.parametrize(
    ("value", "comparator", "below_30", "below_60", "at_least_90"),
    [
        (60, ">", "no", "no", "unknown"),
        (60, ">=", "no", "no", "unknown"),
        (15, "<", "yes", "yes", "no"),
        (30, "<", "yes", "yes", "no"),
        (30, "<=", "unknown", "yes", "no"),
        (60, "<", "unknown", "yes", "no"),
        (90, ">", "no", "no", "yes"),
        (20, ">", "unknown", "unknown", "unknown"),
        (100, "<", "unknown", "unknown", "unknown"),
        (58, None, "no", "yes", "no"),
        (58, "ad", "unknown", "unknown", "unknown"),
    ],
)
def test_an_egfr_as_laboratories_report_it(
    clinic: Clinic, value: float, comparator: str | None, below_30: str, below_60: str, at_least_90: str
) -> None:
    fact = measured("egfr", value, comparator=comparator)
    asked: list[dict[str, Any]] = [{"below": 30}, {"below": 60}, {"at_least": 90}]
    answers = [clinic.says({"measured": {"is": "egfr"} | limit}, fact) for limit in asked]
    assert answers == [below_30, below_60, at_least_90]


@pytest.mark.parametrize(
    ("value", "comparator", "answers"),
    [
        (3, ">", {"above": "yes", "below": "no", "within": "no"}),
        (2.6, ">", {"above": "yes", "below": "no", "within": "no"}),
        (2.5, ">", {"above": "unknown", "below": "no", "within": "unknown"}),
        (2.1, "<", {"above": "no", "below": "yes", "within": "no"}),
        (2.1, "<=", {"above": "no", "below": "unknown", "within": "unknown"}),
        (2.6, "<=", {"above": "no", "below": "unknown", "within": "unknown"}),
    ],
)
def test_a_bound_against_the_range_that_came_with_it(
    clinic: Clinic, value: float, comparator: str, answers: dict[str, str]
) -> None:
    fact = measured("serum_calcium", value, comparator=comparator, low=2.1, high=2.6)
    for word, expected in answers.items():
        assert clinic.says({"measured": {"is": "serum_calcium", "range": word}}, fact) == expected, word


@pytest.mark.parametrize(
    ("value", "low", "high", "within"), [(2.7, None, 2.6, "no"), (2.0, 2.1, None, "no"), (2.4, 2.1, None, "unknown")]
)
def test_outside_one_end_of_a_range_is_not_within_it(
    clinic: Clinic, value: float, low: float | None, high: float | None, within: str
) -> None:
    fact = measured("serum_calcium", value, low=low, high=high)
    assert clinic.says({"measured": {"is": "serum_calcium", "range": "within"}}, fact) == within


def test_a_comparator_that_says_nothing_we_know_leaves_all_open(clinic: Clinic) -> None:
    fact = measured("serum_calcium", 3, comparator="ad", low=2.1, high=2.6)
    for word in ("above", "below", "within"):
        assert clinic.says({"measured": {"is": "serum_calcium", "range": word}}, fact) == "unknown"


def test_a_bound_is_on_record(clinic: Clinic) -> None:
    assert clinic.says({"on_record": "egfr"}, measured("egfr", 60, comparator=">")) == "yes"


def test_a_newer_bound_that_leaves_the_question_open_gives_way_to_the_value_before_it(clinic: Clinic) -> None:
    """The newest value that says something decides, as for a result that could not be read."""
    old, new = measured("egfr", 50, on="2026-03-01"), measured("egfr", 40, on="2026-11-01", comparator=">")
    assert clinic.says({"measured": {"is": "egfr", "below": 60}}, old, new) == "yes"
    assert clinic.says({"measured": {"is": "egfr", "below": 30}}, old, new) == "no"


def interval(value: float, comparator: str | None) -> Interval:
    """What the true value can be."""
    match comparator:
        case None:
            return value, True, value, True
        case "<" | "<=":
            return -math.inf, False, value, comparator == "<="
        case _:
            return value, comparator == ">=", math.inf, False


def asked_for(question: Measured) -> Interval:
    """The numbers for which the answer is yes."""
    low, with_low = max(
        ((question.above, False), (question.at_least, True)),
        key=lambda end: -math.inf if end[0] is None else end[0] + (0 if end[1] else 0.5),
    )
    high, with_high = min(
        ((question.below, False), (question.at_most, True)),
        key=lambda end: math.inf if end[0] is None else end[0] - (0 if end[1] else 0.5),
    )
    return (-math.inf if low is None else low), with_low, (math.inf if high is None else high), with_high


def overlap(one: Interval, other: Interval) -> bool:
    low, with_low = max((one[0], not one[1]), (other[0], not other[1]))
    high, without_high = min((one[2], one[3]), (other[2], other[3]))
    return low < high or (low == high and not with_low and without_high)


def inside(one: Interval, other: Interval) -> bool:
    from_low = one[0] > other[0] or (one[0] == other[0] and (other[1] or not one[1]))
    to_high = one[2] < other[2] or (one[2] == other[2] and (other[3] or not one[3]))
    return from_low and to_high


@settings(max_examples=400, deadline=None)
@given(
    value=NUMBERS,
    comparator=st.sampled_from(COMPARATORS),
    limits=st.fixed_dictionaries({}, optional=dict.fromkeys(("below", "at_most", "above", "at_least"), NUMBERS)).filter(
        bool
    ),
)
def test_a_bound_answers_as_interval_arithmetic_does(
    value: float, comparator: str | None, limits: dict[str, float]
) -> None:
    question = Measured(**{"is": ("egfr",)}, **limits)
    wanted, possible = asked_for(question), interval(value, comparator)
    assume(overlap(wanted, wanted))  # a question that no number can pass is no question
    expected = "yes" if inside(possible, wanted) else "unknown" if overlap(possible, wanted) else "no"
    assert _compare(measured("egfr", value, comparator=comparator), question) == expected


@settings(max_examples=300, deadline=None)
@given(value=NUMBERS, comparator=st.sampled_from(COMPARATORS), ends=st.tuples(NUMBERS, NUMBERS).map(sorted))
def test_a_bound_against_a_range_answers_as_interval_arithmetic_does(
    value: float, comparator: str | None, ends: list[float]
) -> None:
    low, high = ends
    fact = measured("egfr", value, comparator=comparator, low=low, high=high)
    regions: dict[str, Interval] = {
        "below": (-math.inf, False, low, False),
        "within": (low, True, high, True),
        "above": (high, False, math.inf, False),
    }
    possible = interval(value, comparator)
    for word, region in regions.items():
        expected = "yes" if inside(possible, region) else "unknown" if overlap(possible, region) else "no"
        assert _compare(fact, Measured(**{"is": ("egfr",)}, range=word)) == expected, word
