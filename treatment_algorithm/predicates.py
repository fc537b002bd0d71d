"""The closed vocabulary of questions that knowledge files may ask about a patient.

In YAML a predicate is a mapping with exactly one key, a word of `WORDS`: `{taking: {is: diltiazem}}`. A word that
is not here does not load. What a word means, in three values, is in evaluation.py; that the concepts, sets,
features and rules it names exist is checked when the knowledge is loaded (knowledge_checks.py).
"""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainValidator, TypeAdapter
from pydantic.dataclasses import dataclass

from treatment_algorithm.chart_predicates import (
    STRICT,
    Age,
    Allergic,
    Closed,
    Condition,
    Failed,
    Line,
    Measured,
    Names,
    Obtained,
    OnRecord,
    OnsetAge,
    Ordering,
    Procedure,
    Referred,
    Sex,
    Sites,
    Taking,
    Took,
    Usable,
    listed,
)


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
Nodes = Annotated[tuple[Node, ...], BeforeValidator(listed), Field(min_length=1)]


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


Predicate = (
    Every | Some | Not | Unknown | Always | Deceased | Feature | InScenario | OnCard
    | Condition | Sites | OnsetAge | Taking | Took | Ordering | Measured | OnRecord | Age | Sex
    | Procedure | Referred | Allergic | Failed | Line | Usable | Closed | Obtained
)  # fmt: skip

WORDS: dict[str, Any] = {
    "all": Every, "any": Some, "not": Not, "unknown": Unknown, "always": Always, "deceased": Deceased,
    "feature": Feature, "scenario": InScenario, "on_card": OnCard, "condition": Condition, "sites": Sites,
    "onset_age": OnsetAge, "taking": Taking, "took": Took, "ordering": Ordering, "measured": Measured,
    "on_record": OnRecord, "age": Age, "sex": Sex, "procedure": Procedure, "referred": Referred,
    "allergic": Allergic, "failed": Failed, "line": Line, "usable": Usable, "closed": Closed, "obtained": Obtained,
}  # fmt: skip

_WRAPPED: dict[Any, str] = {
    Every: "of", Some: "of", Not: "of", Unknown: "of", Always: "of", Deceased: "of", Feature: "id",
    InScenario: "ids", OnCard: "ids", Closed: "group", Obtained: "group",
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
