"""The FHIR R4 data types, cut down to the elements the algorithm reads.

Unknown members are skipped, not built (performance.md section 3); a wrong type in a member that is read is an error.
"""

import msgspec


class Coding(msgspec.Struct, frozen=True, gc=False):
    """FHIR R4 Coding."""

    system: str | None = None
    code: str | None = None
    display: str | None = None


class CodeableConcept(msgspec.Struct, frozen=True):
    """FHIR R4 CodeableConcept."""

    coding: tuple[Coding, ...] = ()
    text: str | None = None


class Reference(msgspec.Struct, frozen=True, gc=False):
    """FHIR R4 Reference; `display` only tells a reference from an empty object."""

    reference: str | None = None
    display: str | None = None


class Period(msgspec.Struct, frozen=True, gc=False):
    """FHIR R4 Period."""

    start: str | None = None
    end: str | None = None


class Quantity(msgspec.Struct, frozen=True, gc=False):
    """FHIR R4 Quantity, also Age and Duration."""

    value: float | None = None
    comparator: str | None = None
    unit: str | None = None
    system: str | None = None
    code: str | None = None


class TimingRepeat(msgspec.Struct, frozen=True, rename="camel"):
    """FHIR R4 Timing.repeat."""

    frequency: float | None = None
    frequency_max: float | None = None
    period: float | None = None
    period_max: float | None = None
    period_unit: str | None = None
    bounds_period: Period | None = None
    bounds_duration: Quantity | None = None


class Timing(msgspec.Struct, frozen=True):
    """FHIR R4 Timing."""

    event: tuple[str, ...] = ()
    repeat: TimingRepeat | None = None


class DoseAndRate(msgspec.Struct, frozen=True, rename="camel"):
    """FHIR R4 Dosage.doseAndRate."""

    dose_quantity: Quantity | None = None


class Dosage(msgspec.Struct, frozen=True, rename="camel"):
    """FHIR R4 Dosage."""

    timing: Timing | None = None
    as_needed_boolean: bool | None = None
    as_needed_codeable_concept: CodeableConcept | None = None
    route: CodeableConcept | None = None
    dose_and_rate: tuple[DoseAndRate, ...] = ()


class DispenseRequest(msgspec.Struct, frozen=True, rename="camel"):
    """FHIR R4 MedicationRequest.dispenseRequest."""

    validity_period: Period | None = None
    expected_supply_duration: Quantity | None = None


class ConditionStage(msgspec.Struct, frozen=True):
    """FHIR R4 Condition.stage."""

    summary: CodeableConcept | None = None


class Ingredient(msgspec.Struct, frozen=True, rename="camel"):
    """FHIR R4 Medication.ingredient."""

    item_codeable_concept: CodeableConcept | None = None
    item_reference: Reference | None = None
    is_active: bool | None = None


class AllergyReaction(msgspec.Struct, frozen=True):
    """FHIR R4 AllergyIntolerance.reaction."""

    substance: CodeableConcept | None = None


class ReferenceRange(msgspec.Struct, frozen=True):
    """FHIR R4 Observation.referenceRange."""

    low: Quantity | None = None
    high: Quantity | None = None
    type: CodeableConcept | None = None
    text: str | None = None


class ObservationComponent(msgspec.Struct, frozen=True, rename="camel"):
    """FHIR R4 Observation.component."""

    code: CodeableConcept | None = None
    value_quantity: Quantity | None = None
    value_integer: int | None = None
    value_string: str | None = None
    value_codeable_concept: CodeableConcept | None = None
    data_absent_reason: CodeableConcept | None = None
    interpretation: tuple[CodeableConcept, ...] = ()
    reference_range: tuple[ReferenceRange, ...] = ()
