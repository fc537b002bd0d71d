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

from pydantic import TypeAdapter

from treatment_algorithm.concept_names import first_word
from treatment_algorithm.cue_files import AboutADrug, Answer, CuesFile, NotUsableDrugs, WeakSolutionWords
from treatment_algorithm.features import StopReason
from treatment_algorithm.knowledge_errors import KnowledgeError
from treatment_algorithm.knowledge_files import read_models

CUES_FILE = "cues.yaml"


@dataclass(frozen=True, slots=True)
class WeakSolutions:
    """Solutions of so few percent that they have a local route; the pattern's only group is the percentage."""

    pattern: re.Pattern[str]
    percent_at_most: float
    route: str


@dataclass(frozen=True, slots=True)
class Cues:
    """The compiled words.

    `negations` (negation and doubt) and `disclaimers` (these, and history, family, risk) search a text; `units` gives
    the UCUM unit of a spelling (`unit_key`) by concept; `results` and `result_words` tell positive, negative and
    indeterminate; `answers` gives the answer of a concept's own whole text, `answer_concepts` that of a coded value;
    `by_cut_off` and `never_by_number` are the concepts whose result is a word; `routes_by_word` gives the routes of
    which a phrase begins with a word; `local_routes` says what a drug becomes by a local route. `drug_denials` stand
    before a name that does not count, `about_a_drug` matches right behind one.
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
    drug_denials: frozenset[str]
    about_a_drug: re.Pattern[str]
    not_usable_drugs: re.Pattern[str]
    weak_solutions: WeakSolutions
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
    file = read_models(folder.joinpath(CUES_FILE), TypeAdapter(CuesFile))
    for route in file.local_routes:
        if route not in file.routes:
            raise KnowledgeError(CUES_FILE, None, f"local_routes.{route}: no such route")
    if file.weak_solutions.route not in file.routes:
        raise KnowledgeError(CUES_FILE, None, f"weak_solutions.route: no such route as {file.weak_solutions.route}")
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
        drug_denials=frozenset(file.drug_denials),
        about_a_drug=_behind_a_name(file.about_a_drug),
        not_usable_drugs=_not_usable(file.not_usable_drugs),
        weak_solutions=_solutions(file.weak_solutions),
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
    return re.compile(rf"(?<!\w){_any_of(words)}(?!\w)" + (r"|\?" if question_mark else ""))


def _any_of(words: Iterable[str]) -> str:
    return f"(?:{'|'.join(re.escape(word) for word in sorted(words, key=len, reverse=True))})"


def _behind_a_name(about: AboutADrug) -> re.Pattern[str]:
    return re.compile(rf"[ \-\[/]+(?:{_any_of(about.between)} )?{_any_of(about.words)}(?!\w)")


def _not_usable(drugs: NotUsableDrugs) -> re.Pattern[str]:
    named = rf"{_any_of(drugs.words)} {_any_of(drugs.before)}(?!\w)|{_any_of(drugs.at_end)}$"
    return re.compile(rf"(?<!\w)(?:{named})")


def _solutions(weak: WeakSolutionWords) -> WeakSolutions:
    pattern = re.compile(rf"(?<![\d.])(\d+(?:\.\d+)?|\.\d+)\s?% ?{_any_of(weak.words)}(?!\w)")
    return WeakSolutions(pattern, weak.percent_at_most, weak.route)


def _by_first_word(words: Mapping[str, Iterable[str]]) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for key, phrases in words.items():
        for phrase in phrases:
            found[first_word(phrase)].add(key)
    return MappingProxyType({word: frozenset(keys) for word, keys in found.items()})


def _by_word(
    answers: Mapping[str, Mapping[str, Answer]], words: Callable[[Answer], Iterable[str]]
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
