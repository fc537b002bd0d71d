"""What the words about drugs, orders, allergies and therapy lines mean, in three values."""

from datetime import timedelta
from typing import Any

from treatment_algorithm.case import Case, find
from treatment_algorithm.chart_predicates import Allergic, Failed, Line, Ordering, Taking, Took, Usable
from treatment_algorithm.features import Group, MedicationFact, OrderFact, Proof
from treatment_algorithm.judging import Result, over, recent
from treatment_algorithm.partial_date import on_or_before
from treatment_algorithm.truth import Truth, all_of, known


def _usage(fact: MedicationFact | OrderFact, asked: Taking | Ordering, case: Case, unconfirmed: bool) -> Truth:
    truths = [Truth.UNKNOWN if unconfirmed and not case.cautious else Truth.YES]
    if asked.routes or asked.not_routes:
        if fact.route is None:
            truths.append(Truth.UNKNOWN if asked.routes else Truth.YES)
        else:
            wanted = not asked.routes or fact.route in asked.routes
            truths.append(known(wanted and fact.route not in asked.not_routes))
    if asked.daily_mg_above is not None:
        unknown_dose = Truth.YES if asked.unknown_dose_counts else Truth.UNKNOWN
        truths.append(unknown_dose if fact.daily_mg is None else known(fact.daily_mg > asked.daily_mg_above))
    return all_of(truths)


def taking(asked: Taking, case: Case) -> Result:
    """Current drugs by route and daily amount."""

    def judge(fact: MedicationFact) -> Truth:
        if not fact.standing.counts_as_current or (asked.on_hold and fact.standing == "current"):
            return Truth.NO
        return _usage(fact, asked, case, fact.proof.unconfirmed)

    return over(find(case.medications, case.resolve(asked.concept)), judge, case, Group.MEDICATIONS)


def took(asked: Took, case: Case) -> Result:
    """Drugs that ended."""

    def judge(fact: MedicationFact) -> Truth:
        return Truth.NO if fact.standing.counts_as_current else recent(fact.end or fact.start, asked.within_days, case)

    return over(find(case.medications, case.resolve(asked.concept)), judge, case, Group.MEDICATIONS)


def ordering(asked: Ordering, case: Case) -> Result:
    """Draft orders by selection, reason, planned length, route and amount."""

    def judge(order: OrderFact) -> Truth:
        if asked.selected is not None and order.selected is not asked.selected:
            return Truth.NO
        if asked.reason and order.reason not in asked.reason:
            return Truth.NO
        if asked.weeks_at_most is not None:
            if order.duration_days is None:
                return Truth.UNKNOWN
            if order.duration_days > asked.weeks_at_most * 7:
                return Truth.NO
        return _usage(order, asked, case, order.unconfirmed)

    return over(find(case.orders, case.resolve(asked.concept)), judge, case, Group.ORDERS)


def allergic(asked: Allergic, case: Case) -> Result:
    """Recorded allergies; a low-criticality intolerance only when asked for."""

    def judge(fact: Any) -> Truth:
        if fact.mild_intolerance is not asked.mild:
            return Truth.NO
        return Truth.YES if case.cautious or not fact.proof.unconfirmed else Truth.UNKNOWN

    return over(find(case.allergies, case.resolve(asked.concept)), judge, case, Group.ALLERGIES)


def failed(asked: Failed, case: Case) -> Result:
    """Therapies that failed (evidence.md 2.2); untold stops make it unknown."""
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
        return Truth.YES, tuple(proofs)
    reachable = len(failed.keys() | untold) >= asked.at_least
    return (Truth.UNKNOWN if reachable or not case.closed(Group.MEDICATIONS) else Truth.NO), ()


def line(asked: Line, case: Case) -> Result:
    """Current therapy lines, the newest of them at least so old."""
    lines = [line for line in case.lines if line.current and case.names_of_line(line) & set(asked.concept)]
    if not lines:
        return (Truth.NO if case.closed(Group.MEDICATIONS) else Truth.UNKNOWN), ()
    limit = case.today - timedelta(weeks=asked.weeks_at_least)
    truth = all_of(on_or_before(line.start, limit) for line in lines)
    return truth, tuple(proof for line in lines for proof in line.proofs)


def usable(asked: Usable, case: Case) -> Result:
    """Whether a drug can be a next step."""
    names = case.resolve(asked.concept)
    concepts = frozenset(names)
    if any(concept in case.suppressed for concept in concepts) or find(case.orders, names):
        return Truth.NO, ()
    if any(fact.standing.counts_as_current for fact in find(case.medications, names)):
        return Truth.NO, ()
    if any((line.failed or line.stop_reason) and case.names_of_line(line) & concepts for line in case.lines):
        return Truth.NO, ()
    return (Truth.YES if case.closed(Group.MEDICATIONS) else Truth.UNKNOWN), ()
