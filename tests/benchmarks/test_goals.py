"""How a measurement is held against a goal, and how latencies are summed up."""

import pytest

from benchmarks.closed_loop import Timings
from benchmarks.goals import Goal, verdicts


@pytest.mark.parametrize(
    ("value", "verdict"), [(0.9, "good"), (1.0, "good"), (1.5, "pass"), (2.0, "pass"), (2.1, "miss")]
)
def test_a_ratio_is_good_below_the_lower_limit_and_a_miss_above_the_upper(value: float, verdict: str) -> None:
    """performance.md section 4: pass <= 2.0, good <= 1.0."""
    assert Goal("n50", "ratio", 2.0, 1.0).verdict(value) == verdict


@pytest.mark.parametrize(("value", "verdict"), [(300.0, "good"), (150.0, "pass"), (149.9, "miss")])
def test_a_rate_has_to_reach_its_limit(value: float, verdict: str) -> None:
    """performance.md section 4: pass >= 150 requests a second, good >= 300."""
    assert Goal("throughput", "rate", 150.0, 300.0, "rps", at_least=True).verdict(value) == verdict


def test_a_goal_without_a_better_limit_is_never_good() -> None:
    """Some goals have only a limit to pass."""
    assert Goal("order-select", "ratio", 1.2, None).verdict(0.1) == "pass"


def test_what_was_not_measured_has_no_verdict() -> None:
    """A shortened run leaves goals out."""
    assert [goal.key for goal, _, _ in verdicts({"n50": 3.0})] == ["n50"]


def test_latencies_are_summed_up_by_rank() -> None:
    """One hundred latencies of 1 to 100 ms: least, median, and the one that 95 of them stay below."""
    timings = Timings(tuple(float(number) for number in range(1, 101)))
    assert (timings.least, timings.p50, timings.quantile(0.95)) == (1.0, 50.5, 95.0)
