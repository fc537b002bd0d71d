"""Reasons: what an order or a drug is for (evidence.md 2.5), and why a therapy ended (2.1, 2.2)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fhir_mappings.concept_matching import match_condition, says_anything
from fhir_mappings.elements import CodeableConcept, Reference
from fhir_mappings.references import type_and_id
from fhir_mappings.texts import gives_reason, texts_of
from treatment_algorithm.concept_table import ConceptTable
from treatment_algorithm.cues import Cues
from treatment_algorithm.features import OrderReason, StopReason

_CALCINOSIS = "calcinosis_cutis"


@dataclass(frozen=True, slots=True)
class Reasons:
    """The condition concepts of all reasons; `given`: there is a reason at all, readable or not."""

    concepts: frozenset[str] = frozenset()
    given: bool = False

    @property
    def order_reason(self) -> OrderReason:
        """Calcinosis if any reason is, other if another is given, unknown if none is."""
        if _CALCINOSIS in self.concepts:
            return OrderReason.CALCINOSIS
        return OrderReason.OTHER if self.given else OrderReason.UNKNOWN


def read_reasons(
    codes: tuple[CodeableConcept, ...],
    references: tuple[Reference, ...],
    conditions: Mapping[str, frozenset[str]],
    concepts: ConceptTable,
    cues: Cues,
) -> Reasons:
    """The reasons by code or name, and by reference to the chart's Conditions (`Condition/id` -> concepts).

    A reference that does not resolve is a reason that is given and says nothing; an empty object is none.
    """
    found: frozenset[str] = frozenset()
    given = False
    for code in codes:
        if says_anything(code):
            given = True
            found |= match_condition(code, concepts, cues).concepts
    for reference in references:
        if reference.reference or reference.display:
            given = True
            found |= conditions.get(type_and_id(reference.reference) or "", frozenset())
    return Reasons(found, given)


def read_stop_reason(reasons: Iterable[CodeableConcept | None], cues: Cues) -> StopReason | None:
    """FAILED when a text says so, else NOT_USABLE by an R4 code or a text; None for neutral or missing reasons.

    `reasons`: statusReason, of a MedicationStatement also reasonCode (evidence.md 2.1).

    FHIR R4 has no code for "not effective", so failure is always text. Where a text says both, the failure is what
    was recorded of the therapy's effect.
    """
    found: set[StopReason] = set()
    for reason in reasons:
        for coding in reason.coding if reason else ():
            coded = cues.stop_codes.get((coding.system or "", coding.code or ""))
            if coded is not None:
                found.add(coded)
        for text in texts_of(reason):
            for stop_reason, words in cues.stop_words.items():
                if gives_reason(text, words, cues.disclaimers):
                    found.add(stop_reason)
    if StopReason.FAILED in found:
        return StopReason.FAILED
    return found.pop() if found else None
