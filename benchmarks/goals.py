"""The goals of the request path as ratios to the floor, and how a measurement stands to them.

Only ratios of one run: absolute milliseconds of a shared machine say nothing (the floor itself has been seen at
1.3 and at 7.8 ms within 20 minutes).
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Goal:
    """A limit that a measured value must not exceed (`at_least`: must reach); `good` is where it is better than that.

    `passes` and `good` are in `unit`; "" is a ratio.
    """

    key: str
    title: str
    passes: float
    good: float | None
    unit: str = ""
    at_least: bool = False

    def verdict(self, value: float) -> str:
        """good, pass or miss."""
        if self.good is not None and self._reached(value, self.good):
            return "good"
        return "pass" if self._reached(value, self.passes) else "miss"

    def _reached(self, value: float, limit: float) -> bool:
        return value >= limit if self.at_least else value <= limit


GOALS = (
    Goal("n50", "patient-view N=50, p50 to the floor", 1.5, 1.0),
    Goal("n50-cpu", "patient-view N=50, cpu to the floor", 1.5, 1.0),
    Goal("n50-min", "patient-view N=50, shortest to the floor's", 1.5, 1.0),
    Goal("n5", "patient-view N=5, p50 to the floor", 2.5, 2.0),
    Goal("n5-cpu", "patient-view N=5, cpu to the floor", 2.5, 2.0),
    Goal("n5-min", "patient-view N=5, shortest to the floor's", 2.5, 2.0),
    Goal("n500", "patient-view N=500, p50 to the floor", 0.7, 0.6),
    Goal("order-select", "order-select N=50 and 3 drafts, p50 to patient-view N=50", 1.2, None),
    Goal("growth", "N=500 to N=50, p50 (10 times the bytes)", 20.0, 15.0),
    Goal("start-up", "start-up to ready, seconds", 1.5, None, "s"),
    Goal("start-up-floor", "start-up to ready, to the floor", 3.0, 2.0),
    Goal("memory", "resident memory after all calls", 110.0, 80.0, "MB"),
    Goal("throughput", "8 connections, N=50, requests a second", 150.0, 300.0, "rps", at_least=True),
    Goal("p99", "8 connections, N=50, p99 below the 500 ms that CDS Hooks advises", 500.0, None, "ms"),
)


def verdicts(values: Mapping[str, float]) -> list[tuple[Goal, float, str]]:
    """Each goal that was measured with its value and verdict, in the order of the table."""
    return [(goal, values[goal.key], goal.verdict(values[goal.key])) for goal in GOALS if goal.key in values]
