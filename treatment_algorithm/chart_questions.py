"""What the words about conditions, measurements, procedures and the patient mean, in three values."""

from collections.abc import Sequence
from typing import Any

from treatment_algorithm.case import Case, find
from treatment_algorithm.chart_predicates import (
    Age,
    Condition,
    Measured,
    OnRecord,
    OnsetAge,
    Procedure,
    Referred,
    Sex,
    Sites,
)
from treatment_algorithm.features import ConditionFact, Group, MeasurementFact, ProcedureStanding
from treatment_algorithm.judging import Result, over, proof_of, recent
from treatment_algorithm.partial_date import PartialDate, years_between
from treatment_algorithm.truth import Truth, all_of, known, negate

INDETERMINATE = "indeterminate"
"""A result that was looked for and says nothing: neither an answer nor on record."""


def condition(asked: Condition, case: Case) -> Result:
    """Conditions by standing, severity, cues and time since onset (else since the record).

    How long it has been there the earliest record says: an encounter diagnosis that repeats the problem list is not
    a new disease.
    """

    def judge(fact: ConditionFact) -> Truth:
        if fact.standing not in asked.standing:
            return Truth.NO
        if asked.severity and fact.severity not in asked.severity:
            return Truth.NO if fact.severity else Truth.UNKNOWN
        if asked.cues and not fact.cues & set(asked.cues):
            return Truth.UNKNOWN
        return Truth.YES

    truth, proofs = over(find(case.conditions, case.resolve(asked.concept)), judge, case, Group.CONDITIONS)
    if truth is not Truth.YES or asked.within_days is None:
        return truth, proofs
    since = earliest([fact for fact in case.features.conditions if fact.proof in proofs])
    return recent(since, asked.within_days, case), proofs


def earliest(facts: Sequence[ConditionFact]) -> PartialDate | None:
    """The earliest onset (else recorded date) of the facts; None when none is dated."""
    dates = [dated for fact in facts if (dated := fact.onset or fact.recorded)]
    return min(dates, key=lambda dated: dated.earliest, default=None)


def sites(asked: Sites, case: Case) -> Result:
    """Different body sites named by current conditions; none named is unknown."""
    facts = [f for f in find(case.conditions, asked.concept) if f.standing == "current" and f.body_sites]
    sites = {" ".join(site.lower().split()) for fact in facts for site in fact.body_sites}
    if not sites:
        return Truth.UNKNOWN, ()
    right = len(sites) >= asked.at_least and (asked.at_most is None or len(sites) <= asked.at_most)
    return known(right), tuple(fact.proof for fact in facts)


def onset_age(asked: OnsetAge, case: Case) -> Result:
    """Age at the onset of a current condition; onset missing: age today."""
    birth = case.features.patient.birth

    def judge(fact: ConditionFact) -> Truth:
        if fact.standing != "current":
            return Truth.NO
        moment = fact.onset or PartialDate(case.today.year, case.today.month, case.today.day)
        return _younger(birth, moment, asked.below)

    return over(find(case.conditions, asked.concept), judge, case, Group.CONDITIONS)


def _younger(birth: PartialDate | None, moment: PartialDate, years: int) -> Truth:
    """Whether someone born then was younger than so many years at that moment."""
    if birth is None:
        return Truth.UNKNOWN
    oldest = years_between(birth.earliest, max(moment.latest, birth.earliest))
    youngest = years_between(birth.latest, max(moment.earliest, birth.latest))
    if oldest < years:
        return Truth.YES
    return Truth.NO if youngest >= years else Truth.UNKNOWN


def measured(asked: Measured, case: Case) -> Result:
    """The newest value that says something; no value is unknown, never no."""
    facts = [
        f for f in find(case.measurements, asked.concept) if recent(f.proof.date, asked.within_days, case) is Truth.YES
    ]
    facts.sort(key=lambda fact: fact.proof.date.latest.toordinal() if fact.proof.date else 0, reverse=True)
    judged = [(_compare(fact, asked), fact) for fact in facts]
    told = [(truth, fact) for truth, fact in judged if truth is not Truth.UNKNOWN]
    if asked.ever:
        told.sort(key=lambda pair: pair[0] is not Truth.YES)
    return (told[0][0], (told[0][1].proof,)) if told else (Truth.UNKNOWN, ())


