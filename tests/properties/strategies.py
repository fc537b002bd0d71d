"""Hypothesis strategies for whole charts as PatientFeatures: real concepts, any status, partial dates, open groups."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from treatment_algorithm.concept_table import ConceptKind
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
    OrderReason,
    PatientFact,
    PatientFeatures,
    ProcedureFact,
    ProcedureStanding,
    Proof,
    ReferralFact,
    Severity,
    StopReason,
)
from treatment_algorithm.knowledge_base import KnowledgeBase, knowledge_folder, load_knowledge
from treatment_algorithm.partial_date import PartialDate

TODAY = date(2026, 11, 22)
HOOKS = ("patient-view", "order-select", "order-sign")
KNOWLEDGE: KnowledgeBase = load_knowledge(knowledge_folder())
QUICK = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
"""Derandomized: the same examples on every machine; a find becomes a test of its own."""
THOROUGH = settings(QUICK, max_examples=200)

# Half of all picks: without these an arbitrary chart is one that the knowledge has nothing to say about.
CORE_CONDITIONS = (
    "calcinosis_cutis",
    "dermatomyositis",
    "juvenile_dermatomyositis",
    "systemic_sclerosis",
    "av_block_second_degree",
    "pacemaker",
    "pain",
    "skin_ulcer",
)
CORE_DRUGS = (
    "methotrexate",
    "mycophenolate",
    "prednisolone",
    "diltiazem",
    "metoprolol",
    "nifedipine",
    "infliximab",
    "etanercept",
    "rituximab",
    "immune_globulin",
    "warfarin",
    "sodium_thiosulfate",
)
CORE_MEASUREMENTS = (
    "heart_rate",
    "systolic_bp",
    "pain_severity_0_10",
    "hbsag",
    "hepatitis_b_core_ab",
    "tb_igra",
    "lvef",
)
ROUTES = (None, "oral", "subcutaneous", "intravenous", "topical", "ophthalmic", "intralesional")
CUES = ("active", "flare", "painful", "ulcerated", "localized", "widespread", "severe", "prominent_skin")


def _keys(*kinds: ConceptKind) -> list[str]:
    return sorted(concept.key for concept in KNOWLEDGE.concepts.concepts.values() if concept.kind in kinds)


CONDITIONS, DRUGS = _keys(ConceptKind.CONDITION), _keys(ConceptKind.MEDICATION)
MEASUREMENTS, SERVICES = _keys(ConceptKind.OBSERVATION), _keys(ConceptKind.PROCEDURE)


def _picks(core: Sequence[str], every: Sequence[str]) -> st.SearchStrategy[str]:
    return st.one_of(st.sampled_from(core), st.sampled_from(core), st.sampled_from(every))


def _concepts(core: Sequence[str], every: Sequence[str]) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(_picks(core, every), min_size=1, max_size=2)


@st.composite
def partial_dates(draw: st.DrawFn) -> PartialDate:
    """A date of the last years or a little ahead, known to the year, the month or the day."""
    moment = draw(st.dates(date(1930, 1, 1), date(2027, 12, 31)) | st.dates(date(2024, 1, 1), date(2026, 12, 31)))
    parts = (moment.year, moment.month, moment.day)[: draw(st.integers(1, 3))]
    return PartialDate(*parts)


def _maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def _proofs(kind: str) -> st.SearchStrategy[Proof]:
    return st.builds(
        Proof,
        reference=st.integers(1, 10**6).map(lambda number: f"{kind}/{number}"),
        date=_maybe(partial_dates()),
        status=st.sampled_from(("", "active", "completed")),
        by_name=st.booleans(),
        unconfirmed=st.sampled_from((False, False, False, True)),
    )


SITES = st.sampled_from(("elbow", "left elbow", "right knee", "thigh", "finger pulp"))


def conditions(concepts: st.SearchStrategy[frozenset[str]] | None = None) -> st.SearchStrategy[ConditionFact]:
    """Conditions of any standing; current ones prevail."""
    return st.builds(
        ConditionFact,
        concepts=_concepts(CORE_CONDITIONS, CONDITIONS) if concepts is None else concepts,
        standing=st.sampled_from((ConditionStanding.CURRENT, ConditionStanding.CURRENT, *ConditionStanding)),
        proof=_proofs("Condition"),
        onset=_maybe(partial_dates()),
        recorded=_maybe(partial_dates()),
        severity=_maybe(st.sampled_from(Severity)),
        body_sites=st.lists(SITES, max_size=3).map(tuple),
        cues=st.frozensets(st.sampled_from(CUES), max_size=2),
    )


MEDICATIONS = st.builds(
    MedicationFact,
    concepts=_concepts(CORE_DRUGS, DRUGS),
    standing=st.sampled_from((DrugStanding.PAST, *DrugStanding)),
    proof=_proofs("MedicationRequest"),
    start=_maybe(partial_dates()),
    end=_maybe(partial_dates()),
    route=st.sampled_from(ROUTES),
    stop_reason=st.sampled_from((None, *StopReason)),
    daily_mg=_maybe(st.sampled_from((2.5, 10.0, 12.5, 20.0, 40.0))),
)
OBSERVATIONS = st.builds(
    MeasurementFact,
    concept=_picks(CORE_MEASUREMENTS, MEASUREMENTS),
    proof=_proofs("Observation"),
    value=_maybe(st.sampled_from((0.0, 2.0, 6.0, 39.0, 45.0, 66.0, 88.0, 124.0, 1e9))),
    coded=st.sampled_from((None, None, "positive", "negative", "indeterminate")),
    low=_maybe(st.just(50.0)),
    high=_maybe(st.just(100.0)),
)
ALLERGIES = st.builds(
    AllergyFact,
    concepts=_concepts(CORE_DRUGS, DRUGS),
    proof=_proofs("AllergyIntolerance"),
    mild_intolerance=st.booleans(),
)
PROCEDURES = st.builds(
    ProcedureFact,
    concepts=_concepts(("electrocardiogram", "excision_of_lesion"), SERVICES),
    standing=st.sampled_from(ProcedureStanding),
    proof=_proofs("Procedure"),
)
REFERRALS = st.builds(
    ReferralFact,
    concepts=_concepts(("referral_rheumatology", "referral_surgery"), SERVICES),
    proof=_proofs("ServiceRequest"),
)
ORDERS = st.builds(
    OrderFact,
    reference=st.integers(1, 10**6).map(lambda number: f"MedicationRequest/draft-{number}"),
    concepts=st.one_of(st.just(frozenset()), _concepts(CORE_DRUGS, DRUGS), _concepts(CORE_DRUGS, DRUGS + SERVICES)),
    selected=st.sampled_from((True, True, False)),
    reason=st.sampled_from(OrderReason),
    route=st.sampled_from(ROUTES),
    daily_mg=_maybe(st.sampled_from((5.0, 20.0))),
    duration_days=_maybe(st.sampled_from((7, 28, 29, 90))),
)
CLOSED = GroupState()
STATES = st.sampled_from(
    (
        CLOSED,
        CLOSED,
        CLOSED,
        GroupState(obtained=False, complete=False),
        GroupState(complete=False),
        GroupState(unreadable=2),
    )
)
PATIENTS = st.builds(
    PatientFact,
    birth=_maybe(partial_dates()) | st.just(PartialDate(1970, 5, 1)),
    sex=st.sampled_from((None, "female", "male", "unknown")),
)


def _few(strategy: st.SearchStrategy[Any], at_most: int) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(strategy, max_size=at_most, unique_by=lambda fact: _reference(fact)).map(tuple)


def _reference(fact: Any) -> str:
    return str(fact.reference if isinstance(fact, OrderFact) else fact.proof.reference)


def charts(
    states: st.SearchStrategy[GroupState] = STATES, condition: st.SearchStrategy[ConditionFact] | None = None
) -> st.SearchStrategy[PatientFeatures]:
    """Whole charts; with `states` of CLOSED alone everything was read."""
    return st.builds(
        PatientFeatures,
        patient=PATIENTS,
        conditions=_few(conditions() if condition is None else condition, 6),
        medications=_few(MEDICATIONS, 5),
        measurements=_few(OBSERVATIONS, 6),
        allergies=_few(ALLERGIES, 2),
        procedures=_few(PROCEDURES, 2),
        referrals=_few(REFERRALS, 2),
        orders=_few(ORDERS, 3),
        groups=st.fixed_dictionaries(dict.fromkeys(Group, states)).map(MappingProxyType),
    ).map(with_drafts)


def with_drafts(features: PatientFeatures) -> PatientFeatures:
    """The chart with a raw draft for each of its orders, as the mapping keeps them."""
    drafts = {
        order.reference: {
            "resourceType": "MedicationRequest",
            "id": order.reference.partition("/")[2],
            "status": "draft",
            "intent": "order",
            "medicationCodeableConcept": {"text": "as ordered"},
            "subject": {"reference": "Patient/property"},
            "dosageInstruction": [{"text": "as ordered"}],
        }
        for order in features.orders
    }
    return replace(features, drafts=MappingProxyType(drafts))
