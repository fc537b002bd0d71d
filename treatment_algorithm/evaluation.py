"""What every predicate means, in three values; small total functions, one a word.

`ask` never raises for any patient: the vocabulary is closed and every word answers YES, NO or UNKNOWN. What was
not found is NO only in a group that was read completely (decision 5); measurements are never NO by absence.
"""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from treatment_algorithm.case import Answer, Case, find
from treatment_algorithm.features import (
    ConditionFact,
    Group,
    MeasurementFact,
    MedicationFact,
    OrderFact,
    Proof,
)
from treatment_algorithm.partial_date import PartialDate, on_or_before, within_days, years_between
from treatment_algorithm.predicates import (
    Age,
    Allergic,
    Always,
    Closed,
    Condition,
    Deceased,
    Every,
    Failed,
    Feature,
    InScenario,
    Line,
    Measured,
    Not,
    Obtained,
    OnCard,
    OnRecord,
    OnsetAge,
    Ordering,
    Predicate,
    Procedure,
    Referred,
    Sex,
    Sites,
    Some,
    Taking,
    Took,
    Unknown,
    Usable,
)
from treatment_algorithm.truth import Truth, all_of, any_of, known, negate

YES, NO, UNKNOWN = Truth.YES, Truth.NO, Truth.UNKNOWN


def ask(predicate: Predicate, case: Case) -> Answer:
    """The answer to a predicate for this patient, with its proofs and the predicate that decided."""
    match predicate:
        case Every(of=parts):
            return _joined(parts, case, all_of, NO)
        case Some(of=parts):
            return _joined(parts, case, any_of, YES)
        case Not(of=part):
            inner = ask(part, case)
            return Answer(negate(inner.truth), inner.proofs, inner.decided_by)
        case Unknown(of=part):
            return Answer(known(ask(part, case).truth is UNKNOWN), (), part)
        case Feature(id=feature):
            answer = case.answers[feature]
            return Answer(answer.truth, answer.proofs, predicate)
        case _:
            truth, proofs = _LEAVES[type(predicate)](predicate, case)
            return Answer(truth, proofs, predicate)


def holds(predicate: Predicate | None, case: Case) -> bool:
    """Whether the predicate is YES; none at all holds."""
    return predicate is None or ask(predicate, case).truth is YES


def _joined(parts: Iterable[Any], case: Case, join: Callable[[list[Truth]], Truth], decisive: Truth) -> Answer:
    answers: list[Answer] = []
    for part in parts:
        answers.append(ask(part, case))
        if answers[-1].truth is decisive:
            break
    truth = join([answer.truth for answer in answers])
    decider = next(answer for answer in reversed(answers) if answer.truth is truth)
    first = next(answer for answer in answers if answer.truth is truth)
    proofs = decider.proofs if truth is decisive else _together(answers)
    return Answer(truth, proofs, (decider if truth is decisive else first).decided_by)


def _together(answers: Iterable[Answer]) -> tuple[Proof, ...]:
    return tuple(dict.fromkeys(proof for answer in answers if answer.truth is YES for proof in answer.proofs))


Result = tuple[Truth, tuple[Proof, ...]]


def _over(
    facts: Iterable[Any], judge: Callable[[Any], Truth], case: Case, group: Group | None, proof: Callable[[Any], Proof]
) -> Result:
    """Any fact that passes; without one NO only if the group is closed (a group of None is always open)."""
    judged = [(judge(fact), fact) for fact in facts]
    passed = tuple(proof(fact) for truth, fact in judged if truth is YES)
    if passed:
        return YES, passed
    if any(truth is UNKNOWN for truth, _ in judged) or group is None or not case.closed(group):
        return UNKNOWN, ()
    return NO, ()


def _proof(fact: Any) -> Proof:
    proof: Proof = fact.proof
    return proof


def _order_proof(order: OrderFact) -> Proof:
    return Proof(order.reference, None, "draft", order.by_name, order.unconfirmed)


def _recent(moment: PartialDate | None, days: int | None, case: Case) -> Truth:
    return YES if days is None else within_days(moment, days, case.today)


def _condition(asked: Condition, case: Case) -> Result:
    def judge(fact: ConditionFact) -> Truth:
        if fact.standing not in asked.standing:
            return NO
        if asked.severity and fact.severity not in asked.severity:
            return NO if fact.severity else UNKNOWN
        if asked.cues and not fact.cues & set(asked.cues):
            return UNKNOWN
        return _recent(fact.onset or fact.recorded, asked.within_days, case)

    return _over(find(case.conditions, case.resolve(asked.concept)), judge, case, Group.CONDITIONS, _proof)


