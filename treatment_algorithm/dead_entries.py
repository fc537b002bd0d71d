"""Knowledge that can never speak: shadowed cases and variants, entries that nothing uses."""

import re
from collections.abc import Iterator

from treatment_algorithm.card_texts import Fragment, UseSuggestion
from treatment_algorithm.knowledge_base import KnowledgeBase
from treatment_algorithm.knowledge_walk import entries_of, predicates_of, values_of
from treatment_algorithm.predicates import Always, Feature

_WORDS_IN_TEXT = re.compile(r"\{\^?([a-z_]+)(?::[^}]*)?\}")


def dead_entries(knowledge: KnowledgeBase) -> Iterator[tuple[str, str]]:
    """The id of each entry with something in it that can never be reached, and what it is."""
    yield from _shadowed(knowledge)
    yield from _unused(knowledge)


def _shadowed(knowledge: KnowledgeBase) -> Iterator[tuple[str, str]]:
    for rule in knowledge.safety_rules:
        for place, case in enumerate(rule.cases):
            if isinstance(case.when, Always) and case.when.of and place < len(rule.cases) - 1:
                yield rule.id, f"no case after number {place + 1} can act: it always does"
                break
    for word in knowledge.words.values():
        for place, variant in enumerate(word.variants):
            if variant.when is None and place < len(word.variants) - 1:
                yield word.id, f"no variant after number {place + 1} can be said: it always holds"
                break
    for order in knowledge.orders:
        for place, message in enumerate(order.messages):
            if message.when in [earlier.when for earlier in order.messages[:place]]:
                yield order.id, f"message number {place + 1} asks what an earlier one asks already"


def _unused(knowledge: KnowledgeBase) -> Iterator[tuple[str, str]]:
    entries = list(entries_of(knowledge))
    values = [value for entry in entries for value in values_of(entry)]
    suggestions = {value.use for value in values if isinstance(value, UseSuggestion)}
    texts = [value.text for value in values if isinstance(value, Fragment)]
    words = {name for text in texts for name in _WORDS_IN_TEXT.findall(text)}
    words |= {f"value_{name}" for text in texts for name in re.findall(r"\{\^?value:([a-z0-9_]+)\}", text)}
    features = {part.id for entry in entries for part in predicates_of(entry) if isinstance(part, Feature)}
    features |= {knowledge.manifest.population, knowledge.manifest.order_scope}
    for identity in knowledge.suggestions.keys() - suggestions:
        yield identity, "no card, order or safety rule offers this suggestion"
    for identity in knowledge.words.keys() - words:
        yield identity, "no text uses this word"
    for feature in knowledge.features:
        if feature.id not in features:
            yield feature.id, "no rule, text or other feature asks for this feature"
