"""Therapy lines: what was taken from when to when, and what became of it (evidence.md 2.2, decisions 28-30)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from treatment_algorithm.features import (
    ConditionFact,
    ConditionStanding,
    DrugStanding,
    MedicationFact,
    Proof,
    StopReason,
)
from treatment_algorithm.knowledge_model import Therapy
from treatment_algorithm.partial_date import PartialDate

RENEWAL_GAP = timedelta(days=90)
"""Requests of one ingredient that follow within this time are one line (decision 29)."""
AFTER_STOP = timedelta(weeks=12)
"""Calcinosis recorded up to this long after the stop still counts against the line (decision 30)."""


@dataclass(frozen=True, slots=True)
class TherapyLine:
    """One ingredient from its earliest start to its last end; `end` None while current or not recorded.

    `failed_on`: proof that it failed: the stop reason's entry, or the calcinosis dated after the minimum trial.
    """

    concept: str
    therapy: str
    standing: DrugStanding
    start: PartialDate | None
    end: PartialDate | None
    stop_reason: StopReason | None
    failed_on: Proof | None
    proofs: tuple[Proof, ...]

    @property
    def current(self) -> bool:
        """Active, on hold or of unknown status."""
        return self.standing.counts_as_current

    @property
    def failed(self) -> bool:
        """A failure reason is recorded, or calcinosis is dated after the minimum trial."""
        return self.failed_on is not None

    @property
    def failed_by(self) -> str | None:
        """`reason` or `date`, None while it has not failed."""
        if self.failed_on is None:
            return None
        return "reason" if self.stop_reason is StopReason.FAILED else "date"

    @property
    def untold(self) -> bool:
        """Past use without any reason: it may have failed, nobody wrote it down."""
        return not self.current and not self.failed and self.stop_reason is None


def therapy_lines(
    medications: Sequence[MedicationFact],
    calcinosis: Sequence[ConditionFact],
    therapies: Sequence[tuple[Therapy, frozenset[str]]],
) -> tuple[TherapyLine, ...]:
    """Every line of every therapy, therapies in file order, lines by start; unconfirmed drugs form none.

    `therapies` come with their concepts expanded. `calcinosis`: the chart's calcinosis conditions.
    """
    lines: list[TherapyLine] = []
    for therapy, concepts in therapies:
        uses = sorted(
            (
                (concept, fact)
                for fact in medications
                if not fact.proof.unconfirmed and fact.route not in therapy.not_routes
                for concept in fact.concepts & concepts
            ),
            key=lambda use: (use[0], _opening(use[1]), use[1].proof.reference),
        )
        of_therapy = [
            _line(concept, therapy, segment, calcinosis)
            for concept, facts in groupby(uses, key=lambda use: use[0])
            for segment in _segments([fact for _, fact in facts])
        ]
        lines += sorted(_most_specific(of_therapy), key=lambda line: line.start.earliest if line.start else date.max)
    return tuple(lines)


def _opening(fact: MedicationFact) -> date:
    return fact.start.earliest if fact.start else date.max


def _segments(facts: list[MedicationFact]) -> list[list[MedicationFact]]:
    segments: list[list[MedicationFact]] = []
    reach = date.min
    for fact in facts:
        if segments and (fact.start is None or fact.start.earliest <= _plus(reach, RENEWAL_GAP)):
            segments[-1].append(fact)
        else:
            segments.append([fact])
        reach = max(reach, _closing(fact))
    return segments


def _closing(fact: MedicationFact) -> date:
    if fact.standing.counts_as_current:
        return date.max
    if fact.end is not None:
        return fact.end.latest
    return fact.start.latest if fact.start else date.min


def _plus(day: date, span: timedelta) -> date:
    return day + span if day < date.max - span else date.max


def _line(
    concept: str, therapy: Therapy, facts: list[MedicationFact], calcinosis: Sequence[ConditionFact]
) -> TherapyLine:
    starts = [fact.start for fact in facts if fact.start]
    start = min(starts, key=lambda day: day.earliest) if starts else None
    standing = next(
        (known for known in DrugStanding if any(fact.standing is known for fact in facts)), facts[0].standing
    )
    ends = [fact.end for fact in facts if fact.end]
    end = max(ends, key=lambda day: day.latest) if ends and standing is DrugStanding.PAST else None
    by_reason = next((fact.proof for fact in facts if fact.stop_reason is StopReason.FAILED), None)
    reasons = [fact.stop_reason for fact in facts if fact.stop_reason]
    return TherapyLine(
        concept,
        therapy.id,
        standing,
        start,
        end,
        StopReason.FAILED if by_reason else (reasons[-1] if reasons else None),
        by_reason or _failed_by_date(therapy, start, end, standing, calcinosis),
        tuple(fact.proof for fact in facts),
    )


def _failed_by_date(
    therapy: Therapy,
    start: PartialDate | None,
    end: PartialDate | None,
    standing: DrugStanding,
    calcinosis: Sequence[ConditionFact],
) -> Proof | None:
    """Calcinosis dated after start + minimum trial and before stop + 12 weeks; an end not recorded proves nothing."""
    if therapy.minimum_weeks is None or start is None or (end is None and not standing.counts_as_current):
        return None
    earliest = _plus(start.latest, timedelta(weeks=therapy.minimum_weeks))
    latest = _plus(end.earliest, AFTER_STOP) if end else date.max
    first = first_record(calcinosis)
    dated = (first.onset or first.recorded) if first else None
    if first is None or dated is None or dated.earliest < earliest or dated.latest > latest:
        return None
    return first.proof


def first_record(conditions: Sequence[ConditionFact]) -> ConditionFact | None:
    """The earliest dated current entry: a later one repeats the disease and does not date it anew (decision 0007)."""
    current = [fact for fact in conditions if fact.standing is ConditionStanding.CURRENT]
    dated = [(moment.earliest, index) for index, fact in enumerate(current) if (moment := fact.onset or fact.recorded)]
    return current[min(dated)[1]] if dated else None


def _most_specific(lines: list[TherapyLine]) -> list[TherapyLine]:
    """An entry that carries both an ingredient and an ATC class concept forms one line, the ingredient's."""
    ingredient = {proof.reference for line in lines if not line.concept.startswith("class_") for proof in line.proofs}
    return [
        line
        for line in lines
        if not line.concept.startswith("class_") or any(p.reference not in ingredient for p in line.proofs)
    ]
