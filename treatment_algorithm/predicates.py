"""The closed vocabulary of questions that knowledge files may ask about a patient.

In YAML a predicate is a mapping with exactly one key, a word of `WORDS`: `{taking: {is: diltiazem}}`. A word that
is not here does not load. What a word means, in three values, is in evaluation.py; that the concepts, sets,
features and rules it names exist is checked when the knowledge is loaded (knowledge_base.py).
"""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, PlainValidator, TypeAdapter
from pydantic.dataclasses import dataclass

from treatment_algorithm.features import ConditionStanding, Group, OrderReason, ProcedureStanding, Severity

STRICT = ConfigDict(extra="forbid")
SUBJECT = "subject"
"""Stands for the drug that is being judged (suggested or ordered) where a concept is named."""


def _listed(value: Any) -> Any:
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def parse_predicate(node: Any) -> "Predicate":
    """A predicate from its YAML form; ValueError (with the word) for anything that is not one."""
    if not isinstance(node, dict) or len(node) != 1:
        raise ValueError("a predicate is a mapping with exactly one word")
    word, value = next(iter(node.items()))
    kind = WORDS.get(word)
    if kind is None:
        raise ValueError(f"unknown word '{word}'; the vocabulary is: {', '.join(sorted(WORDS))}")
    if not isinstance(value, dict) or kind in _WRAPPED:
        value = {_WRAPPED.get(kind, "is"): value}
    return _ADAPTERS[kind].validate_python(value)  # type: ignore[no-any-return]


Node = Annotated[Any, PlainValidator(parse_predicate)]
Nodes = Annotated[tuple[Node, ...], BeforeValidator(_listed), Field(min_length=1)]
Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Is = Annotated[tuple[str, ...], BeforeValidator(_listed), Field(alias="is", min_length=1)]


@dataclass(frozen=True, config=STRICT)
class Every:
    """`all`: every one of them."""

    of: Nodes


@dataclass(frozen=True, config=STRICT)
class Some:
    """`any`: at least one of them."""

    of: Nodes


@dataclass(frozen=True, config=STRICT)
class Not:
    """`not`: the contrary; unknown stays unknown."""

    of: Node


@dataclass(frozen=True, config=STRICT)
class Unknown:
    """`unknown`: the question has no answer in this chart (itself always yes or no)."""

    of: Node


@dataclass(frozen=True, config=STRICT)
class Always:
    """`always: true`: a rule without a condition says so."""

    of: bool


@dataclass(frozen=True, config=STRICT)
class Deceased:
    """`deceased: true`: Patient.deceased is true or dated."""

    of: bool


@dataclass(frozen=True, config=STRICT)
class Feature:
    """`feature`: a feature of features.yaml by its ID."""

    id: str


@dataclass(frozen=True, config=STRICT)
class InScenario:
    """`scenario`: one of these scenarios holds."""

    ids: Names


@dataclass(frozen=True, config=STRICT)
class OnCard:
    """`on_card`: a rule, option or suggestion stands on the card that is being written (always yes or no)."""

    ids: Names


@dataclass(frozen=True, config=STRICT)
class Condition:
    """`condition`: one is recorded; `within_days` counts from its onset, else from its recorded date."""

    concept: Is
    standing: Annotated[tuple[ConditionStanding, ...], BeforeValidator(_listed)] = (ConditionStanding.CURRENT,)
    severity: Annotated[tuple[Severity, ...], BeforeValidator(_listed)] = ()
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
    reason: Annotated[tuple[OrderReason, ...], BeforeValidator(_listed)] = ()
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
    standing: Annotated[tuple[ProcedureStanding, ...], BeforeValidator(_listed)] = (ProcedureStanding.DONE,)
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

    therapies: Annotated[tuple[str, ...], BeforeValidator(_listed), Field(alias="of")]
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


Predicate = (
    Every | Some | Not | Unknown | Always | Deceased | Feature | InScenario | OnCard | Condition | Sites | OnsetAge | Taking | Took
    | Ordering | Measured | OnRecord | Age | Sex | Procedure | Referred | Allergic | Failed | Line | Usable | Closed
    | Obtained
)  # fmt: skip

WORDS: dict[str, Any] = {
    "all": Every, "any": Some, "not": Not, "unknown": Unknown, "always": Always, "deceased": Deceased, "feature": Feature,
    "scenario": InScenario, "on_card": OnCard, "condition": Condition, "sites": Sites, "onset_age": OnsetAge,
    "taking": Taking, "took": Took, "ordering": Ordering, "measured": Measured, "on_record": OnRecord, "age": Age,
    "sex": Sex, "procedure": Procedure, "referred": Referred, "allergic": Allergic, "failed": Failed, "line": Line,
    "usable": Usable, "closed": Closed, "obtained": Obtained,
}  # fmt: skip

_WRAPPED: dict[Any, str] = {
    Every: "of", Some: "of", Not: "of", Unknown: "of", Always: "of", Deceased: "of", Feature: "id", InScenario: "ids", OnCard: "ids",
    Closed: "group", Obtained: "group",
}  # fmt: skip
_ADAPTERS = {kind: TypeAdapter(kind) for kind in WORDS.values()}
_WORD_OF = {kind: word for word, kind in WORDS.items()}


def word_of(predicate: Predicate) -> str:
    """The YAML word of a predicate."""
    return _WORD_OF[type(predicate)]


def walk(predicate: Predicate) -> Iterator[Predicate]:
    """The predicate and every predicate inside it, outermost first."""
    yield predicate
    match predicate:
        case Every(of=parts) | Some(of=parts):
            for part in parts:
                yield from walk(part)
        case Not(of=part) | Unknown(of=part):
            yield from walk(part)
