"""Patients in few words: facts built directly, and questions asked as the knowledge files write them."""

import itertools
from collections.abc import Iterable
from datetime import date
from types import MappingProxyType
from typing import Any

from treatment_algorithm.assess import build_case
from treatment_algorithm.case import Answer, Case
from treatment_algorithm.evaluation import ask
from treatment_algorithm.features import (
    AllergyFact,
    ConditionFact,
    ConditionStanding,
    DrugStanding,
    Group,
    GroupState,
    MeasurementFact,
    MedicationFact,
    OrderFact,
    PatientFact,
    PatientFeatures,
    ProcedureFact,
    ProcedureStanding,
    Proof,
    ReferralFact,
)
from treatment_algorithm.knowledge_base import KnowledgeBase
from treatment_algorithm.partial_date import PartialDate, parse_date
from treatment_algorithm.predicates import parse_predicate

TODAY = date(2026, 11, 22)
ADULT = PatientFact(birth=PartialDate(1970, 5, 1), sex="female")
CHILD = PatientFact(birth=PartialDate(2017, 5, 1), sex="female")
Fact = ConditionFact | MedicationFact | MeasurementFact | AllergyFact | ProcedureFact | ReferralFact | OrderFact
_FIELDS = {
    ConditionFact: "conditions",
    MedicationFact: "medications",
    MeasurementFact: "measurements",
    AllergyFact: "allergies",
    ProcedureFact: "procedures",
    ReferralFact: "referrals",
    OrderFact: "orders",
}
_NUMBERS = itertools.count(1)


def day(text: str | None) -> PartialDate | None:
    """A FHIR date as a fact carries it."""
    return parse_date(text)


def _proof(kind: str, on: str | None = None, **more: Any) -> Proof:
    return Proof(f"{kind}/{next(_NUMBERS)}", day(on), **more)


def condition(concept: str, standing: str = "current", on: str | None = None, **more: Any) -> ConditionFact:
    """A condition; `on` is its onset."""
    return ConditionFact(
        concepts=frozenset({concept}),
        standing=ConditionStanding(standing),
        proof=_proof("Condition", on),
        onset=day(on),
        **more,
    )


def drug(
    concept: str,
    start: str | None = None,
    end: str | None = None,
    standing: str | None = None,
    unconfirmed: bool = False,
    **more: Any,
) -> MedicationFact:
    """A drug, current unless it has an end."""
    return MedicationFact(
        concepts=frozenset({concept}),
        standing=DrugStanding(standing or ("past" if end else "current")),
        proof=_proof("MedicationRequest", start, unconfirmed=unconfirmed),
        start=day(start),
        end=day(end),
        **more,
    )


def measured(concept: str, value: float | None = None, on: str | None = "2026-11-10", **more: Any) -> MeasurementFact:
    """A measurement, twelve days old unless dated otherwise."""
    return MeasurementFact(concept=concept, proof=_proof("Observation", on), value=value, **more)


def allergy(concept: str, unconfirmed: bool = False, mild: bool = False) -> AllergyFact:
    """An allergy to a drug."""
    proof = _proof("AllergyIntolerance", unconfirmed=unconfirmed)
    return AllergyFact(frozenset({concept}), proof, mild_intolerance=mild)


def procedure(concept: str, on: str | None = None, standing: str = "done") -> ProcedureFact:
    """A procedure."""
    return ProcedureFact(frozenset({concept}), ProcedureStanding(standing), _proof("Procedure", on))


def referral(concept: str) -> ReferralFact:
    """An active request on record."""
    return ReferralFact(frozenset({concept}), _proof("ServiceRequest"))


def order(concept: str, selected: bool = True, **more: Any) -> OrderFact:
    """A draft order, selected unless said otherwise."""
    return OrderFact(f"MedicationRequest/draft-{next(_NUMBERS)}", frozenset({concept}), selected, **more)


def states(*open_groups: Group, not_obtained: Iterable[Group] = ()) -> MappingProxyType[Group, GroupState]:
    """Every group read completely but these."""
    missing = frozenset(not_obtained)
    return MappingProxyType(
        {
            group: GroupState(obtained=group not in missing, complete=group not in missing and group not in open_groups)
            for group in Group
        }
    )


def features(
    *facts: Fact,
    patient: PatientFact = ADULT,
    open_groups: Iterable[Group] = (),
    not_obtained: Iterable[Group] = (),
) -> PatientFeatures:
    """A chart with these facts; every group was read completely unless it is named."""
    sorted_facts: dict[str, Any] = {}
    for fact in facts:
        field = _FIELDS[type(fact)]
        sorted_facts[field] = (*sorted_facts.get(field, ()), fact)
    groups = states(*open_groups, not_obtained=not_obtained)
    return PatientFeatures(patient=patient, groups=groups, **sorted_facts)


class Clinic:
    """Asks questions, written as in the knowledge files, of charts given as facts."""

    def __init__(self, knowledge: KnowledgeBase) -> None:
        self.knowledge = knowledge

    def case(self, *facts: Fact, hook: str = "patient-view", **more: Any) -> Case:
        """The case of a chart; `more` as in features()."""
        return build_case(features(*facts, **more), self.knowledge, hook, TODAY)

    def answer(self, question: dict[str, Any], *facts: Fact, **more: Any) -> Answer:
        """The whole answer."""
        return ask(parse_predicate(question), self.case(*facts, **more))

    def says(self, question: dict[str, Any], *facts: Fact, **more: Any) -> str:
        """yes, no or unknown."""
        return self.answer(question, *facts, **more).truth.value
