"""The form of knowledge/cues.yaml: strict, frozen models; what the words are for is compiled by cues.py."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

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


class AboutADrug(_Entry):
    """Words right behind a name that make it the name of something else; `between` may stand before them."""

    between: Words
    words: Words


class NotUsableDrugs(_Entry):
    """Words that make a drug's text speak of an allergy: one of `words` and of `before`, or `at_end` as the last."""

    words: Words
    before: Words
    at_end: Words


class WeakSolutionWords(_Entry):
    """Words behind a percentage, and the route of a solution of so many percent or less."""

    words: Words
    percent_at_most: float
    route: str


class _DoseUnits(_Entry):
    milligrams: dict[str, float]
    millilitres: dict[str, float]
    pieces: tuple[str, ...]


class _Interpretations(_Entry):
    code_system: str
    codes: dict[str, Literal["positive", "negative", "indeterminate"]]


class Answer(_Entry):
    """One answer to a question: the concepts of a coded value, and the whole texts that mean it."""

    concepts: tuple[str, ...] = ()
    texts: Words


class _WordResults(_Entry):
    by_cut_off: tuple[str, ...]
    never_by_number: tuple[str, ...]


class _Results(_Entry):
    positive: Words
    negative: Words
    indeterminate: Words


class CuesFile(_Entry):
    """The whole file."""

    negations: Words
    not_current_or_not_the_patient: Words
    place_words: Words
    condition_cues: dict[str, Words]
    stop_reasons: _StopReasons
    routes: dict[str, _Route]
    local_routes: dict[str, dict[str, str]]
    drug_refusals: Words
    drug_denials: Words
    about_a_drug: AboutADrug
    not_usable_drugs: NotUsableDrugs
    weak_solutions: WeakSolutionWords
    other_drugs: Words
    salts: Words
    allergy_refusals: Words
    dose_units: _DoseUnits
    units: dict[str, dict[str, Annotated[tuple[str, ...], Field(min_length=1)]]]
    results: _Results
    interpretations: _Interpretations
    answers: dict[str, dict[str, Answer]]
    word_results: _WordResults
