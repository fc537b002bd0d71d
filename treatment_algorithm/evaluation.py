"""ask(): what a predicate answers for a patient, in three values, with its proofs.

It never raises for any patient: the vocabulary is closed and every word answers YES, NO or UNKNOWN. What was not
found is NO only in a group that was read completely (decision 5); measurements are never NO by absence.
"""

from collections.abc import Callable, Iterable
from typing import Any

from treatment_algorithm import chart_predicates as chart
from treatment_algorithm import chart_questions, drug_questions
from treatment_algorithm.case import Answer, Case
from treatment_algorithm.features import Proof
from treatment_algorithm.judging import Result
from treatment_algorithm.predicates import (
    Always,
    Deceased,
    Every,
    Feature,
    InScenario,
    Not,
    OnCard,
    Predicate,
    Some,
    Unknown,
)
from treatment_algorithm.truth import Truth, known, negate


def ask(predicate: Predicate, case: Case) -> Answer:
    """The answer to a predicate for this patient, with its proofs and the predicate that decided."""
    kind = type(predicate)
    leaf = _LEAVES.get(kind)
    if leaf is None:
        return _JOINTS[kind](predicate, case)
    truth, proofs = leaf(predicate, case)
    return Answer(truth, proofs, predicate)


def holds(predicate: Predicate | None, case: Case) -> bool:
    """Whether the predicate is YES; none at all holds."""
    return predicate is None or ask(predicate, case).truth is Truth.YES


def _not(asked: Not, case: Case) -> Answer:
    inner = ask(asked.of, case)
    return Answer(negate(inner.truth), inner.proofs, inner.decided_by)


def _unknown(asked: Unknown, case: Case) -> Answer:
    return Answer(known(ask(asked.of, case).truth is Truth.UNKNOWN), (), asked.of)


def _feature(asked: Feature, case: Case) -> Answer:
    answer = case.answers[asked.id]
    return Answer(answer.truth, answer.proofs, asked)


def _joined(parts: Iterable[Any], case: Case, decisive: Truth) -> Answer:
    """One decisive part decides (NO among `all`, YES among `any`); else an unknown one; else they agree."""
    answers: list[Answer] = []
    unknown: Answer | None = None
    for part in parts:
        answer = ask(part, case)
        if answer.truth is decisive:
            return answer
        answers.append(answer)
        if unknown is None and answer.truth is Truth.UNKNOWN:
            unknown = answer
    first = unknown or answers[0]
    return Answer(first.truth, _together(answers), first.decided_by)


def _together(answers: Iterable[Answer]) -> tuple[Proof, ...]:
    return tuple(dict.fromkeys(proof for answer in answers if answer.truth is Truth.YES for proof in answer.proofs))


_JOINTS: dict[type, Callable[[Any, Case], Answer]] = {
    Every: lambda asked, case: _joined(asked.of, case, Truth.NO),
    Some: lambda asked, case: _joined(asked.of, case, Truth.YES),
    Not: _not,
    Unknown: _unknown,
    Feature: _feature,
}
_LEAVES: dict[type, Callable[[Any, Case], Result]] = {
    Always: lambda asked, case: (known(asked.of), ()),
    Deceased: lambda asked, case: (known(case.features.patient.deceased is asked.of), ()),
    InScenario: lambda asked, case: (known(bool(case.scenarios & set(asked.ids))), ()),
    OnCard: lambda asked, case: (known(bool(case.on_card & set(asked.ids))), ()),
    chart.Closed: lambda asked, case: (known(case.closed(asked.group)), ()),
    chart.Obtained: lambda asked, case: (known(case.features.groups[asked.group].obtained), ()),
    chart.Condition: chart_questions.condition,
    chart.Sites: chart_questions.sites,
    chart.OnsetAge: chart_questions.onset_age,
    chart.Measured: chart_questions.measured,
    chart.OnRecord: chart_questions.on_record,
    chart.Age: chart_questions.age,
    chart.Sex: chart_questions.sex,
    chart.Procedure: chart_questions.procedure,
    chart.Referred: chart_questions.referred,
    chart.Taking: drug_questions.taking,
    chart.Took: drug_questions.took,
    chart.Ordering: drug_questions.ordering,
    chart.Allergic: drug_questions.allergic,
    chart.Failed: drug_questions.failed,
    chart.Line: drug_questions.line,
    chart.Usable: drug_questions.usable,
}
