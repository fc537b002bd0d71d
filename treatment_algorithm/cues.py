"""Cues: the words that the reading of charts looks for, from knowledge/cues.yaml, compiled once.

Words are matched as whole words on lower-case text with single blanks.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from treatment_algorithm.concept_table import first_word
from treatment_algorithm.features import StopReason
from treatment_algorithm.knowledge_errors import KnowledgeError
from treatment_algorithm.knowledge_files import read_models

CUES_FILE = "cues.yaml"

Word = Annotated[str, Field(min_length=1, pattern=r"^[^A-Z]+$")]
"""A word or phrase in lower case."""
Words = Annotated[tuple[Word, ...], Field(min_length=1)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _StopReasons(_Entry):
    code_system: str
    not_usable_codes: tuple[str, ...]
    failed: Words
    not_usable: Words


class _Route(_Entry):
    words: Words
    general: bool = False


class _DoseUnits(_Entry):
    milligrams: dict[str, float]
    millilitres: dict[str, float]
    pieces: tuple[str, ...]


class _Interpretations(_Entry):
    code_system: str
    codes: dict[str, Literal["positive", "negative", "indeterminate"]]


class _Answer(_Entry):
    concepts: tuple[str, ...] = ()
    texts: Words


class _WordResults(_Entry):
    by_cut_off: tuple[str, ...]
    never_by_number: tuple[str, ...]


class _Results(_Entry):
    positive: Words
    negative: Words
    indeterminate: Words


class _CuesFile(_Entry):
    negations: Words
    not_current_or_not_the_patient: Words
    place_words: Words
    condition_cues: dict[str, Words]
    stop_reasons: _StopReasons
    routes: dict[str, _Route]
    local_routes: dict[str, dict[str, str]]
    drug_refusals: Words
    other_drugs: Words
    salts: Words
    allergy_refusals: Words
    dose_units: _DoseUnits
    units: dict[str, dict[str, Annotated[tuple[str, ...], Field(min_length=1)]]]
    results: _Results
    interpretations: _Interpretations
    answers: dict[str, dict[str, _Answer]]
    word_results: _WordResults


@dataclass(frozen=True, slots=True)
class Cues:
    """The compiled words.

    `negations` (negation and doubt) and `disclaimers` (these, and history, family, risk) search a text; `units` gives
    the UCUM unit of a spelling (`unit_key`) by concept; `results` and `result_words` tell positive, negative and
    indeterminate; `answers` gives the answer of a concept's own whole text, `answer_concepts` that of a coded value;
    `by_cut_off` and `never_by_number` are the concepts whose result is a word; `routes_by_word` gives the routes of
    which a phrase begins with a word; `local_routes` says what a drug becomes by a local route.
    """

    negations: re.Pattern[str]
    disclaimers: re.Pattern[str]
    place_words: frozenset[str]
    condition_cues: Mapping[str, re.Pattern[str]]
    stop_codes: Mapping[tuple[str, str], StopReason]
    stop_words: Mapping[StopReason, re.Pattern[str]]
    routes: Mapping[str, re.Pattern[str]]
    routes_by_word: Mapping[str, frozenset[str]]
    general_routes: frozenset[str]
    local_routes: Mapping[str, Mapping[str, str]]
    drug_refusals: re.Pattern[str]
    other_drugs: re.Pattern[str]
    salts: frozenset[str]
    allergy_refusals: re.Pattern[str]
    milligrams: Mapping[str, float]
    millilitres: Mapping[str, float]
    pieces: frozenset[str]
    units: Mapping[str, Mapping[str, str]]
    results: Mapping[str, re.Pattern[str]]
    interpretations: Mapping[tuple[str, str], str]
    answers: Mapping[str, Mapping[str, str]]
    answer_concepts: Mapping[str, Mapping[str, str]]
    by_cut_off: frozenset[str]
    never_by_number: frozenset[str]


def load_cues(folder: Traversable | Path) -> Cues:
    """The cues of a knowledge folder; KnowledgeError with file and line for anything that is not as the model says."""
    file = read_models(folder.joinpath(CUES_FILE), TypeAdapter(_CuesFile))
    for route in file.local_routes:
        if route not in file.routes:
            raise KnowledgeError(CUES_FILE, None, f"local_routes.{route}: no such route")
    stops = file.stop_reasons
    return Cues(
        negations=whole_words(file.negations, question_mark=True),
        disclaimers=whole_words((*file.negations, *file.not_current_or_not_the_patient), question_mark=True),
        place_words=frozenset(file.place_words),
        condition_cues=_patterns(file.condition_cues),
        stop_codes=MappingProxyType(
            {(stops.code_system, code): StopReason.NOT_USABLE for code in stops.not_usable_codes}
        ),
        stop_words=MappingProxyType(
            {StopReason.FAILED: whole_words(stops.failed), StopReason.NOT_USABLE: whole_words(stops.not_usable)}
        ),
        routes=_patterns({key: route.words for key, route in file.routes.items()}),
        routes_by_word=_by_first_word({key: route.words for key, route in file.routes.items()}),
        general_routes=frozenset(key for key, route in file.routes.items() if route.general),
        local_routes=MappingProxyType({key: MappingProxyType(drugs) for key, drugs in file.local_routes.items()}),
        drug_refusals=whole_words(file.drug_refusals),
        other_drugs=whole_words(file.other_drugs),
        salts=frozenset(file.salts),
        allergy_refusals=whole_words(file.allergy_refusals),
        milligrams=MappingProxyType(file.dose_units.milligrams),
        millilitres=MappingProxyType(file.dose_units.millilitres),
        pieces=frozenset(file.dose_units.pieces),
        units=_unit_spellings(file.units),
        results=_patterns(
            {
                "positive": file.results.positive,
                "negative": file.results.negative,
                "indeterminate": file.results.indeterminate,
            }
        ),
        interpretations=MappingProxyType(
            {(file.interpretations.code_system, code): result for code, result in file.interpretations.codes.items()}
        ),
        answers=_by_word(file.answers, lambda answer: answer.texts),
        answer_concepts=_by_word(file.answers, lambda answer: answer.concepts),
        by_cut_off=frozenset(file.word_results.by_cut_off),
        never_by_number=frozenset(file.word_results.never_by_number),
    )


def unit_key(unit: str) -> str:
    """A unit as it is compared: lower case, without blanks."""
    return "".join(unit.lower().split())


def whole_words(words: Iterable[str], *, question_mark: bool = False) -> re.Pattern[str]:
    """A pattern that finds any of the words or phrases, longest first, as whole words; on request also a `?`."""
    alternatives = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)" + (r"|\?" if question_mark else ""))


def _by_first_word(words: Mapping[str, Iterable[str]]) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for key, phrases in words.items():
        for phrase in phrases:
            found[first_word(phrase)].add(key)
    return MappingProxyType({word: frozenset(keys) for word, keys in found.items()})


def _by_word(
    answers: Mapping[str, Mapping[str, _Answer]], words: Callable[[_Answer], Iterable[str]]
) -> Mapping[str, Mapping[str, str]]:
    return MappingProxyType(
        {
            concept: MappingProxyType({word: key for key, answer in known.items() for word in words(answer)})
            for concept, known in answers.items()
        }
    )


def _patterns(words: Mapping[str, Iterable[str]]) -> Mapping[str, re.Pattern[str]]:
    return MappingProxyType({key: whole_words(found) for key, found in words.items()})


def _unit_spellings(units: Mapping[str, Mapping[str, Iterable[str]]]) -> Mapping[str, Mapping[str, str]]:
    found: dict[str, Mapping[str, str]] = {}
    for concept, spellings in units.items():
        by_spelling = {unit_key(spelling): unit for unit, all_of_it in spellings.items() for spelling in all_of_it}
        found[concept] = MappingProxyType(by_spelling)
    return MappingProxyType(found)
