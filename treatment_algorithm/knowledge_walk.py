"""Walking through the knowledge: every entry, every value and every predicate inside an entry."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from treatment_algorithm.predicates import walk

if TYPE_CHECKING:
    from treatment_algorithm.knowledge_base import KnowledgeBase


def entries_of(knowledge: "KnowledgeBase") -> Iterator[BaseModel]:
    """Every entry that can hold predicates or texts."""
    yield from knowledge.rules
    yield from knowledge.features
    yield from knowledge.therapies
    yield from knowledge.cards
    yield from knowledge.suggestions.values()
    yield from knowledge.words.values()
    yield knowledge.order_card


def values_of(record: Any) -> Iterator[Any]:
    """Every value inside a record, depth first."""
    if isinstance(record, BaseModel):
        yield record
        for name in type(record).model_fields:
            yield from values_of(getattr(record, name))
    elif isinstance(record, tuple):
        for item in record:
            yield from values_of(item)
    else:
        yield record


def predicates_of(record: BaseModel) -> Iterator[Any]:
    """Every predicate inside a record, with those inside it."""
    for value in values_of(record):
        if hasattr(value, "__pydantic_config__") and not isinstance(value, BaseModel):
            yield from walk(value)
