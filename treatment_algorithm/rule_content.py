"""What a rule consists of: its own members, and everything shared that it asks, says or cites.

A reviewer signs all of it; a change of any part ends the approval (decision 12). Other rules that a rule names are
not parts of it: they are reviewed on their own. Codes and recognised names are terminology, not parts either.
"""

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from treatment_algorithm.card_texts import CardBody, Fragment, Link, OrderCardTexts, UseSuggestion
from treatment_algorithm.chart_predicates import Failed
from treatment_algorithm.evidence_model import needs_of
from treatment_algorithm.knowledge_model import OrderRule, Rule, SafetyRule, ScenarioRule, Therapy
from treatment_algorithm.knowledge_walk import predicates_of, values_of
from treatment_algorithm.predicates import Feature, word_of

if TYPE_CHECKING:
    from treatment_algorithm.knowledge_base import KnowledgeBase

MEMBER = "member"
_REVIEW = frozenset({"review", "reviewed_by", "reviewed_on"})
_PLACE = re.compile(r"\{\^?([a-z_]+)(?::([A-Za-z0-9_+-]+))?\}")


@dataclass(frozen=True, slots=True)
class Part:
    """One part: a member of the rule itself, or a shared entry (`kind` feature, word, card, source, ...) by its id."""

    kind: str
    id: str
    value: Any

    @property
    def name(self) -> str:
        """How a record of reviews calls the part: `says`, `case 1`, `feature F-DM`."""
        return self.id if self.kind == MEMBER else f"{self.kind} {self.id}"


def parts_of(knowledge: "KnowledgeBase", rule: Rule) -> tuple[Part, ...]:
    """The parts of a rule, its own members first, then what they reach, each once."""
    found = {part.name: part for part in _members(rule)}
    waiting = [*_reached(knowledge, rule), *_of_rule(knowledge, rule)]
    while waiting:
        part = waiting.pop(0)
        if part.name not in found:
            found[part.name] = part
            waiting += _reached(knowledge, part.value)
    return tuple(found.values())


def part_hashes(parts: Iterable[Part]) -> Mapping[str, str]:
    """Part name -> the first 12 digits of the SHA-256 of what it holds; line breaks and defaults do not count."""
    return {part.name: _digest(canonical(part.value))[:12] for part in parts}


def content_hash(hashes: Mapping[str, str]) -> str:
    """32 hexadecimal digits that change with every part."""
    return _digest(dict(hashes))[:32]


def canonical(value: Any) -> Any:
    """A value of the knowledge as JSON data.

    Members that hold their default are left out: a member that a later version of the software adds changes nothing.
    """
    if isinstance(value, BaseModel):
        return _given(value, type(value).model_fields)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        # The word is part of it: `all` and `any` have the same members.
        asked: Any = value
        return {word_of(asked): _given(value, asked.__pydantic_fields__)}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [canonical(item) for item in value]
    return value


def _given(record: Any, fields: Mapping[str, FieldInfo]) -> dict[str, Any]:
    return {name: canonical(getattr(record, name)) for name in fields if _is_given(record, name, fields[name])}


def _is_given(record: Any, name: str, field: FieldInfo) -> bool:
    return name not in _REVIEW and bool(getattr(record, name) != field.get_default(call_default_factory=True))


def _digest(data: Any) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _members(rule: Rule) -> Iterator[Part]:
    for name, field in type(rule).model_fields.items():
        value = getattr(rule, name)
        if name in ("cases", "messages"):
            yield from (Part(MEMBER, f"{name[:-1]} {place}", item) for place, item in enumerate(value, 1))
        elif _is_given(rule, name, field):
            yield Part(MEMBER, name, value)


