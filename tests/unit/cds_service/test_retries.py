"""When the same GET is sent once more, and how often in a minute (reliability.md 1.7)."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.ehr.allow_list import BaseUrl
from cds_service.ehr.outbound import NotConnected, OutboundError, Refused, Unreachable, UnusableAnswer
from cds_service.ehr.retries import FLOOR, SHARE, WINDOW_SECONDS, RetryBudget, pause_before_retry

BASE = BaseUrl("https", "ehr.example.org", 443, "/fhir")
OTHER = BaseUrl("https", "other.example.org", 443, "/fhir")


class Clock:
    """Seconds that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("error", "pause"),
    [
        (NotConnected("x"), 0.1),
        (Refused(502), 0.1),
        (Refused(503), 0.1),
        (Refused(503, 0.3), 0.3),
        (Refused(429, 0.0), 0.0),
        (Refused(429, 0.5), 0.5),
    ],
)
def test_what_may_pass_is_tried_again_after_a_short_pause(error: OutboundError, pause: float) -> None:
    assert pause_before_retry(error) == pause


@pytest.mark.parametrize(
    "error",
    [
        Refused(429),
        Refused(429, 0.51),
        Refused(429, 120.0),
        Refused(429, math.inf),
        Refused(503, 30.0),
        Refused(502, math.inf),
        *(Refused(status) for status in (301, 400, 401, 403, 404, 410, 500, 501, 504)),
        Refused(500, 0.1),
        Refused(401, 0.0),
        Unreachable("x"),
        UnusableAnswer("x"),
        OutboundError("x"),
    ],
)
def test_anything_else_is_not(error: OutboundError) -> None:
    assert pause_before_retry(error) is None


def test_a_lone_call_may_be_repeated_up_to_the_floor() -> None:
    budget = RetryBudget(Clock())
    budget.count_call(BASE)
    assert [budget.take(BASE) for _ in range(FLOOR + 1)] == [True] * FLOOR + [False]


def test_of_many_calls_one_in_ten() -> None:
    budget = RetryBudget(Clock())
    for _ in range(200):
        budget.count_call(BASE)
    assert sum(budget.take(BASE) for _ in range(200)) == 20


def test_one_base_does_not_use_up_the_budget_of_another() -> None:
    budget = RetryBudget(Clock())
    while budget.take(BASE):
        pass
    assert budget.take(OTHER)


def test_after_a_minute_the_budget_is_whole_again() -> None:
    clock = Clock()
    budget = RetryBudget(clock)
    while budget.take(BASE):
        pass
    clock.now = WINDOW_SECONDS - 0.1
    assert not budget.take(BASE)
    clock.now = WINDOW_SECONDS
    assert budget.take(BASE)


@given(st.lists(st.tuples(st.floats(0, 20), st.booleans()), max_size=200))
def test_whenever_a_retry_is_allowed_it_is_within_the_budget_of_its_minute(steps: list[tuple[float, bool]]) -> None:
    clock = Clock()
    budget = RetryBudget(clock)
    calls: list[float] = []
    retries: list[float] = []
    for pause, failed in steps:
        clock.now += pause
        budget.count_call(BASE)
        calls.append(clock.now)
        if failed and budget.take(BASE):
            retries.append(clock.now)
            minute = clock.now - WINDOW_SECONDS
            made = sum(moment > minute for moment in calls)
            assert sum(moment > minute for moment in retries) <= max(FLOOR, SHARE * made)
