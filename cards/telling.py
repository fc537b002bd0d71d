"""Telling: what a text is told about, and the small words that every phrase uses.

Every label is the knowledge's own; from the chart come dates, numbers and body sites (through escaping).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from treatment_algorithm.assessment import SafetyFinding
from treatment_algorithm.case import Case, find
from treatment_algorithm.features import ConditionFact, DrugStanding, Proof
from treatment_algorithm.knowledge_base import KnowledgeBase
from treatment_algorithm.partial_date import PartialDate


@dataclass(frozen=True, slots=True)
class Telling:
    """What a text is told about: the case, the knowledge, the ordered drug, the finding at hand and all others.

    `told` collects the references of the facts that phrases put into words, for the card's basis.
    """

    case: Case
    knowledge: KnowledgeBase
    drug: str = ""
    finding: SafetyFinding | None = None
    findings: tuple[SafetyFinding, ...] = ()
    told: dict[str, None] = field(default_factory=dict)

    def tell(self, proofs: Iterable[Proof]) -> None:
        """Remember that these entries were put into words."""
        self.told.update(dict.fromkeys(proof.reference for proof in proofs))


Phrase = Callable[[Telling, tuple[str, ...]], str]


def listed(items: Sequence[str], last: str = " and ") -> str:
    """'a', 'a and b', 'a, b and c'."""
    return last.join((", ".join(items[:-1]), items[-1])) if len(items) > 1 else "".join(items)


def recognised(proofs: Iterable[Proof]) -> str:
    """'recognised by name' or 'recognised by look-up' if any of the entries was, else nothing (decision 8)."""
    proofs = tuple(proofs)
    if any(proof.by_name for proof in proofs):
        return "recognised by name"
    return "recognised by look-up" if any(proof.by_lookup for proof in proofs) else ""


def drug_since(label: str, standing: DrugStanding, start: PartialDate | None, how: str) -> str:
    """'methotrexate since 20 Feb 2026', with its standing where it is not simply active; `how`: see `recognised`."""
    known_as = {DrugStanding.ON_HOLD: " (on hold)", DrugStanding.STATUS_UNKNOWN: " (status unknown)"}
    since = f" since {start}" if start else " (start not recorded)"
    return f"{label}{known_as.get(standing, '')}{f' ({how})' if how else ''}{since}"


def label_of(telling: Telling, concepts: Iterable[str], names: Sequence[str]) -> str:
    """The label of the concept that answers to the names: an ingredient rather than a class."""
    names_of = telling.case.names_of
    matching = [c for c in concepts if names_of.get(c, frozenset((c,))) & set(names)] or list(concepts)
    best = min(matching, key=lambda concept: (concept.startswith("class_"), concept))
    return telling.knowledge.label(best)


def dated(label: str, proof: Proof) -> str:
    """A label with the date of its entry, and a word if it was recognised by name or by look-up."""
    notes = [note for note in (str(proof.date or ""), recognised((proof,))) if note]
    return f"{label} ({', '.join(notes)})" if notes else label


def calcinosis_of(telling: Telling) -> Sequence[ConditionFact]:
    """The chart's calcinosis entries."""
    return find(telling.case.conditions, (telling.knowledge.manifest.calcinosis,))