def _of_rule(knowledge: "KnowledgeBase", rule: Rule) -> Iterator[Part]:
    """What belongs to a rule without being named in it: its cards, the sentences that they must say."""
    if isinstance(rule, ScenarioRule):
        yield from (Part("card", card.id, card) for card in knowledge.cards if rule.id in card.rules)
    if isinstance(rule, OrderRule | SafetyRule):
        yield Part("texts of", "every order card", knowledge.order_card)
    needs = needs_of(knowledge.evidence.mandates, (rule.id,))
    yield from _sentences(knowledge, (need.sentence for need in needs))


def _reached(knowledge: "KnowledgeBase", value: Any) -> list[Part]:
    """The shared entries that a value names itself."""
    return [part for item in values_of(value) for part in _named(knowledge, item)] + list(_asked(knowledge, value))


def _named(knowledge: "KnowledgeBase", item: Any) -> Iterator[Part]:
    if isinstance(item, Fragment):
        yield from _said(knowledge, item.text)
    elif isinstance(item, UseSuggestion):
        yield Part("suggestion", item.use, knowledge.suggestions[item.use])
    elif isinstance(item, Link) and item.source is not None:
        yield from _sources(knowledge, (item.source,))
    elif isinstance(item, Rule):
        yield from _evidence(knowledge, (*item.statements, *item.sources))
    if isinstance(item, SafetyRule):
        yield from _sources(knowledge, item.links)
    if isinstance(item, CardBody | SafetyRule) and item.card_source is not None:
        yield from _sources(knowledge, (item.card_source,))
    if isinstance(item, CardBody | OrderCardTexts):
        reasons = ((code, knowledge.override_reasons[code]) for code in item.override_reasons)
        yield from (Part("override reason", code, reason) for code, reason in reasons)
    if isinstance(item, Rule | Therapy):
        for name in ("about", "drug", "judges", "orders", "drugs"):
            yield from _groups(knowledge, getattr(item, name, ()))


def _asked(knowledge: "KnowledgeBase", value: Any) -> Iterator[Part]:
    features = {feature.id: feature for feature in knowledge.features}
    therapies = {therapy.id: therapy for therapy in knowledge.therapies}
    for predicate in predicates_of(value):
        if isinstance(predicate, Feature):
            yield Part("feature", predicate.id, features[predicate.id])
        elif isinstance(predicate, Failed):
            yield from (Part("therapy", name, therapies[name]) for name in predicate.therapies)
        yield from _groups(knowledge, getattr(predicate, "concept", ()))


def _said(knowledge: "KnowledgeBase", text: str) -> Iterator[Part]:
    for name, argument in _PLACE.findall(text):
        arguments = argument.split("+") if argument else []
        words = (name, *(f"value_{item}" for item in arguments if name == "value"))
        if name == "s":
            yield from _sentences(knowledge, arguments)
        yield from (Part("word", word, knowledge.words[word]) for word in words if word in knowledge.words)
        yield from _groups(knowledge, arguments)


def _sentences(knowledge: "KnowledgeBase", keys: Iterable[str]) -> Iterator[Part]:
    yield from (Part("sentence", key, knowledge.evidence.sentences[key].text) for key in keys)


def _sources(knowledge: "KnowledgeBase", names: Iterable[str]) -> Iterator[Part]:
    sources = knowledge.evidence.sources
    yield from (Part("source", name, sources[name]) for name in names if name in sources)


def _evidence(knowledge: "KnowledgeBase", names: Iterable[str]) -> Iterator[Part]:
    evidence = knowledge.evidence
    for name in names:
        if name in evidence.statements:
            yield Part("statement", name, evidence.statements[name].quote)
        elif name in evidence.holes:
            yield Part("hole", name, evidence.holes[name].fill)
        elif name in evidence.decisions:
            yield Part("decision", name, evidence.decisions[name].text)
        elif name in evidence.updates:
            yield Part("update", name, evidence.updates[name].seen)
        else:
            yield from _sources(knowledge, (name,))


def _groups(knowledge: "KnowledgeBase", names: Iterable[str]) -> Iterator[Part]:
    sets = knowledge.concepts.sets
    yield from (Part("group", name, sets[name]) for name in names if name in sets)
