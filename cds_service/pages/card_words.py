"""CardWords: what a card may say, with the places that are filled from the chart shown as such."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup, escape

from cds_service.pages.conditions import ConditionWords, spaced
from treatment_algorithm.card_texts import Fragment
from treatment_algorithm.knowledge_base import KnowledgeBase

_PLACE = re.compile(r"\{([^{}]+)\}")
_BEFORE = {
    "measured_on": "date of ",
    "date": "date of ",
    "start": "start of ",
    "weeks": "weeks of ",
    "value": "value of ",
    "on": "current ",
    "names": "current ",
    "partner": "interacting drug",
    "proof": "what is recorded",
    "order": "drug",
    "finding": "what was found",
}


@dataclass(frozen=True, slots=True)
class Said:
    """A text and the condition under which it is said; None: always."""

    text: Markup
    when: Markup | None


class CardWords:
    """Texts of cards for a reader: standard sentences written out, chart facts as named blanks."""

    def __init__(self, knowledge: KnowledgeBase, conditions: ConditionWords) -> None:
        self._knowledge = knowledge
        self._conditions = conditions

    def said(self, text: Iterable[Fragment]) -> tuple[Said, ...]:
        """Every variant of a text with its condition."""
        return tuple(
            Said(self.words(piece.text), None if piece.when is None else self._conditions.inline(piece.when))
            for piece in text
        )

    def words(self, text: str) -> Markup:
        """One text; Markdown emphasis is dropped."""
        pieces = _PLACE.split(text.replace("**", ""))
        return Markup("").join(
            self._filled(piece) if index % 2 else escape(piece) for index, piece in enumerate(pieces)
        )

    def _filled(self, place: str) -> Markup:
        name, _, argument = place.removeprefix("^").partition(":")
        if name == "s":
            return escape(self._knowledge.evidence.sentences[argument].text)
        if name in self._knowledge.words:
            variants = [variant.text for variant in self._knowledge.words[name].variants if variant.text]
            return self.blank(self.words(variants[0]) if len(variants) == 1 else escape(spaced(name)))
        asked = Markup(" or ").join(self._label(part) for part in argument.split("+")) if argument else Markup("")
        return self.blank(escape(_BEFORE.get(name, "" if argument else spaced(name))) + asked)

    def _label(self, name: str) -> Markup:
        members = self._conditions.members(name)
        return escape(members[0] if len(members) == 1 else spaced(name))

    @staticmethod
    def blank(words: Markup) -> Markup:
        """A place that the card fills or leaves out."""
        return Markup('<span class="blank">{}</span>').format(words)
