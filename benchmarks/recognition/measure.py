"""Recall and precision of the drug names: a text alone, without a code, is read as the chart reader reads it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from benchmarks.recognition.lists import Negative, Product
from fhir_mappings.drug_matching import match_codeable
from fhir_mappings.elements import CodeableConcept
from treatment_algorithm.concept_table import ConceptTable
from treatment_algorithm.cues import Cues

Recognise = Callable[[str], frozenset[str]]


@dataclass(frozen=True, slots=True)
class Recall:
    """How many products were read as all of their concepts; `missed`: each other one with what was not found."""

    found: int
    total: int
    missed: tuple[tuple[Product, frozenset[str]], ...]

    @property
    def ratio(self) -> float:
        """Found to all, 0 to 1; 1 for none."""
        return self.found / self.total if self.total else 1.0


@dataclass(frozen=True, slots=True)
class Silence:
    """How many negatives were read as no drug; `named`: each other one with what it was taken for."""

    silent: int
    total: int
    named: tuple[tuple[Negative, frozenset[str]], ...]

    @property
    def ratio(self) -> float:
        """Silent to all, 0 to 1; 1 for none."""
        return self.silent / self.total if self.total else 1.0


def recogniser(concepts: ConceptTable, cues: Cues) -> Recognise:
    """text -> drug concepts, for a medicationCodeableConcept that is nothing but this text."""

    def recognise(text: str) -> frozenset[str]:
        return match_codeable(CodeableConcept(text=text), (), (), concepts, cues).concepts

    return recognise


def recall(products: Iterable[Product], recognise: Recognise) -> Recall:
    """A product is found when every concept of it is; what else was read does not count against it."""
    missed = []
    total = 0
    for product in products:
        total += 1
        lacking = product.concepts - recognise(product.text)
        if lacking:
            missed.append((product, lacking))
    return Recall(total - len(missed), total, tuple(missed))


def silence(negatives: Iterable[Negative], recognise: Recognise) -> Silence:
    """A negative is silent when nothing is read but the local form that it is."""
    named = []
    total = 0
    for negative in negatives:
        total += 1
        taken_for = recognise(negative.text) - negative.allowed
        if taken_for:
            named.append((negative, taken_for))
    return Silence(total - len(named), total, tuple(named))


def precision(found: Recall, silent: Silence) -> float:
    """Rightly read texts to all texts that were read as a drug, 0 to 1."""
    wrong = silent.total - silent.silent
    return found.found / (found.found + wrong) if found.found + wrong else 1.0
