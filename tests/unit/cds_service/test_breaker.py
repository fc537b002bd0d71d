"""The circuit breaker of a FHIR base (reliability.md 1.7)."""

from cds_service.ehr.allow_list import BaseUrl
from cds_service.ehr.breaker import Breaker

BASE = BaseUrl("https", "ehr.example.org", 443, "/fhir")
OTHER = BaseUrl("https", "other.example.org", 443, "/fhir")


class Clock:
    """Seconds that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def opened() -> tuple[Breaker, Clock]:
    clock = Clock()
    breaker = Breaker(clock)
    for _ in range(5):
        breaker.report(BASE, failed=True)
    return breaker, clock


def test_five_failures_close_the_way_to_this_base_only() -> None:
    breaker, _ = opened()
    assert not breaker.admits(BASE)
    assert breaker.admits(OTHER)


def test_four_failures_do_not() -> None:
    breaker = Breaker(Clock())
    for _ in range(4):
        breaker.report(BASE, failed=True)
    assert breaker.admits(BASE)


def test_failures_far_apart_do_not() -> None:
    clock = Clock()
    breaker = Breaker(clock)
    for _ in range(20):
        breaker.report(BASE, failed=True)
        clock.now += 3
    assert breaker.admits(BASE)


def test_a_success_in_between_starts_the_count_again() -> None:
    breaker = Breaker(Clock())
    for _ in range(4):
        breaker.report(BASE, failed=True)
    breaker.report(BASE, failed=False)
    breaker.report(BASE, failed=True)
    assert breaker.admits(BASE)


def test_after_15_seconds_one_request_tries() -> None:
    breaker, clock = opened()
    clock.now = 14.9
    assert not breaker.admits(BASE)
    clock.now = 15
    assert breaker.admits(BASE)
    assert not breaker.admits(BASE)


def test_the_one_that_tries_decides() -> None:
    breaker, clock = opened()
    clock.now = 15
    assert breaker.admits(BASE)
    breaker.report(BASE, failed=True)
    clock.now = 29
    assert not breaker.admits(BASE)
    clock.now = 30
    assert breaker.admits(BASE)
    breaker.report(BASE, failed=False)
    assert breaker.admits(BASE)
    assert breaker.admits(BASE)
