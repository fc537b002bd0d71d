"""Observation -> MeasurementFacts: numbers in known units and qualitative results (evidence.md 2.1)."""

import math
from collections.abc import Iterable, Iterator

from fhir_mappings.concept_matching import codes_match
from fhir_mappings.elements import CodeableConcept, ObservationComponent, Quantity, ReferenceRange
from fhir_mappings.references import resource_reference
from fhir_mappings.resources import ObservationResource
from fhir_mappings.status_codes import OBSERVATION_STATUSES, known_code
from fhir_mappings.texts import normalised, texts_of
from treatment_algorithm.concept_table import ConceptTable
from treatment_algorithm.cues import Cues, unit_key
from treatment_algorithm.features import Group, Issue, MeasurementFact, Proof
from treatment_algorithm.partial_date import parse_date

_COUNTED = frozenset({"final", "amended", "corrected", "preliminary"})


def map_observation(
    observation: ObservationResource, concepts: ConceptTable, cues: Cues
) -> Iterator[MeasurementFact | Issue]:
    """The facts of one Observation and of its components, each by its own code; nothing where the value is absent.

    Statuses final, amended, corrected and preliminary count. A value in a unit that is not listed for the concept
    is a fact without value and an Issue.
    """
    reference = resource_reference("Observation", observation.id)
    status = known_code(observation.status, OBSERVATION_STATUSES)
    if not status:
        yield Issue(Group.OBSERVATIONS, reference, "unreadable")
        return
    if status not in _COUNTED:
        return
    if not (observation.component or codes_match(observation.code, concepts)):
        return
    period = observation.effective_period
    effective = (
        parse_date(observation.effective_date_time)
        or parse_date(observation.effective_instant)
        or parse_date(period.start if period else None)
    )
    proof = Proof(reference, effective, status)
    yield from _map_value(observation, proof, concepts, cues)
    for component in observation.component:
        yield from _map_value(component, proof, concepts, cues)


def _map_value(
    measured: ObservationResource | ObservationComponent, proof: Proof, concepts: ConceptTable, cues: Cues
) -> Iterator[MeasurementFact | Issue]:
    found = codes_match(measured.code, concepts)
    if not found or measured.data_absent_reason is not None:
        return
    coded = _coded(measured, concepts, cues)
    quantity = measured.value_quantity
    if quantity is None and measured.value_integer is not None:
        quantity = Quantity(value=float(measured.value_integer))
    # A text that is no known result is still a result, only not a readable one; a bare panel is none.
    if (quantity, coded, measured.value_string, measured.value_codeable_concept) == (None, None, None, None):
        return
    for concept in sorted(found):
        yield from _map_quantity(concept, quantity, coded, measured.reference_range, proof, cues)


def _map_quantity(
    concept: str,
    quantity: Quantity | None,
    coded: str | None,
    ranges: tuple[ReferenceRange, ...],
    proof: Proof,
    cues: Cues,
) -> Iterator[MeasurementFact | Issue]:
    # "<5" is no number to compare: as a value it would decide questions that it leaves open.
    if quantity is None or quantity.value is None or not math.isfinite(quantity.value) or quantity.comparator:
        yield MeasurementFact(concept, proof, coded=coded)
        return
    unit = _unit(concept, quantity, cues)
    if unit is None:
        yield Issue(Group.OBSERVATIONS, proof.reference, "unreadable")
        yield MeasurementFact(concept, proof, coded=coded)
        return
    low, high = _limits(concept, unit, quantity, ranges, cues)
    yield MeasurementFact(concept, proof, quantity.value, unit, coded, low, high)


def _unit(concept: str, quantity: Quantity, cues: Cues) -> str | None:
    """The UCUM unit of a quantity by its code or spelling, None when it is not listed for the concept."""
    listed = cues.units.get(concept)
    spellings = [unit for unit in (quantity.code, quantity.unit) if unit]
    if listed is None:
        return spellings[0] if spellings else ""
    for spelling in spellings or [""]:
        unit = listed.get(unit_key(spelling))
        if unit is not None:
            return unit
    return None


def _limits(
    concept: str, unit: str, quantity: Quantity, ranges: tuple[ReferenceRange, ...], cues: Cues
) -> tuple[float | None, float | None]:
    """The one reference range in the value's unit; several (by age, by sex) cannot be told apart and give none."""
    if len(ranges) != 1:
        return None, None
    limits: list[float | None] = []
    for limit in (ranges[0].low, ranges[0].high):
        if limit is None or limit.value is None or not math.isfinite(limit.value):
            limits.append(None)
            continue
        # A limit without a unit is in the unit of the value (FHIR R4, Observation.referenceRange).
        same_unit = not (limit.code or limit.unit) or _unit(concept, limit, cues) == unit
        limits.append(limit.value if same_unit else None)
    return limits[0], limits[1]


def _coded(measured: ObservationResource | ObservationComponent, concepts: ConceptTable, cues: Cues) -> str | None:
    value = measured.value_codeable_concept
    if value is not None:
        result = _result(texts_of(value), cues) or next(
            (concept for concept in sorted(codes_match(value, concepts))), None
        )
        if result is not None:
            return result
    if measured.value_string is not None:
        result = _result((normalised(measured.value_string),), cues)
        if result is not None:
            return result
    return _interpreted(measured.interpretation, cues)


def _interpreted(interpretation: Iterable[CodeableConcept], cues: Cues) -> str | None:
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
