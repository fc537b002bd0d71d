"""Checks of every text that a card can say, when the knowledge is loaded (card-style.md section 3, column T).

Placeholders are known; the Markdown subset (L4), no dose (L8), no banned words (L9) and figures (L10); limits of
length (rules 6 and 16); three to five override reasons (L22); drafts (draft_checks.py).
"""

from collections.abc import Iterator
from importlib.resources.abc import Traversable

from pydantic import BaseModel

from cards.draft_checks import draft_complaints
from cards.text_lint import fixed_part, lint
from cards.text_walk import CardText, TextLines, card_records, card_texts, records_of
from cards.wording import unknown_placeholders
from treatment_algorithm.card_texts import CardBody, OrderCardTexts
from treatment_algorithm.knowledge_base import KnowledgeBase
from treatment_algorithm.knowledge_errors import KnowledgeError

FEWEST_REASONS, MOST_REASONS = 3, 5
SUMMARY_LIMIT = 120
LABEL_LIMIT = 60
_LABELLED = frozenset({"SuggestionTemplate", "UseSuggestion"})


def check_texts(knowledge: KnowledgeBase, folder: Traversable) -> None:
    """Raise the first complaint about the texts of the knowledge that was loaded from `folder`, if there is one."""
    for complaint in text_complaints(knowledge, folder):
        raise complaint


def text_complaints(knowledge: KnowledgeBase, folder: Traversable) -> Iterator[KnowledgeError]:
    """Everything that is wrong with the texts and drafts, each with its file and line, each once."""
    lines = TextLines(folder)
    seen: set[tuple[str, str]] = set()
    for text in card_texts(knowledge):
        for message in _complaints(text, knowledge):
            # Texts that several entries share by a YAML anchor are one text.
            if (text.text, message) not in seen:
                seen.add((text.text, message))
                file, line = lines.place(text.entry, text.text)
                yield KnowledgeError(file, line, f"{text.entry}: {text.member}: {message}")
    for identity, record in card_records(knowledge):
        for message in _reason_complaints(record):
            yield _of_entry(lines, identity, message)
    for source in knowledge.evidence.sources.values():
        if len(source.label) > LABEL_LIMIT:
            yield _of_entry(lines, source.id, _too_long("label", source.label, LABEL_LIMIT))
    for identity, message in draft_complaints(knowledge, build=not seen):
        yield _of_entry(lines, identity, message)


def _of_entry(lines: TextLines, identity: str, message: str) -> KnowledgeError:
    file, line = lines.place(identity)
    return KnowledgeError(file, line, f"{identity}: {message}")


def _complaints(text: CardText, knowledge: KnowledgeBase) -> Iterator[str]:
    yield from unknown_placeholders(text.text, knowledge)
    yield from lint(text)
    said = fixed_part(text.text)
    if text.member == "summary" and len(said) > SUMMARY_LIMIT:
        yield _too_long("summary", said, SUMMARY_LIMIT)
    if text.member == "label" and text.model in _LABELLED and len(said) > LABEL_LIMIT:
        yield _too_long("label", said, LABEL_LIMIT)


def _too_long(what: str, said: str, limit: int) -> str:
    return f"the {what} has {len(said)} characters, at most {limit} are allowed"


def _reason_complaints(entry: BaseModel) -> Iterator[str]:
    for record in records_of(entry):
        if isinstance(record, CardBody | OrderCardTexts):
            count = len(record.override_reasons)
            if not FEWEST_REASONS <= count <= MOST_REASONS:
                yield f"L22: {count} override reasons, a card has {FEWEST_REASONS} to {MOST_REASONS}"
