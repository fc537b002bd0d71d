"""Chart texts as they are compared: one normal form, and words that count only where nothing denies them."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from fhir_mappings.elements import CodeableConcept

_DASHES = re.compile("[‐‑‒–—−]")  # the dashes are what is looked for
_CLAUSE_END = re.compile(r"[,;.()\[\]]|\bbut\b| - ")
# Texts longer than a name can be are read up to here, so that no chart can make a search long.
_LONGEST = 500


def normalised(text: str) -> str:
    """Lower case, single blanks, plain dashes, compatibility characters resolved; cut at 500 characters."""
    plain = text[:_LONGEST]
    if not plain.isascii():
        plain = _DASHES.sub("-", unicodedata.normalize("NFKC", plain))
    return " ".join(plain.lower().split())


def texts_of(concept: CodeableConcept | None) -> Iterator[str]:
    """The text and the displays of a CodeableConcept, normalised, none of them empty, each once."""
    if concept is None:
        return
    written = dict.fromkeys((concept.text, *(coding.display for coding in concept.coding)))
    yield from dict.fromkeys(text for one in written if one and (text := normalised(one)))


def says(text: str, words: re.Pattern[str], denied_by: re.Pattern[str]) -> bool:
    """Whether a normalised text has one of the words in a clause without a denial outside the word itself."""
    # Most texts have none of the words: that is told before the text is taken apart.
    return words.search(text) is not None and any(
        not denied_by.search(clause[: found.start()]) and not denied_by.search(clause[found.end() :])
        for clause in _CLAUSE_END.split(text)
        for found in words.finditer(clause)
    )


def gives_reason(text: str, words: re.Pattern[str], denied_by: re.Pattern[str]) -> bool:
    """Whether a normalised text has one of the words with no denial before it in its clause."""
    return words.search(text) is not None and any(
        not denied_by.search(clause[: found.start()])
        for clause in _CLAUSE_END.split(text)
        for found in words.finditer(clause)
    )


def first_text(concepts: Iterable[CodeableConcept]) -> tuple[str, ...]:
    """One text a CodeableConcept, as written: its text, else its first display; none for an empty one."""
    found = []
    for concept in concepts:
        text = concept.text or next((coding.display for coding in concept.coding if coding.display), None)
        if text and text.strip():
            found.append(text.strip())
    return tuple(found)
