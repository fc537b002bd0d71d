"""question(): a predicate as a function of a case, made once for each predicate and kept with it.

What depends on the knowledge alone is settled when the function is made: which word it is, its names, the answers that
prove nothing. Most questions of a request meet nothing in the chart, and those give an answer that is there already.
How answers join stands here, and the three values in truth.py; what a word finds in a chart, in chart_questions.py
and drug_questions.py.
"""

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any

from treatment_algorithm import chart_predicates as chart
from treatment_algorithm import chart_questions, drug_questions
from treatment_algorithm.case import Answer, Case
from treatment_algorithm.features import Group, Proof
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

Question = Callable[[Case], Answer]
_KEPT_AS = "_question"


def question(predicate: Predicate) -> Question:
    """The function that answers a predicate for a case, with its proofs and the predicate that decided."""
    kept: Question | None = predicate.__dict__.get(_KEPT_AS)
    if kept is None:
        kept = _made(predicate)
        object.__setattr__(predicate, _KEPT_AS, kept)  # frozen; it is no field and takes no part in equality
    return kept


def forget_question(predicate: Predicate) -> None:
    """Let a copied predicate answer as it now is, not as the one that it was copied from."""
    predicate.__dict__.pop(_KEPT_AS, None)


def _made(predicate: Any) -> Question:
    kind = type(predicate)
    joint = _JOINTS.get(kind)
    if joint is not None:
        return joint(predicate)
    finding = _leaf(predicate, _LEAVES[kind])
    looked_up = _LOOKED_UP.get(kind)
    if looked_up is None or chart.SUBJECT in predicate.concept:
        return finding
    return _unless_absent(predicate, finding, *looked_up)


def _leaf(asked: Predicate, leaf: Callable[[Any, Case], Result]) -> Question:
    def answer(case: Case) -> Answer:
        truth, proofs = leaf(asked, case)
        return Answer(truth, proofs, asked)

    return answer


def _unless_absent(asked: Any, finding: Question, index: str, group: Group | None) -> Question:
    """As `finding`; where the chart has nothing of the names, at once: no in a closed group, else unknown."""
    names, index_of = frozenset(asked.concept), attrgetter(index)
    no, unknown = Answer(Truth.NO, (), asked), Answer(Truth.UNKNOWN, (), asked)

    def answer(case: Case) -> Answer:
        if not index_of(case).keys().isdisjoint(names):
            return finding(case)
        return no if group is not None and case.closed(group) else unknown

    return answer


def _not(asked: Not) -> Question:
    inner = question(asked.of)

    def answer(case: Case) -> Answer:
        found = inner(case)
        return Answer(negate(found.truth), found.proofs, found.decided_by)

    return answer


def _unknown(asked: Unknown) -> Question:
    inner = question(asked.of)
    answers = {truth: Answer(known(truth is Truth.UNKNOWN), (), asked.of) for truth in Truth}
    return lambda case: answers[inner(case).truth]


def _feature(asked: Feature) -> Question:
    def answer(case: Case) -> Answer:
        found = case.answers[asked.id]
        return Answer(found.truth, found.proofs, asked)

    return answer


def _joined(parts: Iterable[Predicate], decisive: Truth) -> Question:
    """One decisive part decides (NO among `all`, YES among `any`); else an unknown one; else they agree."""
    questions = tuple(map(question, parts))

    def answer(case: Case) -> Answer:
        answers: list[Answer] = []
        unknown: Answer | None = None
        for asked in questions:
            found = asked(case)
            if found.truth is decisive:
                return found
            answers.append(found)
            if unknown is None and found.truth is Truth.UNKNOWN:
                unknown = found
        first = unknown or answers[0]
        proofs = _together(answers)
        return first if first.proofs == proofs else Answer(first.truth, proofs, first.decided_by)

    return answer


def _together(answers: Sequence[Answer]) -> tuple[Proof, ...]:
    proving = [answer.proofs for answer in answers if answer.proofs and answer.truth is Truth.YES]
    if not proving:
        return ()
    return tuple(dict.fromkeys(proof for proofs in proving for proof in proofs))


_JOINTS: dict[type, Callable[[Any], Question]] = {
    Every: lambda asked: _joined(asked.of, Truth.NO),
    Some: lambda asked: _joined(asked.of, Truth.YES),
    Not: _not,
    Unknown: _unknown,
    Feature: _feature,
}
# The index that a word looks its names up in, and the group in which "not found" is no (None: it never is).
_LOOKED_UP: dict[type, tuple[str, Group | None]] = {
    chart.Condition: ("conditions", Group.CONDITIONS),
    chart.OnsetAge: ("conditions", Group.CONDITIONS),
    chart.Sites: ("conditions", None),
    chart.Measured: ("measurements", None),
    chart.Procedure: ("procedures", Group.PROCEDURES),
    chart.Taking: ("medications", Group.MEDICATIONS),
    chart.Took: ("medications", Group.MEDICATIONS),
    chart.Ordering: ("orders", Group.ORDERS),
    chart.Allergic: ("allergies", Group.ALLERGIES),
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