def _compare(fact: MeasurementFact, asked: Measured) -> Truth:
    if asked.coded:
        return Truth.UNKNOWN if fact.coded in (None, INDETERMINATE) else known(fact.coded in asked.coded)
    if fact.value is None:
        return Truth.UNKNOWN
    truths: list[Truth] = []
    if asked.range:
        above, below = _above(fact, fact.high), negate(_at_least(fact, fact.low))
        within = all_of((negate(above), negate(below)))
        truths.append({"above": above, "below": below, "within": within}[asked.range])
    if asked.below is not None:
        truths.append(negate(_at_least(fact, asked.below)))
    if asked.at_most is not None:
        truths.append(negate(_above(fact, asked.at_most)))
    if asked.above is not None:
        truths.append(_above(fact, asked.above))
    if asked.at_least is not None:
        truths.append(_at_least(fact, asked.at_least))
    return all_of(truths)


def _above(fact: MeasurementFact, limit: float | None) -> Truth:
    """Whether the true value is greater than the limit; a bound decides only what lies on its far side."""
    if fact.value is None or limit is None:
        return Truth.UNKNOWN
    match fact.comparator:
        case None:
            return known(fact.value > limit)
        case ">":
            return Truth.YES if fact.value >= limit else Truth.UNKNOWN
        case ">=":
            return Truth.YES if fact.value > limit else Truth.UNKNOWN
        case "<" | "<=":
            return Truth.NO if fact.value <= limit else Truth.UNKNOWN
        case _:
            return Truth.UNKNOWN


def _at_least(fact: MeasurementFact, limit: float | None) -> Truth:
    """Whether the true value is the limit or greater."""
    if fact.value is None or limit is None:
        return Truth.UNKNOWN
    match fact.comparator:
        case None:
            return known(fact.value >= limit)
        case ">" | ">=":
            return Truth.YES if fact.value >= limit else Truth.UNKNOWN
        case "<":
            return Truth.NO if fact.value <= limit else Truth.UNKNOWN
        case "<=":
            return Truth.NO if fact.value < limit else Truth.UNKNOWN
        case _:
            return Truth.UNKNOWN


def on_record(asked: OnRecord, case: Case) -> Result:
    """Whether a value or done procedure is on record at all."""
    names = case.resolve(asked.concept)
    found = find(case.measurements, names)
    values = [fact for fact in found if fact.value is not None or fact.coded not in (None, INDETERMINATE)]
    dated = [fact.proof for fact in values]
    dated += [fact.proof for fact in find(case.procedures, names) if fact.standing is ProcedureStanding.DONE]
    in_time = tuple(proof for proof in dated if recent(proof.date, asked.within_days, case) is Truth.YES)
    return known(bool(in_time)), in_time


def age(asked: Age, case: Case) -> Result:
    """Completed years today."""
    today = PartialDate(case.today.year, case.today.month, case.today.day)
    birth = case.features.patient.birth
    truths = []
    if asked.below is not None:
        truths.append(_younger(birth, today, asked.below))
    if asked.at_least is not None:
        truths.append(negate(_younger(birth, today, asked.at_least)))
    return all_of(truths), ()


def sex(asked: Sex, case: Case) -> Result:
    """Patient.gender."""
    sex = case.features.patient.sex
    return (Truth.UNKNOWN if sex in (None, "unknown") else known(sex in asked.concept)), ()


def procedure(asked: Procedure, case: Case) -> Result:
    """Procedures by standing and date."""

    def judge(fact: Any) -> Truth:
        return Truth.NO if fact.standing not in asked.standing else recent(fact.proof.date, asked.within_days, case)

    return over(find(case.procedures, asked.concept), judge, case, Group.PROCEDURES)


def referred(asked: Referred, case: Case) -> Result:
    """Active requests, and drafts of this session."""
    drafts = tuple(proof_of(order) for order in find(case.orders, asked.concept))
    if drafts:
        return Truth.YES, drafts
    return over(find(case.referrals, asked.concept), lambda _: Truth.YES, case, Group.REFERRALS)
