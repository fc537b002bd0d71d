"""Observation -> MeasurementFacts: numbers in the units of their concepts, and results in words (evidence.md 2.1)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from fhir_mappings.concept_matching import codes_match
from fhir_mappings.elements import ObservationComponent, Quantity
from fhir_mappings.quantities import number_of, parse_quantity, value_of
from fhir_mappings.reference_ranges import read_limits
from fhir_mappings.references import resource_reference
from fhir_mappings.resources import ObservationResource
from fhir_mappings.status_codes import OBSERVATION_STATUSES, known_code
from fhir_mappings.units import UnitReader
from fhir_mappings.word_results import cut_off_result, word_result
from treatment_algorithm.chart_questions import INDETERMINATE
from treatment_algorithm.concept_table import ConceptTable
from treatment_algorithm.cues import Cues
from treatment_algorithm.features import Group, Issue, MeasurementFact, Proof
from treatment_algorithm.partial_date import parse_date

_DAY = len("2026-11-22")
_NO_TIME = datetime.min.replace(tzinfo=UTC)
_COUNTED = frozenset({"final", "amended", "corrected", "preliminary"})


def map_observations(
    observations: Iterable[ObservationResource], concepts: ConceptTable, cues: Cues
) -> Iterator[MeasurementFact | Issue]:
    """The facts of all Observations of one chart, in chart order but for this: of one day the last reading leads.

    Facts keep the day alone (PartialDate), and of one day the first fact counts as the newest.
    """
    units = UnitReader(cues)
    for observation in _last_of_a_day_first(list(observations)):
        yield from map_observation(observation, concepts, cues, units)


def map_observation(
    observation: ObservationResource, concepts: ConceptTable, cues: Cues, units: UnitReader
) -> Iterator[MeasurementFact | Issue]:
    """The facts of one Observation and of its components, each by its own code; nothing where the value is absent.

    Statuses final, amended, corrected and preliminary count. A value whose unit cannot be converted to one of the
    concept's is a fact without value and an Issue of kind "unit"; one with an unknown comparator is "unreadable".
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
    proof = Proof(reference, parse_date(_effective(observation)), status)
    yield from _map_value(observation, proof, concepts, cues, units)
    for component in observation.component:
        yield from _map_value(component, proof, concepts, cues, units)


def _effective(observation: ObservationResource) -> str | None:
    """effectiveDateTime, effectiveInstant or the start of effectivePeriod, as written."""
    period = observation.effective_period
    return observation.effective_date_time or observation.effective_instant or (period.start if period else None)


def _last_of_a_day_first(observations: list[ObservationResource]) -> list[ObservationResource]:
    """The same list, with the Observations of one day that have a time of day changing places among themselves."""
    days: dict[str, list[int]] = defaultdict(list)
    for place, observation in enumerate(observations):
        effective = _effective(observation)
        if effective and "T" in effective:
            days[effective[:_DAY]].append(place)
    ordered = list(observations)
    for places in days.values():
        if len(places) > 1:
            latest_first = sorted(places, key=lambda place: _moment(_effective(observations[place])), reverse=True)
            for into, taken in zip(places, latest_first, strict=True):
                ordered[into] = observations[taken]
    return ordered


def _moment(effective: str | None) -> datetime:
    try:
        moment = datetime.fromisoformat(effective or "")
        # A time without its zone is not valid FHIR; it is only compared with its like.
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return _NO_TIME


def _map_value(
    measured: ObservationResource | ObservationComponent,
    proof: Proof,
    concepts: ConceptTable,
    cues: Cues,
    units: UnitReader,
) -> Iterator[MeasurementFact | Issue]:
    found = codes_match(measured.code, concepts)
    if not found or measured.data_absent_reason is not None:
        return
    quantity = value_of(measured)
    texted = parse_quantity(measured.value_string) if quantity is None else None
    for concept in sorted(found):
        coded = word_result(concept, measured, concepts, cues)
        # A text that is no known result is still a result, only not a readable one; a bare panel is none.
        if (quantity, coded, measured.value_string, measured.value_codeable_concept) == (None, None, None, None):
            continue
        given = quantity or (texted if texted and units.read(concept, texted) else None)
        yield from _map_quantity(concept, given, coded, measured, proof, cues, units)


def _map_quantity(
    concept: str,
    quantity: Quantity | None,
    coded: str | None,
    measured: ObservationResource | ObservationComponent,
    proof: Proof,
    cues: Cues,
    units: UnitReader,
) -> Iterator[MeasurementFact | Issue]:
    number = number_of(quantity)
    if quantity is None or number is None:
        if quantity is not None and quantity.value is not None:
            yield Issue(Group.OBSERVATIONS, proof.reference, "unreadable")
        yield MeasurementFact(concept, proof, coded=coded)
        return
    conversion = units.read(concept, quantity)
    if conversion is None:
        yield Issue(Group.OBSERVATIONS, proof.reference, "unit")
        yield MeasurementFact(concept, proof, coded=coded)
        return
    value = conversion.of(number)
    low, high = limits = read_limits(concept, conversion, measured.reference_range, units)
    if coded is None and concept in cues.by_cut_off:
        coded = cut_off_result(quantity, value, limits)
    elif coded is None and concept in cues.never_by_number:
        coded = INDETERMINATE
    if coded == INDETERMINATE:
        # A number that says nothing must not pass for a result on record.
        yield MeasurementFact(concept, proof, coded=coded)
        return
    yield MeasurementFact(concept, proof, value, conversion.unit, coded, low, high, quantity.comparator)