def _sites(asked: Sites, case: Case) -> Result:
    facts = [f for f in find(case.conditions, asked.concept) if f.standing == "current" and f.body_sites]
    sites = {" ".join(site.lower().split()) for fact in facts for site in fact.body_sites}
    if not sites:
        return UNKNOWN, ()
    right = len(sites) >= asked.at_least and (asked.at_most is None or len(sites) <= asked.at_most)
    return known(right), tuple(fact.proof for fact in facts)


def _onset_age(asked: OnsetAge, case: Case) -> Result:
    birth = case.features.patient.birth

    def judge(fact: ConditionFact) -> Truth:
        if fact.standing != "current":
            return NO
        moment = fact.onset or PartialDate(case.today.year, case.today.month, case.today.day)
        return _younger(birth, moment, asked.below)

    return _over(find(case.conditions, asked.concept), judge, case, Group.CONDITIONS, _proof)


def _younger(birth: PartialDate | None, moment: PartialDate, years: int) -> Truth:
    """Whether someone born then was younger than so many years at that moment."""
    if birth is None:
        return UNKNOWN
    oldest = years_between(birth.earliest, max(moment.latest, birth.earliest))
    youngest = years_between(birth.latest, max(moment.earliest, birth.latest))
    if oldest < years:
        return YES
    return NO if youngest >= years else UNKNOWN


def _usage(fact: MedicationFact | OrderFact, asked: Taking | Ordering, case: Case, unconfirmed: bool) -> Truth:
    truths = [UNKNOWN if unconfirmed and not case.cautious else YES]
    if asked.routes or asked.not_routes:
        if fact.route is None:
            truths.append(UNKNOWN if asked.routes else YES)
        else:
            truths.append(known(fact.route not in asked.not_routes and (not asked.routes or fact.route in asked.routes)))
    if asked.daily_mg_above is not None:
        unknown_dose = YES if asked.unknown_dose_counts else UNKNOWN
        truths.append(unknown_dose if fact.daily_mg is None else known(fact.daily_mg > asked.daily_mg_above))
    return all_of(truths)


def _taking(asked: Taking, case: Case) -> Result:
    def judge(fact: MedicationFact) -> Truth:
        if not fact.standing.counts_as_current or (asked.on_hold and fact.standing == "current"):
            return NO
        return _usage(fact, asked, case, fact.proof.unconfirmed)

    return _over(find(case.medications, case.resolve(asked.concept)), judge, case, Group.MEDICATIONS, _proof)


def _took(asked: Took, case: Case) -> Result:
    def judge(fact: MedicationFact) -> Truth:
        return NO if fact.standing.counts_as_current else _recent(fact.end or fact.start, asked.within_days, case)

    return _over(find(case.medications, case.resolve(asked.concept)), judge, case, Group.MEDICATIONS, _proof)


def _ordering(asked: Ordering, case: Case) -> Result:
    def judge(order: OrderFact) -> Truth:
        if asked.selected is not None and order.selected is not asked.selected:
            return NO
        if asked.reason and order.reason not in asked.reason:
            return NO
        if asked.weeks_at_most is not None:
            if order.duration_days is None:
                return UNKNOWN
            if order.duration_days > asked.weeks_at_most * 7:
                return NO
        return _usage(order, asked, case, order.unconfirmed)

    return _over(find(case.orders, case.resolve(asked.concept)), judge, case, Group.ORDERS, _order_proof)


def _measured(asked: Measured, case: Case) -> Result:
    facts = [f for f in find(case.measurements, asked.concept) if _recent(f.proof.date, asked.within_days, case) is YES]
    facts.sort(key=lambda fact: fact.proof.date.latest.toordinal() if fact.proof.date else 0, reverse=True)
    judged = [(_compare(fact, asked), fact) for fact in facts]
    told = [(truth, fact) for truth, fact in judged if truth is not UNKNOWN]
    if asked.ever:
        told.sort(key=lambda pair: pair[0] is not YES)
    return (told[0][0], (told[0][1].proof,)) if told else (UNKNOWN, ())


def _compare(fact: MeasurementFact, asked: Measured) -> Truth:
    if asked.coded:
        return UNKNOWN if fact.coded in (None, "indeterminate") else known(fact.coded in asked.coded)
    value = fact.value
    if value is None:
        return UNKNOWN
    truths: list[Truth] = []
    if asked.range:
        above = None if fact.high is None else value > fact.high
        below = None if fact.low is None else value < fact.low
        within = None if above is None or below is None else not (above or below)
        truths.append(known({"above": above, "below": below, "within": within}[asked.range]))
    for limit, right in (
        (asked.below, lambda limit: value < limit),
        (asked.at_most, lambda limit: value <= limit),
        (asked.above, lambda limit: value > limit),
        (asked.at_least, lambda limit: value >= limit),
    ):
        if limit is not None:
            truths.append(known(right(limit)))
    return all_of(truths)


