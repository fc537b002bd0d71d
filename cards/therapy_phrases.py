"""Phrases about drugs and therapy lines: what is taken since when, what had no effect."""

from dataclasses import dataclass
from datetime import timedelta

from cards.telling import Phrase, Telling, calcinosis_of, drug_since, label_of, listed, recognised
from treatment_algorithm.case import find
from treatment_algorithm.features import DrugStanding
from treatment_algorithm.partial_date import PartialDate
from treatment_algorithm.therapy_lines import TherapyLine

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@dataclass(frozen=True, slots=True)
class _Use:
    label: str
    standing: DrugStanding
    start: PartialDate | None
    how: str


def _current(telling: Telling, names: tuple[str, ...]) -> list[_Use]:
    """Current drugs under the names, in the order of the names; therapy lines where there are some."""
    uses: dict[str, _Use] = {}
    for name in names:
        lines = [line for line in telling.case.lines if line.current and name in telling.case.names_of_line(line)]
        for line in lines:
            telling.tell(line.proofs)
            label = telling.knowledge.label(line.concept)
            uses.setdefault(label, _Use(label, line.standing, line.start, recognised(line.proofs)))
        if not lines:
            for fact in find(telling.case.medications, (name,)):
                if fact.standing.counts_as_current and not fact.proof.unconfirmed:
                    telling.tell((fact.proof,))
                    label = label_of(telling, fact.concepts, (name,))
                    uses.setdefault(label, _Use(label, fact.standing, fact.start, recognised((fact.proof,))))
    return list(uses.values())


def _names(telling: Telling, names: tuple[str, ...]) -> str:
    return listed([use.label for use in _current(telling, names)])


def _on(telling: Telling, names: tuple[str, ...]) -> str:
    return listed([drug_since(use.label, use.standing, use.start, use.how) for use in _current(telling, names)])


def _start(telling: Telling, names: tuple[str, ...]) -> str:
    start = next((use.start for use in _current(telling, names) if use.start), None)
    return str(start) if start else "a date not recorded"


def _newest(telling: Telling, names: tuple[str, ...]) -> PartialDate | None:
    starts = [use.start for use in _current(telling, names) if use.start]
    return max(starts, key=lambda start: start.earliest) if starts else None


def _weeks(telling: Telling, names: tuple[str, ...]) -> str:
    newest = _newest(telling, names)
    return str((telling.case.today - newest.latest).days // 7) if newest else ""


def _twelve_weeks(telling: Telling, names: tuple[str, ...]) -> str:
    newest = _newest(telling, names)
    if newest is None:
        return "the 12-week point"
    day = newest.earliest + timedelta(weeks=12)
    return str(PartialDate(day.year, day.month, day.day))


def _failed_lines(telling: Telling) -> list[TherapyLine]:
    counted = {therapy.id for therapy in telling.knowledge.therapies if therapy.immunosuppressive}
    return [line for line in telling.case.lines if line.failed and line.therapy in counted]


def _failed_labels(telling: Telling) -> list[str]:
    lines = _failed_lines(telling)
    telling.tell(proof for line in lines for proof in line.proofs)
    return list(dict.fromkeys(telling.knowledge.label(line.concept) for line in lines))


def _failed_count(telling: Telling, _: tuple[str, ...]) -> str:
    count = len(_failed_labels(telling))
    return _NUMBERS[count] if count < len(_NUMBERS) else str(count)


def _appearance(telling: Telling) -> tuple[TherapyLine, int] | None:
    """The newest line under which calcinosis was first recorded, and the days from its start to that record."""
    found: list[tuple[TherapyLine, int]] = []
    for line in _failed_lines(telling):
        dated = next((f.onset or f.recorded for f in calcinosis_of(telling) if f.proof == line.failed_on), None)
        if line.failed_by == "date" and line.start and dated:
            found.append((line, (dated.earliest - line.start.latest).days))
    return min(found, key=lambda pair: pair[1], default=None)


def _course(telling: Telling, _: tuple[str, ...]) -> str:
    appearance = _appearance(telling)
    if appearance is None:
        return "a course"
    _line, days = appearance
    return f"{round(days / 30.44)} months" if days >= 91 else f"{days // 7} weeks"


def _weeks_to_calcinosis(telling: Telling, _: tuple[str, ...]) -> str:
    appearance = _appearance(telling)
    return str(appearance[1] // 7) if appearance else ""


def _appeared_under(telling: Telling, _: tuple[str, ...]) -> str:
    appearance = _appearance(telling)
    return telling.knowledge.label(appearance[0].concept) if appearance else "treatment"


THERAPY_PHRASES: dict[str, Phrase] = {
    "names": _names,
    "on": _on,
    "start": _start,
    "weeks": _weeks,
    "course": _course,
    "twelve_weeks": _twelve_weeks,
    "failed": lambda telling, _: ", ".join(_failed_labels(telling)),
    "failed_and": lambda telling, _: listed(_failed_labels(telling)),
    "failed_count": _failed_count,
    "weeks_to_calcinosis": _weeks_to_calcinosis,
    "appeared_under": _appeared_under,
}
"""Phrase name -> the words for it."""
