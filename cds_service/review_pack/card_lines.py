"""Card texts as lines for a reviewer: where on a card, under which condition, in which words."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape
from pydantic import BaseModel

from cds_service.pages.card_words import CardWords
from cds_service.pages.conditions import ConditionWords, spaced
from treatment_algorithm.card_texts import Block, Fragment, Link, NotRecorded, UseSuggestion
from treatment_algorithm.knowledge_base import KnowledgeBase
from treatment_algorithm.knowledge_model import CardTemplate, OrderMessage, Rule

_PLACES = {
    "summary": "First line",
    "why": "Why this card",
    "ordered": "On an order",
    "suggested": "Beside the suggestion",
    "dropped": "Not suggested because",
    "consider": "To consider",
    "heading": "Heading",
    "text": "Text",
    "bullet": "Option on a card",
    "bullets": "Lines",
    "evidence": "Evidence",
    "name": "Called",
    "not_recorded_tail": "After the items not recorded",
    "checks_label": "Link to the guideline",
    "description": "What accepting does",
    "note": "Note in the draft",
    "variants": "Says",
    "category_text": "Category of the draft",
}
# Plain strings that a card says; all other plain members are names and codes.
_PLAIN = frozenset({"heading", "name", "checks_label", "category_text"})
# A rule's own evidence and title are printed with its provenance.
_NOT_LINES = frozenset({"evidence", "title", "says"})


@dataclass(frozen=True, slots=True)
class Line:
    """One text of a card: its place, the words, and when it is said (None: whenever its card is)."""

    place: str
    words: Markup
    when: Markup | None = None


class CardLines:
    """The lines of a rule, a card or an order message."""

    def __init__(self, knowledge: KnowledgeBase, conditions: ConditionWords) -> None:
        self._knowledge = knowledge
        self._conditions = conditions
        self._words = CardWords(knowledge, conditions)

    def of(self, record: BaseModel) -> tuple[Line, ...]:
        """Every line of a record in the order of its members; messages and cases of a rule are asked for apart."""
        return tuple(self._lines(record))

    def _lines(self, record: BaseModel) -> Iterator[Line]:
        for name in type(record).model_fields:
            value = getattr(record, name)
            if isinstance(record, Rule) and name in _NOT_LINES:
                continue
            if isinstance(value, str):
                if name in _PLAIN and value:
                    yield Line(_PLACES[name], self._words.words(value))
            elif isinstance(value, tuple):
                yield from self._several(name, value)
            elif isinstance(value, BaseModel) and not isinstance(record, CardTemplate | OrderMessage):
                yield from self._lines(value)

    def _several(self, name: str, values: tuple[object, ...]) -> Iterator[Line]:
        if name == "override_reasons":
            reasons = (self._knowledge.override_reasons[str(code)].display for code in values)
            yield Line("Reasons to override", escape("; ".join(reasons)))
            return
        for value in values:
            match value:
                case Fragment():
                    yield self._line(_PLACES.get(name, spaced(name).capitalize()), value)
                case NotRecorded():
                    unless = Markup("unless {}").format(self._conditions.inline(value.unless))
                    yield Line("Not recorded", self._words.words(value.label), _both(self._if(value.when), unless))
                case UseSuggestion():
                    yield from self._suggestion(value)
                case Link():
                    yield from self._link(value)
                case Block():
                    yield from self._block(value)

    def _line(self, place: str, piece: Fragment, *conditions: Markup | None) -> Line:
        return Line(place, self._words.words(piece.text), _both(*conditions, self._if(piece.when)))

    def _if(self, when: Any) -> Markup | None:
        return None if when is None else Markup("if {}").format(self._conditions.inline(when))

    def _block(self, block: Block) -> Iterator[Line]:
        condition = self._if(block.when)
        for line in self._lines(block):
            yield Line(line.place, line.words, _both(condition, line.when))
        if block.options:
            yield Line("Options", escape(", ".join(block.options)), condition)

    def _suggestion(self, use: UseSuggestion) -> Iterator[Line]:
        template = self._knowledge.suggestions[use.use]
        for piece in use.label or template.label:
            yield self._line("Suggestion offered", piece, self._if(use.when), self._if(template.when))
        if template.requires:
            required = Markup("; ").join(self._conditions.inline(node) for node in template.requires)
            yield Line("Drafted only with", required)
        for action in template.actions:
            for piece in use.description or action.description:
                yield self._line(_PLACES["description"], piece, self._if(action.when))
            for piece in use.text or action.text:
                yield self._line("Name in the draft", piece, self._if(action.when))
            for piece in use.note or action.note:
                yield self._line(_PLACES["note"], piece, self._if(action.when))

    def _link(self, link: Link) -> Iterator[Line]:
        label = link.label or (self._knowledge.evidence.sources[link.source].label if link.source else "")
        if label:
            yield Line("Link", escape(label), self._if(link.when))


def _both(*conditions: Markup | None) -> Markup | None:
    told = [condition for condition in conditions if condition is not None]
    return Markup(", and ").join(told) if told else None
