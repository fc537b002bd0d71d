"""PatientFeatures: everything the algorithm may ask about one patient, owned here, filled by fhir_mappings.

Every fact keeps the reference that proves it. Texts from the chart occur only in `body_sites`; they are not
escaped here (cards does that). Concepts are the keys of knowledge/concepts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from treatment_algorithm.partial_date import PartialDate


class Group(StrEnum):
    """A kind of chart data that is obtained, or not, as a whole (decision 5)."""

    CONDITIONS = "conditions"
    MEDICATIONS = "medications"
    STATEMENTS = "statements"
    ALLERGIES = "allergies"
    PROCEDURES = "procedures"
    OBSERVATIONS = "observations"
    REFERRALS = "referrals"
    ORDERS = "orders"


@dataclass(frozen=True, slots=True)
class GroupState:
    """How far a group was read; `closed` means that what was not found is not there."""

    obtained: bool = True
    complete: bool = True
    unreadable: int = 0

    @property
    def closed(self) -> bool:
        """Obtained, read to its end, every entry readable (decisions 5 and 6)."""
        return self.obtained and self.complete and self.unreadable == 0


@dataclass(frozen=True, slots=True)
class Proof:
    """The chart entry that proves a fact: `Condition/12`, its date and status as recorded.

    `by_name`, `by_lookup`: recognised by its name, or by what a terminology server says of its code (decision 8).
    """

    reference: str
    date: PartialDate | None = None
    status: str = ""
    by_name: bool = False
    unconfirmed: bool = False
    by_lookup: bool = False


class ConditionStanding(StrEnum):
    """What a Condition's clinical and verification status make of it (evidence.md 2.1)."""

    CURRENT = "current"
    REMISSION = "remission"
    PAST = "past"
    SUSPECTED = "suspected"


class Severity(StrEnum):
    """Condition.severity, as coded or as written in `severity.text`."""

    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"


@dataclass(frozen=True, slots=True)
class ConditionFact:
    """One Condition that carries at least one concept (refuted and entered-in-error ones are dropped).

    `cues` are keys of knowledge/cues.yaml found in the Condition's own texts (code, severity, stage, bodySite).
    `body_sites` holds one chart text a site, unescaped.
    """

    concepts: frozenset[str]
    standing: ConditionStanding
    proof: Proof
    onset: PartialDate | None = None
    recorded: PartialDate | None = None
    abated: PartialDate | None = None
    severity: Severity | None = None
    body_sites: tuple[str, ...] = ()
    cues: frozenset[str] = frozenset()


class DrugStanding(StrEnum):
    """What status, intent and doNotPerform make of a MedicationRequest or MedicationStatement (decision 9)."""

    CURRENT = "current"
    ON_HOLD = "on-hold"
    STATUS_UNKNOWN = "status-unknown"
    PAST = "past"

    @property
    def counts_as_current(self) -> bool:
        """On-hold and unknown count as current and are named as such."""
        return self is not DrugStanding.PAST


class StopReason(StrEnum):
    """What a recorded reason says of a therapy's end (evidence.md 2.1, 2.2)."""

    FAILED = "failed"
    NOT_USABLE = "not-usable"


@dataclass(frozen=True, slots=True)
class MedicationFact:
    """One drug of a MedicationRequest or MedicationStatement.

    `concepts` are ingredient concepts (several for a combination) and ATC class concepts.
    `route`: keys of knowledge/cues.yaml routes, None when not recorded. `daily_mg`: milligrams a day of the only
    ingredient, None when it cannot be computed from the dosage and the product's strength.
    """

    concepts: frozenset[str]
    standing: DrugStanding
    proof: Proof
    start: PartialDate | None = None
    end: PartialDate | None = None
    route: str | None = None
    stop_reason: StopReason | None = None
    daily_mg: float | None = None
    reasons: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class MeasurementFact:
    """One Observation or component value: a number with its UCUM unit, or a coded result.

    `coded` holds 'positive' / 'negative' / 'indeterminate' for qualitative results, else a concept key of the value.
    `low` and `high` are the reference range that came with the result, in the same unit. `comparator` (`<`, `<=`,
    `>=`, `>`) makes the value a bound: the true one lies below or above it (FHIR R4, Quantity.comparator).
    """

    concept: str
    proof: Proof
    value: float | None = None
    unit: str | None = None
    coded: str | None = None
    low: float | None = None
    high: float | None = None
    comparator: str | None = None


@dataclass(frozen=True, slots=True)
class AllergyFact:
    """One AllergyIntolerance that is neither refuted, entered-in-error, inactive nor resolved.

    `mild_intolerance`: type intolerance of low criticality, which is a MENTION and no contraindication.
    """

    concepts: frozenset[str]
    proof: Proof
    mild_intolerance: bool = False


class ProcedureStanding(StrEnum):
    """Done, or planned and not yet done; not-done and entered-in-error ones are dropped."""

    DONE = "done"
    PLANNED = "planned"


@dataclass(frozen=True, slots=True)
class ProcedureFact:
    """One Procedure."""

    concepts: frozenset[str]
    standing: ProcedureStanding
    proof: Proof
    body_sites: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReferralFact:
    """One active ServiceRequest on record (not a draft of this session)."""

    concepts: frozenset[str]
    proof: Proof


class OrderReason(StrEnum):
    """What an order says it is for (evidence.md 2.5).

    DISEASE: the dermatomyositis itself, which is not "elsewhere" for an immunosuppressant; the mapping says OTHER,
    the algorithm tells the two apart (assess.py).
    """

    CALCINOSIS = "calcinosis"
    DISEASE = "disease"
    OTHER = "other"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class OrderFact:
    """One draft order of the hook's context; `concepts` is empty while no drug or service is chosen.

    `reference` is `Type/id` as selections name it. `reasons` are the condition concepts that its reason points to;
    `duration_days` is the planned length, None when not given. `unreadable`: the entry could not be read at all.
    """

    reference: str
    concepts: frozenset[str]
    selected: bool
    reason: OrderReason = OrderReason.UNKNOWN
    reasons: frozenset[str] = frozenset()
    route: str | None = None
    daily_mg: float | None = None
    duration_days: int | None = None
    by_name: bool = False
    unconfirmed: bool = False
    unreadable: bool = False
    by_lookup: bool = False


@dataclass(frozen=True, slots=True)
class PatientFact:
    """Who the patient is, as far as the algorithm needs it."""

    birth: PartialDate | None = None
    sex: str | None = None
    deceased: bool = False


def _all_open() -> Mapping[Group, GroupState]:
    return MappingProxyType({group: GroupState(obtained=False, complete=False) for group in Group})


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that was wrong with the chart: where, and what kind; never the content.

    `kind`: unreadable | other-patient | not-resolved | cut-short | not-obtained | client-error | unknown-drug | unit.
    """

    group: Group | None
    reference: str
    kind: str


@dataclass(frozen=True, slots=True)
class PatientFeatures:
    """The whole chart as facts. `drafts` keeps the raw draft orders by reference, for `update` suggestions only."""

    patient: PatientFact = PatientFact()
    conditions: tuple[ConditionFact, ...] = ()
    medications: tuple[MedicationFact, ...] = ()
    measurements: tuple[MeasurementFact, ...] = ()
    allergies: tuple[AllergyFact, ...] = ()
    procedures: tuple[ProcedureFact, ...] = ()
    referrals: tuple[ReferralFact, ...] = ()
    orders: tuple[OrderFact, ...] = ()
    groups: Mapping[Group, GroupState] = field(default_factory=_all_open)
    issues: tuple[Issue, ...] = ()
    drafts: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: MappingProxyType({}))
