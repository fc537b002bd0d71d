"""Recommendations: which are offered, which are dropped and why (evidence.md 2.4 and 2.6)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from treatment_algorithm.assessment import Dropped, DropReason, Option, SafetyFinding
from treatment_algorithm.case import Answer, Case, find
from treatment_algorithm.evaluation import ask
from treatment_algorithm.features import Proof, StopReason
from treatment_algorithm.knowledge_base import KnowledgeBase
from treatment_algorithm.knowledge_model import Recommendation
from treatment_algorithm.truth import Truth


@dataclass(frozen=True, slots=True)
class Offer:
    """A recommendation's answer and, where its condition holds, what became of it."""

    recommendation: Recommendation
    answer: Answer
    outcome: Option | Dropped | None


def offer_all(
    knowledge: KnowledgeBase, case: Case, findings: Mapping[str, tuple[SafetyFinding, ...]]
) -> tuple[Offer, ...]:
    """Every recommendation in file order with its outcome; only a YES is offered."""
    offers = []
    for recommendation in knowledge.recommendations:
        answer = ask(recommendation.when, case)
        outcome = _outcome(recommendation, answer, knowledge, case, findings) if answer.truth is Truth.YES else None
        offers.append(Offer(recommendation, answer, outcome))
    return tuple(offers)


def _outcome(
    recommendation: Recommendation,
    answer: Answer,
    knowledge: KnowledgeBase,
    case: Case,
    findings: Mapping[str, tuple[SafetyFinding, ...]],
) -> Option | Dropped:
    drugs = _expand(knowledge, recommendation.drug)
    taken_out = [out for drug in drugs if (out := _out(recommendation, drug, case, findings.get(drug, ())))]
    if drugs and len(taken_out) == len(drugs):
        judged = tuple(finding for drug in drugs for finding in findings.get(drug, ()))
        return replace(min(taken_out, key=lambda dropped: _ORDER.index(dropped.reason)), judged=judged)
    # Drugs that the texts name one by one; a set (any corticosteroid) is judged as a whole, also while one is current.
    alone = [name for name in recommendation.judges if name in knowledge.concepts.concepts]
    taken_out += [out for drug in alone if (out := _out(recommendation, drug, case, findings.get(drug, ())))]
    gone = {dropped.drug for dropped in taken_out}
    named = [drug for drug in (*drugs, *_expand(knowledge, recommendation.judges)) if drug not in gone]
    judged = tuple(f for drug in named for f in findings.get(drug, ()))
    return Option(recommendation, judged, answer.proofs, tuple(out for out in taken_out if out.reason not in _SILENT))


_SILENT = (DropReason.CURRENT, DropReason.DRAFTED)
"""Reasons that the chart itself shows: nothing is said of them."""
_ORDER = (
    DropReason.CURRENT,
    DropReason.DRAFTED,
    DropReason.FAILED,
    DropReason.NOT_USABLE,
    DropReason.SUPPRESSED,
)


def _out(recommendation: Recommendation, drug: str, case: Case, findings: Iterable[SafetyFinding]) -> Dropped | None:
    """Why this drug cannot be suggested, None if it can."""
    current = [fact.proof for fact in find(case.medications, (drug,)) if fact.standing.counts_as_current]
    if current:
        return Dropped(recommendation, DropReason.CURRENT, drug, None, tuple(current))
    drafted = [Proof(order.reference, None, "draft") for order in find(case.orders, (drug,))]
    if drafted:
        return Dropped(recommendation, DropReason.DRAFTED, drug, None, tuple(drafted))
    lines = [line for line in case.lines if line.concept == drug]
    for line in lines:
        if line.failed:
            return Dropped(recommendation, DropReason.FAILED, drug, None, line.proofs)
    suppressing = next((f for f in findings if f.action and f.action.suppresses), None)
    if suppressing:
        return Dropped(recommendation, DropReason.SUPPRESSED, drug, suppressing, suppressing.proofs)
    for line in lines:
        if line.stop_reason is StopReason.NOT_USABLE:
            return Dropped(recommendation, DropReason.NOT_USABLE, drug, None, line.proofs)
    return None


def _expand(knowledge: KnowledgeBase, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(concept for name in names for concept in knowledge.drugs_of(name)))
