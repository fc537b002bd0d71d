"""Thresholds: numbers of the conditions that the knowledge lets a site move, and the knowledge with them moved."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, Field, model_validator

from treatment_algorithm.card_texts import NotRecorded, Record
from treatment_algorithm.chart_predicates import Names
from treatment_algorithm.predicates import word_of
from treatment_algorithm.questions import forget_question

if TYPE_CHECKING:
    from treatment_algorithm.knowledge_base import KnowledgeBase
    from treatment_algorithm.knowledge_model import SafetyRule

_MOVED = ("features", "scenarios", "recommendations", "orders", "safety_rules", "cards", "order_card")
_MOVED_BY_NAME = ("suggestions", "words")


class Limits(Record):
    """How far a site may go, both ends included."""

    min: int = Field(ge=1)
    max: int


class Threshold(Record):
    """A number of days that conditions about `concepts` ask with, and that rests on no source (thresholds.yaml).

    It is the `value` of the `member` of every question of the words `asks` whose concepts are all among `concepts`.
    `said`: how the title or the sentence of each entry of `told_in` writes it.
    """

    id: str = Field(pattern=r"^[a-z][a-z-]*-days$")
    says: str
    asks: Names = Field(min_length=1)
    member: Literal["within_days"]
    concepts: Names = Field(min_length=1)
    value: int
    adjustable: Limits
    said: str = ""
    told_in: Names = ()

    @model_validator(mode="after")
    def _within_its_limits(self) -> "Threshold":
        if not self.adjustable.min <= self.value <= self.adjustable.max:
            raise ValueError("the value lies outside what a site may set")
        return self


@dataclass(frozen=True, slots=True)
class _Move:
    threshold: Threshold
    value: int


def with_thresholds(knowledge: "KnowledgeBase", values: Mapping[str, int]) -> "KnowledgeBase":
    """The knowledge with other values of its thresholds, in conditions, titles and sentences; `values` by their ids.

    An item of a 'not recorded' line says the days that count here.
    """
    moves = tuple(_Move(knowledge.thresholds[name], value) for name, value in values.items())
    moves = tuple(move for move in moves if move.value != move.threshold.value)
    if not moves:
        return knowledge
    moved: dict[str, Any] = {name: _moved(getattr(knowledge, name), moves) for name in _MOVED}
    for name in _MOVED_BY_NAME:
        entries = getattr(knowledge, name)
        moved[name] = MappingProxyType({key: _moved(entry, moves) for key, entry in entries.items()})
    by_id: dict[str, SafetyRule] = {rule.id: rule for rule in moved["safety_rules"]}
    by_drug = {drug: tuple(by_id[rule.id] for rule in rules) for drug, rules in knowledge.rules_by_drug.items()}
    return replace(knowledge, **moved, rules_by_drug=MappingProxyType(by_drug))


def threshold_complaints(knowledge: "KnowledgeBase") -> Iterator[tuple[str, str]]:
    """(id, what is wrong) of thresholds that no condition asks with, or that an entry does not tell as they say."""
    entries: dict[str, Record] = {rule.id: rule for rule in knowledge.rules}
    entries |= {feature.id: feature for feature in knowledge.features}
    for threshold in knowledge.thresholds.values():
        far = _Move(threshold, threshold.value + 1)
        if all(_moved(getattr(knowledge, name), (far,)) is getattr(knowledge, name) for name in _MOVED):
            yield threshold.id, "no condition asks with it"
        for name in threshold.told_in:
            told = entries.get(name)
            if told is None or not any(threshold.said in getattr(told, text, "") for text in ("title", "says")):
                yield threshold.id, f"{name} does not say '{threshold.said}'"


def _moved(value: Any, moves: tuple[_Move, ...]) -> Any:
    """The value with every number moved; the very same object where nothing is."""
    if isinstance(value, tuple):
        items = tuple(_moved(item, moves) for item in value)
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    if isinstance(value, BaseModel):
        return _record(value, moves)
    if hasattr(value, "__pydantic_fields__"):
        return _predicate(value, moves)
    return value


def _record(record: BaseModel, moves: tuple[_Move, ...]) -> BaseModel:
    changed: dict[str, Any] = {}
    for name in type(record).model_fields:
        old = getattr(record, name)
        new = _moved(old, moves)
        if new is not old:
            changed[name] = new
    if isinstance(record, NotRecorded) and "unless" in changed:
        changed["label"] = f"{record.label} {_days(record.unless, moves)}".rstrip()
    for move in moves:
        if getattr(record, "id", None) in move.threshold.told_in:
            for name in ("title", "says"):
                said = changed.get(name, getattr(record, name, ""))
                if move.threshold.said in said:
                    changed[name] = said.replace(move.threshold.said, f"{move.value} days")
    if not changed:
        return record
    copied = record.model_copy(update=changed)
    for kept in copied.__dict__.keys() - type(record).model_fields.keys():
        del copied.__dict__[kept]  # what the record had worked out from its old numbers
    return copied


def _predicate(asked: Any, moves: tuple[_Move, ...]) -> Any:
    changed: dict[str, Any] = {}
    for name in asked.__pydantic_fields__:
        old = getattr(asked, name)
        new = _moved(old, moves)
        if new is not old:
            changed[name] = new
    for move in moves:
        if _asks_with(asked, move.threshold):
            changed[move.threshold.member] = move.value
    if not changed:
        return asked
    new = copy.copy(asked)
    forget_question(new)
    for name, value in changed.items():
        object.__setattr__(new, name, value)  # frozen, and of an alias that its own __init__ would ask for
    return new


def _asks_with(asked: Any, threshold: Threshold) -> bool:
    if word_of(asked) not in threshold.asks or getattr(asked, threshold.member, None) != threshold.value:
        return False
    return set(asked.concept) <= set(threshold.concepts)


def _days(asked: Any, moves: tuple[_Move, ...]) -> str:
    """'within 90 days' where the item itself is asked with a moved number, else nothing."""
    days = {move.value for move in moves if _asks_with(asked, move.threshold)}
    return f"within {days.pop()} days" if days else ""
