"""Results that are words: positive or negative, an answer of the question's own, the lab's cut-off (evidence 2.1)."""

import re
from collections.abc import Iterable, Iterator

from fhir_mappings.concept_matching import codes_match
from fhir_mappings.elements import CodeableConcept, ObservationComponent, Quantity
from fhir_mappings.reference_ranges import Limits
from fhir_mappings.resources import ObservationResource
from fhir_mappings.texts import normalised, texts_of
from treatment_algorithm.chart_questions import INDETERMINATE
from treatment_algorithm.concept_table import ConceptTable
from treatment_algorithm.cues import Cues

_SEMANTIC_TAG = re.compile(r" \((?:finding|disorder|qualifier value|situation)\)")


def word_result(
    concept: str, measured: ObservationResource | ObservationComponent, concepts: ConceptTable, cues: Cues
) -> str | None:
    """What value and interpretation say: positive, negative, indeterminate or a concept; None when they say nothing.

    A value and an interpretation that contradict each other are indeterminate.
    """
    if measured.value_codeable_concept is None and measured.value_string is None and not measured.interpretation:
        return None
    value = _value(concept, measured, concepts, cues)
    interpreted = _interpretation(measured.interpretation, cues)
    if value is None or interpreted is None or value not in cues.results:
        return value or interpreted
    return value if value == interpreted else INDETERMINATE


def cut_off_result(value: Quantity, number: float, limits: Limits) -> str:
    """What a number says against the laboratory's cut-off: below it negative, above it positive, else nothing.

    `number` is in the unit of `limits`. Without an upper limit, below a lower one, or where the comparator leaves it
    open, the result is indeterminate.
    """
    low, high = limits
    upwards = value.comparator in (">", ">=")
    if high is None or (low is not None and number < low):
        return INDETERMINATE
    if number > high or (number == high and value.comparator == ">"):
        return INDETERMINATE if value.comparator in ("<", "<=") else "positive"
    return INDETERMINATE if upwards or (number == high and not value.comparator) else "negative"


def _value(
    concept: str, measured: ObservationResource | ObservationComponent, concepts: ConceptTable, cues: Cues
) -> str | None:
    coded = measured.value_codeable_concept
    matched = codes_match(coded, concepts)
    texts = list(texts_of(coded))
    if measured.value_string is not None:
        texts.append(normalised(measured.value_string))
    answers = {*_answers(concept, matched, texts, cues)}
    if answers:
        return answers.pop() if len(answers) == 1 else INDETERMINATE
    return _result(texts_of(coded), cues) or min(matched, default=None) or _result(texts[-1:], cues)


def _answers(concept: str, matched: Iterable[str], texts: Iterable[str], cues: Cues) -> Iterator[str]:
    by_concept, by_text = cues.answer_concepts.get(concept, {}), cues.answers.get(concept, {})
    yield from (by_concept[one] for one in matched if one in by_concept)
    yield from (by_text[plain] for one in texts if (plain := _SEMANTIC_TAG.sub("", one)) in by_text)


def _interpretation(interpretation: Iterable[CodeableConcept], cues: Cues) -> str | None:
    """The first interpretation that says positive, negative or indeterminate, by code or by words."""
    for concept in interpretation:
        for coding in concept.coding:
            result = cues.interpretations.get((coding.system or "", coding.code or ""))
            if result is not None:
                return result
        result = _result(texts_of(concept), cues)
        if result is not None:
            return result
    return None


def _result(texts: Iterable[str], cues: Cues) -> str | None:
    """The result that all texts agree on: each begins with its word and holds no word of another result behind it."""
    found = {result for text in texts if (result := _result_of(text, cues)) is not None}
    return found.pop() if len(found) == 1 else None


def _result_of(text: str, cues: Cues) -> str | None:
    for result, words in cues.results.items():
        begun = words.match(text)
        if begun is None:
            continue
        rest = text[begun.end() :]
        if any(other.search(rest) for name, other in cues.results.items() if name != result):
            return None
        return result
    return None
