"""What the knowledge reads of a chart: the concepts that any predicate or text asks for."""

import re
from collections.abc import Iterator

from pydantic import BaseModel

from treatment_algorithm.card_texts import Fragment
from treatment_algorithm.chart_predicates import SUBJECT, Sex
from treatment_algorithm.concept_table import ConceptKind
from treatment_algorithm.knowledge_base import KnowledgeBase
from treatment_algorithm.knowledge_walk import entries_of, predicates_of, values_of

_ARGUMENTS = re.compile(r"\{\^?[a-z_]+:([a-z0-9_+]+)\}")


def concepts_read(knowledge: KnowledgeBase, kind: ConceptKind) -> frozenset[str]:
    """Every concept of a kind that some rule, feature, text or suggestion asks for; look-alikes never."""
    table = knowledge.concepts
    return frozenset(
        concept
        for entry in entries_of(knowledge)
        for name in _names(entry)
        if name in table.sets or name in table.concepts
        for concept in table.expand(name)
        if table.concepts[concept].kind is kind and not table.concepts[concept].lookalike
    )


def _names(entry: BaseModel) -> Iterator[str]:
    for predicate in predicates_of(entry):
        if not isinstance(predicate, Sex):
            yield from (name for name in getattr(predicate, "concept", ()) if name != SUBJECT)
    for value in values_of(entry):
        if isinstance(value, Fragment):
            for arguments in _ARGUMENTS.findall(value.text):
                yield from arguments.split("+")
