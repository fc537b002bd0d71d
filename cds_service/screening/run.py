"""run(): the whole screening, in two passes over bounded parts: read and spool, then decide patient by patient."""

import tempfile
from collections.abc import Callable, Sequence, Set
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path

from cds_service.commands.bundle_request import KEY_OF_TYPE
from cds_service.screening.export_files import ReadTask, estimated_bytes, read_tasks
from cds_service.screening.medication_shelf import shelve_medications
from cds_service.screening.screening import open_screening
from cds_service.screening.spool import partitions_for, read_partition
from cds_service.screening.tally import Tally
from cds_service.screening.task_result import LISTED_PROBLEMS, PatientRow, Plan, Problem, TaskResult
from cds_service.screening.workers import Workers
from cds_service.settings import Settings
from fhir_mappings.export_line import READ_TYPES

Progress = Callable[[str, int, int], None]
"""Called with the name of a pass, what is done and what there is to do."""

_TYPE_OF_KEY = {key: kind for kind, key in KEY_OF_TYPE.items() if kind != "Medication"}
_REQUIRED_TYPES = ("Patient", "Condition")


class NothingToScreen(Exception):
    """The files hold nothing that could be decided on; the message is a sentence."""


@dataclass(slots=True)
class ScreeningReport:
    """What a screening found.

    `lines`: lines read. `problems`: the first LISTED_PROBLEMS of the `unusable` lines, by file and line.
    `not_obtained`: the resource types that are in no file of an export; empty for Bundles.
    """

    tally: Tally = field(default_factory=Tally)
    files: int = 0
    lines: int = 0
    resources: int = 0
    unusable: int = 0
    problems: list[Problem] = field(default_factory=list)
    not_obtained: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether every line and every patient could be read."""
        return not self.unusable and not self.tally.refused


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the files: the hook, on a day, with the settings of the site."""

    hook: str
    today: date
    settings: Settings


def run(
    question: Question, files: Sequence[Path], workers: int, keep: Callable[[PatientRow], None], progress: Progress
) -> ScreeningReport:
    """Screen `files` with at most `workers` processes; the patients of the local file go to `keep`, one by one.

    The report and the rows are the same for any number of workers. Temporary files are in a folder that only the user
    can enter, and are gone at the end, whatever the end is. Raises NothingToScreen, OSError, WorkersLost,
    StartRefused, KnowledgeError.
    """
    tasks = tuple(read_tasks(files))
    partitions = partitions_for(estimated_bytes(files))
    with ExitStack() as stack:
        spool = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="calcinosis-cds-screen-")))
        plan = Plan(question.hook, question.today, spool, partitions, question.settings)
        # One part is one task, and another process would only cost its start.
        pool = stack.enter_context(Workers(workers if len(tasks) > 1 else 1))
        sums = _Sums(ScreeningReport(files=len(files)), keep)
        size, done = sum(task.size for task in tasks), 0
        for task, result in zip(tasks, pool.in_order(partial(_read, plan), tasks), strict=True):
            sums.add_read(task, result)
            done += task.size
            progress("reading", done, size)
        if sums.report.resources:
            types = sums.types | _types_named(files)
            sums.report.not_obtained = _missing(types)
            obtained = frozenset(key for key, kind in _TYPE_OF_KEY.items() if kind in types)
            shelve_medications(spool, read_partition(spool, partitions, partitions))
            parts = range(partitions)
            for number, result in enumerate(pool.in_order(partial(_evaluate, plan, obtained), parts), 1):
                sums.add(result)
                progress("deciding", number, partitions)
    return sums.report


@dataclass(slots=True)
class _Sums:
    """The results of the tasks joined, in their order."""

    report: ScreeningReport
    keep: Callable[[PatientRow], None]
    types: set[str] = field(default_factory=set)
    _path: str = ""
    _line: int = 0

    def add_read(self, task: ReadTask, result: TaskResult) -> None:
        """Join the result of reading; lines are numbered in their file now."""
        before: list[int] = []
        for part, lines in zip(task.slices, result.lines, strict=True):
            if part.path != self._path:
                self._path, self._line = part.path, 0
            before.append(self._line)
            self._line += lines
            self.report.lines += lines
        for number, problem in result.problems[: LISTED_PROBLEMS - len(self.report.problems)]:
            self.report.problems.append(replace(problem, line=problem.line + before[number]))
        self.report.unusable += result.unusable
        self.report.resources += result.spooled
        self.types |= result.types
        self.add(result)

    def add(self, result: TaskResult) -> None:
        """Join counts and rows."""
        self.report.tally.add(result.tally)
        for row in result.rows:
            self.keep(row)


def _read(plan: Plan, task: ReadTask) -> TaskResult:
    return open_screening(plan).read(task)


def _evaluate(plan: Plan, obtained: frozenset[str], partition: int) -> TaskResult:
    return open_screening(plan).evaluate(partition, obtained)


def _types_named(files: Sequence[Path]) -> frozenset[str]:
    """The types that the names of files say: an empty `Procedure.ndjson` means that procedures were exported."""
    return READ_TYPES.intersection(part for file in files for part in file.name.split("."))


def _missing(types: Set[str]) -> tuple[str, ...]:
    """The types that the export does not hold. Raises NothingToScreen when one is among them that a hook requires."""
    missing = tuple(kind for kind in _TYPE_OF_KEY.values() if kind not in types)
    for kind in _REQUIRED_TYPES:
        if kind in missing:
            raise NothingToScreen(f"the export holds no {kind} resources, and nothing is decided without them")
    return missing
