"""The results as tables for people and as JSON for comparing."""

from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.goals import verdicts
from benchmarks.rounds import FLOOR, SERVICE, Round, goal_values
from benchmarks.stages import STAGES, StageTimes

_COLOURS = {"good": "green", "pass": "cyan", "miss": "red"}


def print_rounds(console: Console, rounds: list[Round]) -> None:
    """Latency and processor time of every load, round by round."""
    table = Table(title="Closed loop, one connection, milliseconds")
    for column in ("load", "server", "round", "min", "p50", "p95", "cpu"):
        table.add_column(column, justify="left" if column in ("load", "server") else "right")
    for load in rounds[0][SERVICE].loads:
        for name in (FLOOR, SERVICE):
            for number, one in enumerate(rounds, 1):
                result = one[name].loads[load]
                numbers = (result.timings.least, result.timings.p50, result.timings.quantile(0.95), result.cpu)
                table.add_row(load, name, str(number), *(f"{value:.2f}" for value in numbers))
        table.add_section()
    console.print(table)


def print_goals(console: Console, rounds: list[Round]) -> None:
    """Each goal with what was measured."""
    table = Table(title="Goals (medians of the ratios of the rounds)")
    for column in ("goal", "measured", "pass", "good", "verdict"):
        table.add_column(column, justify="left" if column == "goal" else "right")
    for goal, value, verdict in verdicts(goal_values(rounds)):
        sign = "≥" if goal.at_least else "≤"
        good = f"{sign} {goal.good:g}" if goal.good is not None else ""
        measured = f"{value:.2f} {goal.unit}".strip()
        colour = _COLOURS[verdict]
        table.add_row(goal.title, measured, f"{sign} {goal.passes:g}", good, f"[{colour}]{verdict}[/{colour}]")
    console.print(table)


def print_stages(console: Console, stages: dict[str, StageTimes]) -> None:
    """Where the time goes inside the process, median and least in microseconds."""
    table = Table(title="Inside the process, microseconds: median (least)")
    table.add_column("stage")
    for name in stages:
        table.add_column(name, justify="right")
    for stage in STAGES:
        table.add_row(stage, *(f"{one.middle(stage):,.0f} ({one.least(stage):,.0f})" for one in stages.values()))
    sums = [(sum(map(one.middle, STAGES)), sum(map(one.least, STAGES))) for one in stages.values()]
    table.add_row("all", *(f"{middle:,.0f} ({least:,.0f})" for middle, least in sums))
    console.print(table)


def as_json(rounds: list[Round], stages: dict[str, StageTimes], machine: dict[str, str]) -> dict[str, Any]:
    """All of it as plain values; milliseconds, microseconds for the stages."""
    return {
        "machine": machine,
        "goals": {
            goal.key: {"title": goal.title, "value": round(value, 3), "verdict": verdict}
            for goal, value, verdict in verdicts(goal_values(rounds))
        },
        "rounds": [{name: _server(result) for name, result in one.items()} for one in rounds],
        "stages": {name: {stage: round(one.middle(stage)) for stage in STAGES} for name, one in stages.items()},
    }


def _server(result: Any) -> dict[str, Any]:
    return {
        "start_up_s": round(result.start_up, 3),
        "memory_mb": round(result.memory, 1),
        "throughput_rps": round(result.throughput, 1),
        "loads": {
            name: {
                "min": round(load.timings.least, 3),
                "p50": round(load.timings.p50, 3),
                "p95": round(load.timings.quantile(0.95), 3),
                "cpu": round(load.cpu, 3),
            }
            for name, load in result.loads.items()
        },
    }
