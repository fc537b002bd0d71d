"""What goes to the processes of a screening, and what comes back from them."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import msgspec

from cds_service.screening.tally import Tally
from cds_service.settings import Settings

LISTED_PROBLEMS = 1000
"""How many unusable lines are listed; all are counted."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What all processes of one screening share; `spool`: the private folder."""

    hook: str
    today: date
    spool: Path
    partitions: int
    settings: Settings = field(compare=False)


class PatientRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line of the local file: the only place where a patient's id stands."""

    patient: str
    rules: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()
    cards: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """A line that could not be used; `kind` holds nothing of it."""

    path: str
    line: int
    kind: str


@dataclass(slots=True)
class TaskResult:
    """What became of one task.

    `lines`: the lines of each slice, in its order. `problems`: at most LISTED_PROBLEMS of the `unusable` ones, their
    line numbers counted in the slice.
    """

    lines: list[int] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    rows: list[PatientRow] = field(default_factory=list)
    problems: list[tuple[int, Problem]] = field(default_factory=list)
    unusable: int = 0
    spooled: int = 0
    types: set[str] = field(default_factory=set)

    def complain(self, slice_number: int, problem: Problem) -> None:
        """Count a line that could not be used."""
        self.unusable += 1
        if len(self.problems) < LISTED_PROBLEMS:
            self.problems.append((slice_number, problem))