def _on_record(asked: OnRecord, case: Case) -> Result:
    names = case.resolve(asked.concept)
    facts = [f for f in find(case.measurements, names) if f.value is not None or f.coded is not None]
    dated = [fact.proof for fact in (*facts, *(f for f in find(case.procedures, names) if f.standing == "done"))]
    recent = tuple(proof for proof in dated if _recent(proof.date, asked.within_days, case) is YES)
    return known(bool(recent)), recent


def _age(asked: Age, case: Case) -> Result:
    today = PartialDate(case.today.year, case.today.month, case.today.day)
    birth = case.features.patient.birth
    truths = []
    if asked.below is not None:
        truths.append(_younger(birth, today, asked.below))
    if asked.at_least is not None:
        truths.append(negate(_younger(birth, today, asked.at_least)))
    return all_of(truths), ()


def _sex(asked: Sex, case: Case) -> Result:
    sex = case.features.patient.sex
    return (UNKNOWN if sex in (None, "unknown") else known(sex in asked.concept)), ()


def _procedure(asked: Procedure, case: Case) -> Result:
    def judge(fact: Any) -> Truth:
        return NO if fact.standing not in asked.standing else _recent(fact.proof.date, asked.within_days, case)

    return _over(find(case.procedures, asked.concept), judge, case, Group.PROCEDURES, _proof)


def _referred(asked: Referred, case: Case) -> Result:
    drafts = tuple(_order_proof(order) for order in find(case.orders, asked.concept))
    if drafts:
        return YES, drafts
    return _over(find(case.referrals, asked.concept), lambda _: YES, case, Group.REFERRALS, _proof)


def _allergic(asked: Allergic, case: Case) -> Result:
    def judge(fact: Any) -> Truth:
        if fact.mild_intolerance is not asked.mild:
            return NO
        return YES if case.cautious or not fact.proof.unconfirmed else UNKNOWN

    return _over(find(case.allergies, case.resolve(asked.concept)), judge, case, Group.ALLERGIES, _proof)


def _failed(asked: Failed, case: Case) -> Result:
    failed: dict[str, Proof] = {}
    untold: set[str] = set()
    for line in case.lines:
        if line.therapy in asked.therapies:
            if line.failed_on is not None and asked.by in (None, line.failed_by):
                failed.setdefault(line.therapy, line.failed_on)
            elif line.untold:
                untold.add(line.therapy)
    if len(failed) >= asked.at_least:
        proofs = dict.fromkeys(p for line in case.lines if line.therapy in failed and line.failed for p in line.proofs)
        return YES, tuple(proofs)
    reachable = len(failed.keys() | untold) >= asked.at_least
    return (UNKNOWN if reachable or not case.closed(Group.MEDICATIONS) else NO), ()


def _line(asked: Line, case: Case) -> Result:
    lines = [line for line in case.lines if line.current and case.names_of_line(line) & set(asked.concept)]
    if not lines:
        return (NO if case.closed(Group.MEDICATIONS) else UNKNOWN), ()
    limit = case.today - timedelta(weeks=asked.weeks_at_least)
    truth = all_of(on_or_before(line.start, limit) for line in lines)
    return truth, tuple(proof for line in lines for proof in line.proofs)


def _usable(asked: Usable, case: Case) -> Result:
    names = case.resolve(asked.concept)
    concepts = frozenset(names)
    if concepts & case.suppressed or find(case.orders, names):
        return NO, ()
    if any(fact.standing.counts_as_current for fact in find(case.medications, names)):
        return NO, ()
    if any((line.failed or line.stop_reason) and case.names_of_line(line) & concepts for line in case.lines):
        return NO, ()
    return (YES if case.closed(Group.MEDICATIONS) else UNKNOWN), ()


def _scenario(asked: InScenario, case: Case) -> Result:
    return known(bool(case.scenarios & set(asked.ids))), ()


def _on_card(asked: OnCard, case: Case) -> Result:
    return known(bool(case.on_card & set(asked.ids))), ()


_LEAVES: dict[type, Callable[[Any, Case], Result]] = {
    Always: lambda asked, case: (known(asked.of), ()),
    Deceased: lambda asked, case: (known(case.features.patient.deceased is asked.of), ()),
    InScenario: _scenario,
    OnCard: _on_card,
    Condition: _condition,
    Sites: _sites,
    OnsetAge: _onset_age,
    Taking: _taking,
    Took: _took,
    Ordering: _ordering,
    Measured: _measured,
    OnRecord: _on_record,
    Age: _age,
    Sex: _sex,
    Procedure: _procedure,
    Referred: _referred,
    Allergic: _allergic,
    Failed: _failed,
    Line: _line,
    Usable: _usable,
    Closed: lambda asked, case: (known(case.closed(asked.group)), ()),
    Obtained: lambda asked, case: (known(case.features.groups[asked.group].obtained), ()),
}
