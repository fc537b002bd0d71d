"""Case: one patient's features laid out for questions; immutable, built once a request."""

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import date
from typing import Protocol, TypeVar

import msgspec
from msgspec.structs import replace

from treatment_algorithm.chart_predicates import SUBJECT
from treatment_algorithm.features import (
    AllergyFact,
    ConditionFact,
    Group,
    MeasurementFact,
    MedicationFact,
    OrderFact,
    PatientFeatures,
    ProcedureFact,
    Proof,
    ReferralFact,
)
from treatment_algorithm.predicates import Predicate
from treatment_algorithm.therapy_lines import TherapyLine
from treatment_algorithm.truth import Truth

_Fact = TypeVar("_Fact")


class _HasConcepts(Protocol):
    @property
    def concepts(self) -> frozenset[str]: ...


_WithConcepts = TypeVar("_WithConcepts", bound=_HasConcepts)
Index = Mapping[str, tuple[_Fact, ...]]


class Answer(msgspec.Struct, frozen=True):
    """A truth, the chart entries that prove it, and the innermost predicate that decided it.

    A struct, because hundreds are made for every request and a frozen dataclass costs several times as much to make.
    """

    truth: Truth
    proofs: tuple[Proof, ...]
    decided_by: Predicate


class Case(msgspec.Struct, frozen=True):
    """What predicates are asked of. The indexes are keyed by concept and by every set that holds the concept.

    A struct, because every drug that is judged needs a case of its own.

    `subject`: names of the drug being judged; `cautious`: an unconfirmed drug counts as present (decision 8, safety
    only); `suppressed`: concepts that a safety rule takes out; `answers`: the features answered so far, by ID.
    """

    features: PatientFeatures
    today: date
    hook: str
    lines: tuple[TherapyLine, ...]
    conditions: Index[ConditionFact]
    medications: Index[MedicationFact]
    measurements: Index[MeasurementFact]
    allergies: Index[AllergyFact]
    procedures: Index[ProcedureFact]
    referrals: Index[ReferralFact]
    orders: Index[OrderFact]
    names_of: Mapping[str, frozenset[str]]
    subject: frozenset[str] = frozenset()
    cautious: bool = False
    scenarios: frozenset[str] = frozenset()
    on_card: frozenset[str] = frozenset()
    suppressed: Container[str] = frozenset()
    answers: Mapping[str, "Answer"] = {}

    def about(self, subject: Iterable[str], *, cautious: bool = True) -> "Case":
        """The same patient, asked about a drug."""
        return replace(self, subject=frozenset(subject), cautious=cautious)

    def with_orders(self, orders: Iterable[OrderFact]) -> "Case":
        """The same patient with only these draft orders."""
        return replace(self, orders=index_facts(orders, self.names_of))

    def resolve(self, names: Iterable[str]) -> tuple[str, ...]:
        """Names with the word `subject` put in its place."""
        given_names = names if isinstance(names, tuple) else tuple(names)
        if SUBJECT not in given_names:
            return given_names
        if len(given_names) == len(self.subject) == 1:
            return tuple(self.subject)
        return tuple(n for given in given_names for n in (sorted(self.subject) if given == SUBJECT else (given,)))

    def names_of_line(self, line: TherapyLine) -> frozenset[str]:
        """The concept and the sets that a therapy line's drug answers to."""
        return self.names_of.get(line.concept, frozenset((line.concept,)))

    def closed(self, group: Group) -> bool:
        """Whether what was not found in the group is not there."""
        return self.features.groups[group].closed


def find(index: Index[_Fact], names: Iterable[str]) -> Sequence[_Fact]:
    """The facts under any of the names, each once, in chart order of the first name that has them."""
    found = [index[name] for name in names if name in index] if index else ()
    if len(found) < 2:
        return found[0] if found else ()
    # By identity: two entries of a chart that say the same are two facts.
    return tuple({id(fact): fact for facts in found for fact in facts}.values())


def index_facts(
    facts: Iterable[_WithConcepts], names_of: Mapping[str, frozenset[str]]
) -> dict[str, tuple[_WithConcepts, ...]]:
    """Facts by every name (concept or set) that they answer to."""
    lists: dict[str, list[_WithConcepts]] = {}
    for fact in facts:
        names = {name for concept in fact.concepts for name in names_of.get(concept, frozenset((concept,)))}
        for name in names:
            lists.setdefault(name, []).append(fact)
    return {name: tuple(found) for name, found in lists.items()}


def index_measurements(
    facts: Iterable[MeasurementFact], names_of: Mapping[str, frozenset[str]]
) -> dict[str, tuple[MeasurementFact, ...]]:
    """Measurements by every name, newest first; undated ones last."""
    lists: dict[str, list[MeasurementFact]] = {}
    for fact in facts:
        for name in names_of.get(fact.concept, frozenset((fact.concept,))):
            lists.setdefault(name, []).append(fact)
    return {
        name: tuple(
            sorted(found, key=lambda fact: fact.proof.date.latest if fact.proof.date else date.min, reverse=True)
        )
        for name, found in lists.items()
    }
