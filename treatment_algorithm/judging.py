"""How facts answer a question: any fact that passes is yes; none is no only in a group that was read completely."""

from collections.abc import Callable, Sequence
from typing import Any

from treatment_algorithm.case import Case
from treatment_algorithm.features import Group, OrderFact, Proof
from treatment_algorithm.partial_date import PartialDate, within_days
from treatment_algorithm.truth import Truth

Result = tuple[Truth, tuple[Proof, ...]]
"""A truth with the chart entries that prove it."""


def over(facts: Sequence[Any], judge: Callable[[Any], Truth], case: Case, group: Group) -> Result:
    """YES with the facts that pass; else UNKNOWN if one might or the group is open (decision 5); else NO."""
    if not facts:
        return (Truth.NO if case.closed(group) else Truth.UNKNOWN), ()
    passed: list[Proof] = []
    unknown = False
    for fact in facts:
        truth = judge(fact)
        if truth is Truth.YES:
            passed.append(proof_of(fact))
        unknown |= truth is Truth.UNKNOWN
    if passed:
        return Truth.YES, tuple(passed)
    return (Truth.UNKNOWN if unknown or not case.closed(group) else Truth.NO), ()


def proof_of(fact: Any) -> Proof:
    """The chart entry of a fact; a draft order proves itself."""
    if isinstance(fact, OrderFact):
        return Proof(fact.reference, None, "draft", fact.by_name, fact.unconfirmed, fact.by_lookup)
    proof: Proof = fact.proof
    return proof


def recent(moment: PartialDate | None, days: int | None, case: Case) -> Truth:
    """Whether the moment lies within so many days; YES when no limit is asked."""
    return Truth.YES if days is None else within_days(moment, days, case.today)
