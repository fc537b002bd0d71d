"""Every text that a card can say, with its place in the knowledge files."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Any

import yaml
from pydantic import BaseModel

from treatment_algorithm.card_texts import Fragment
from treatment_algorithm.knowledge_base import KnowledgeBase
from treatment_algorithm.knowledge_files import yaml_files

ORDER_CARD = "order_card"
# Members that are plain strings and are said on cards.
_PLAIN = {
    "NotRecorded": ("label",),
    "Link": ("label",),
    "Topic": ("display",),
    "SafetyCase": ("heading",),
    "Recommendation": ("name",),
    "OrderRule": ("checks_label",),
    "SafetyRule": ("title", "evidence"),
    "ActionTemplate": ("category_text",),
}


@dataclass(frozen=True, slots=True)
class CardText:
    """One text: the id of its entry, the model and member that hold it, and the words with their placeholders."""

    entry: str
    model: str
    member: str
    text: str


def card_texts(knowledge: KnowledgeBase) -> Iterator[CardText]:
    """The texts of rules, card templates, order cards, suggestions, words and standard sentences."""
    for identity, record in card_records(knowledge):
        yield from _texts(identity, record)
    for sentence in knowledge.evidence.sentences.values():
        yield CardText(sentence.key, "Sentence", "text", sentence.text)


def card_records(knowledge: KnowledgeBase) -> Iterator[tuple[str, BaseModel]]:
    """The entries that hold card texts, each with its id."""
    for rule in (*knowledge.recommendations, *knowledge.orders, *knowledge.safety_rules):
        yield rule.id, rule
    for card in knowledge.cards:
        yield card.id, card
    yield from knowledge.suggestions.items()
    yield from knowledge.words.items()
    yield ORDER_CARD, knowledge.order_card


def records_of(record: BaseModel) -> Iterator[BaseModel]:
    """The record and every record inside it, depth first."""
    yield record
    for name in type(record).model_fields:
        value = getattr(record, name)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, BaseModel):
                yield from records_of(item)


def _texts(identity: str, entry: BaseModel) -> Iterator[CardText]:
    for record in records_of(entry):
        model = type(record).__name__
        for name in type(record).model_fields:
            value = getattr(record, name)
            if isinstance(value, tuple):
                for item in value:
                    if isinstance(item, Fragment):
                        yield CardText(identity, model, name, item.text)
            elif isinstance(value, str) and value and name in _PLAIN.get(model, ()):
                yield CardText(identity, model, name, value)


class TextLines:
    """Where entries and their texts stand in the files of a folder; the files are read at the first question."""

    def __init__(self, folder: Traversable) -> None:
        self._folder = folder
        self._entries: dict[str, tuple[str, Any]] | None = None

    def place(self, entry: str, text: str = "") -> tuple[str, int | None]:
        """File and line (from 1) of the text in the entry, else of the entry; no line where it is in no file."""
        if self._entries is None:
            self._entries = dict(_nodes(self._folder))
        if entry not in self._entries:
            return "knowledge", None
        file, node = self._entries[entry]
        line = next((scalar.start_mark.line for scalar in _scalars(node) if scalar.value == text), node.start_mark.line)
        return file, line + 1


def _nodes(folder: Traversable) -> Iterator[tuple[str, tuple[str, Any]]]:
    for place in (folder, folder / "safety", folder / "cards"):
        for file in yaml_files(place):
            root = yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
            yield file.name.removesuffix(".yaml"), (file.name, root)
            lists = [root] if isinstance(root, yaml.SequenceNode) else [value for _, value in _members(root)]
            for entry in (entry for node in lists if isinstance(node, yaml.SequenceNode) for entry in node.value):
                for key, value in _members(entry):
                    if key.value in ("id", "key", "code"):
                        yield value.value, (file.name, entry)


def _members(node: Any) -> list[tuple[Any, Any]]:
    return list(node.value) if isinstance(node, yaml.MappingNode) else []


def _scalars(node: Any) -> Iterator[Any]:
    if isinstance(node, yaml.ScalarNode):
        yield node
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _scalars(item)
    else:
        for _, value in _members(node):
            yield from _scalars(value)
