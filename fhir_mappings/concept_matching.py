"""CodeableConcept -> concepts: by system and code first, a condition else by the strict name rule of decision 8."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from fhir_mappings.elements import CodeableConcept
from fhir_mappings.texts import normalised
from treatment_algorithm.concept_names import first_word
from treatment_algorithm.concept_table import ConceptKind, ConceptTable
from treatment_algorithm.cues import Cues

_WORD_END = re.compile(r"\w(?!\w)")
_SET_OFF = re.compile(r" ?[,(\[]| ?- ")
_NEXT_WORD = re.compile(r" (\w+)")
_LONGEST_NAME_WORDS = 16
# The systems whose displays may name a condition (decision 8): SNOMED CT and the ICDs, by URI or OID.
_NAMING_SYSTEMS = re.compile(
    r"http://snomed\.info/sct\b|icd-1[01]|icd-9|urn:oid:2\.16\.840\.1\.113883\.6\.(?:3|90|96|103|42)(?!\d)"
)


@dataclass(frozen=True, slots=True)
class ConceptMatch:
    """The concepts found; `by_name`: by the name rule, not by a code."""

    concepts: frozenset[str] = frozenset()
    by_name: bool = False


NO_MATCH = ConceptMatch()


def codes_match(concept: CodeableConcept | None, concepts: ConceptTable) -> frozenset[str]:
    """The concepts of all codings; a right code under a wrong system gives none (decision 8)."""
    found: frozenset[str] = frozenset()
    for coding in concept.coding if concept else ():
        if coding.system and coding.code:
            meant = concepts.match(coding.system, coding.code)
            found = found | meant if found else meant
    return found


def match_condition(concept: CodeableConcept | None, concepts: ConceptTable, cues: Cues) -> ConceptMatch:
    """The concepts of a Condition.code or a reason: by any coding, else by `text`, else by a SNOMED CT or ICD display.

    Source: decision 8; evidence.md 2.1.
    """
    if concept is None:
        return NO_MATCH
    found = codes_match(concept, concepts)
    if found:
        return ConceptMatch(found)
    texts = tuple(_naming_texts(concept))
    # Most conditions are none of ours: that shows in the first word, before anything is searched for.
    first_words = concepts.names_of(ConceptKind.CONDITION).first_words
    if not any(first_word(text) in first_words for text in texts):
        return NO_MATCH
    named = [_named(text, concepts, cues) for text in texts]
    if None in named:
        return NO_MATCH
    by_name = next((one for one in named if one), None)
    return ConceptMatch(by_name, by_name=True) if by_name else NO_MATCH


def says_anything(concept: CodeableConcept | None) -> bool:
    """Whether a CodeableConcept holds a code or a text at all; an empty object or empty coding does not."""
    if concept is None:
        return False
    if concept.text and concept.text.strip():
        return True
    return any(coding.code or coding.display for coding in concept.coding)


def _naming_texts(concept: CodeableConcept) -> Iterator[str]:
    if concept.text:
        yield normalised(concept.text)
    for coding in concept.coding:
        display = coding.display if coding.display != concept.text else None
        if display and coding.system and _NAMING_SYSTEMS.search(coding.system):
            yield normalised(display)


def _named(text: str, concepts: ConceptTable, cues: Cues) -> frozenset[str] | None:
    """The concepts whose reviewed name the text begins with and goes on as the rule allows.

    Empty when it names nothing we know; None when it disclaims (negation, doubt, history, family, risk): then no
    other text of the same CodeableConcept may name it either.
    """
    names = concepts.names(ConceptKind.CONDITION)
    ends = [found.end() for found, _ in zip(_WORD_END.finditer(text), range(_LONGEST_NAME_WORDS), strict=False)]
    for end in reversed(ends):
        named = names.get(text[:end])
        if named:
            rest = text[end:]
            if cues.disclaimers.search(rest):
                return None
            return named if _goes_on_well(rest, cues) else frozenset()
    return None if cues.disclaimers.search(text) else frozenset()


def _goes_on_well(rest: str, cues: Cues) -> bool:
    if not rest or _SET_OFF.match(rest):
        return True
    word = _NEXT_WORD.match(rest)
    return word is not None and word[1] in cues.place_words
