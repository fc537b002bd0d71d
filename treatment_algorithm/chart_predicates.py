"""Questions about one chart: the leaves of the predicate vocabulary (predicates.py gives them their words)."""

from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field
from pydantic.dataclasses import dataclass

from treatment_algorithm.features import ConditionStanding, Group, OrderReason, ProcedureStanding, Severity

STRICT = ConfigDict(extra="forbid")
SUBJECT = "subject"
"""Stands for the drug that is being judged (suggested or ordered) where a concept is named."""


def listed(value: Any) -> Any:
    """YAML may say `x` for `[x]`."""
    return tuple(value) if isinstance(value, list | tuple) else (value,)


Names = Annotated[tuple[str, ...], BeforeValidator(listed)]
Is = Annotated[tuple[str, ...], BeforeValidator(listed), Field(alias="is", min_length=1)]


@dataclass(frozen=True, config=STRICT)
class Condition:
    """`condition`: one is recorded; `within_days` counts from its onset, else from its recorded date."""

    concept: Is
    standing: Annotated[tuple[ConditionStanding, ...], BeforeValidator(listed)] = (ConditionStanding.CURRENT,)
    severity: Annotated[tuple[Severity, ...], BeforeValidator(listed)] = ()
    cues: Names = ()
    within_days: int | None = None


@dataclass(frozen=True, config=STRICT)
class Sites:
    """`sites`: how many different body sites the current conditions name; unknown when none is named."""

    concept: Is
    at_least: int = 1
    at_most: int | None = None


@dataclass(frozen=True, config=STRICT)
class OnsetAge:
    """`onset_age`: completed years at the onset of a current condition; onset missing: today's age (2.1)."""

    concept: Is
    below: int


@dataclass(frozen=True, config=STRICT)
class Taking:
    """`taking`: a drug is current. Routes not recorded pass `routes` and `not_routes` (they decide nothing)."""

    concept: Is
    routes: Names = ()
    not_routes: Names = ()
    daily_mg_above: float | None = None
    unknown_dose_counts: bool = False
    on_hold: bool = False


@dataclass(frozen=True, config=STRICT)
class Took:
    """`took`: a drug was taken and ended, its end (or start) within `within_days`."""

    concept: Is
    within_days: int | None = None


@dataclass(frozen=True, config=STRICT)
class Ordering:
    """`ordering`: a draft order of this session; `selected` asks for a selected or an unselected one."""

    concept: Is
    selected: bool | None = None
    reason: Annotated[tuple[OrderReason, ...], BeforeValidator(listed)] = ()
    routes: Names = ()
    not_routes: Names = ()
    daily_mg_above: float | None = None
    unknown_dose_counts: bool = False
    weeks_at_most: int | None = None


@dataclass(frozen=True, config=STRICT)
class Measured:
    """`measured`: the newest value within `within_days` compares so; absent is unknown, never no.

    `range`: against the reference range that came with the result. `coded`: qualitative results. `ever`: any
    result counts, not only the newest.
    """

    concept: Is
    below: float | None = None
    at_most: float | None = None
    above: float | None = None
    at_least: float | None = None
    range: str | None = Field(default=None, pattern="^(above|below|within)$")
    coded: Names = ()
    within_days: int | None = None
    ever: bool = False

    @property
    def has_number(self) -> bool:
        """Whether it compares with a number of its own (not with the result's range)."""
        return any(limit is not None for limit in (self.below, self.at_most, self.above, self.at_least))


@dataclass(frozen=True, config=STRICT)
class OnRecord:
    """`on_record`: a value or a done procedure is on record (always yes or no: the record, not the patient)."""

    concept: Is
    within_days: int | None = None


@dataclass(frozen=True, config=STRICT)
class Age:
    """`age`: completed years today."""

    below: int | None = None
    at_least: int | None = None


@dataclass(frozen=True, config=STRICT)
class Sex:
    """`sex`: Patient.gender."""

    concept: Is


@dataclass(frozen=True, config=STRICT)
class Procedure:
    """`procedure`: one is recorded."""

    concept: Is
    standing: Annotated[tuple[ProcedureStanding, ...], BeforeValidator(listed)] = (ProcedureStanding.DONE,)
    within_days: int | None = None


@dataclass(frozen=True, config=STRICT)
class Referred:
    """`referred`: an active request of this kind is on record, or drafted in this session."""

    concept: Is


@dataclass(frozen=True, config=STRICT)
class Allergic:
    """`allergic`: an allergy to the drug is recorded; `mild` asks for a low-criticality intolerance instead."""

    concept: Is
    mild: bool = False


@dataclass(frozen=True, config=STRICT)
class Failed:
    """`failed`: at least so many therapies of therapies.yaml failed (2.2); untold stops make it unknown.

    `by`: only failures by a recorded reason, or by calcinosis dated after the minimum trial.
    """

    therapies: Annotated[tuple[str, ...], BeforeValidator(listed), Field(alias="of")]
    at_least: int = 1
    by: str | None = Field(default=None, pattern="^(date|reason)$")


@dataclass(frozen=True, config=STRICT)
class Line:
    """`line`: among current lines of these drugs the newest began so many weeks ago or more."""

    concept: Is
    weeks_at_least: int


@dataclass(frozen=True, config=STRICT)
class Usable:
    """`usable`: a drug can be a next step: not current, drafted, failed, intolerable or suppressed."""

    concept: Is


@dataclass(frozen=True, config=STRICT)
class Closed:
    """`closed`: the group was read completely (always yes or no)."""

    group: Group


@dataclass(frozen=True, config=STRICT)
class Obtained:
    """`obtained`: the group was read at all (always yes or no)."""

    group: Group
