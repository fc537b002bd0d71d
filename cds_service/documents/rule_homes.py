"""RuleHomes: where each rule, feature and standard sentence stands, and what uses it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Any

from pydantic import BaseModel

from cards.text_walk import CardText, TextLines, card_records, card_texts
from treatment_algorithm.knowledge_base import KnowledgeBase
from treatment_algorithm.predicates import Feature, walk


@dataclass(frozen=True, slots=True)
class RuleHomes:
    """The homes of one release of the knowledge.

    `lines` finds the place of an entry, `texts` are all texts of cards, `asked` the features that each entry asks for.
    """

    knowledge: KnowledgeBase
    lines: TextLines
    texts: tuple[CardText, ...]
    asked: Mapping[str, frozenset[str]]

    def file_of(self, identity: str) -> str:
        """The file of an entry, from the knowledge folder."""
        file, _ = self.lines.place(identity)
        folder = "safety/" if identity.startswith("SAFE-") else ""
        return f"{folder}{file}"

    def cards_of(self, rule_id: str) -> tuple[str, ...]:
        """The patient-view card templates that stand for the rule or list it as an option."""
        return tuple(
            card.id
            for card in self.knowledge.cards
            if rule_id in card.rules or any(rule_id in block.options for block in card.body)
        )

    def sayers_of(self, sentence: str) -> tuple[str, ...]:
        """The entries whose texts say the standard sentence: rules, card templates, words.

        The reason of a safety rule stands after `... not suggested:`; with it, it may be a standard sentence.
        """
        mark, said = f"{{s:{sentence}}}", self.knowledge.evidence.sentences[sentence].text
        return tuple(
            dict.fromkeys(
                text.entry
                for text in self.texts
                if mark in text.text or (text.member == "dropped" and said.endswith(f" not suggested: {text.text}"))
            )
        )

    def needs_of(self, sentence: str) -> tuple[str, ...]:
        """The rules whose cards must say the sentence (evidence.md 2.7)."""
        return tuple(
            rule
            for mandate in self.knowledge.evidence.mandates
            if any(need.sentence == sentence for need in mandate.needs)
            for rule in mandate.rules
        )

    def users_of(self, feature: str) -> tuple[str, ...]:
        """The rules, features, card templates, suggestions and words whose conditions ask for the feature."""
        return tuple(identity for identity, asked in self.asked.items() if feature in asked)


def rule_homes(knowledge: KnowledgeBase, folder: Traversable) -> RuleHomes:
    """The homes of the knowledge that was loaded from `folder`."""
    return RuleHomes(knowledge, TextLines(folder), tuple(card_texts(knowledge)), dict(_asked(knowledge)))


def _asked(knowledge: KnowledgeBase) -> Iterator[tuple[str, frozenset[str]]]:
    rules: dict[str, BaseModel] = {rule.id: rule for rule in knowledge.rules}
    features: dict[str, BaseModel] = {feature.id: feature for feature in knowledge.features}
    for identity, entry in {**rules, **features, **dict(card_records(knowledge))}.items():
        yield identity, frozenset(node.id for node in _predicates(entry) if isinstance(node, Feature))


def _predicates(record: Any) -> Iterator[Any]:
    if isinstance(record, BaseModel):
        for name in type(record).model_fields:
            yield from _predicates(getattr(record, name))
    elif isinstance(record, tuple):
        for item in record:
            yield from _predicates(item)
    elif hasattr(record, "__pydantic_config__"):
        yield from walk(record)
