"""The FHIR R4 resources, cut down to the elements the algorithm reads (decision 7).

Every struct is tagged by `resourceType`; the class names are those of the standard with `Resource` behind them.
`contained` stays unread until a reference needs it: it may hold resources of any type.
"""

from typing import Any

import msgspec

from fhir_mappings.elements import (
    AllergyReaction,
    CodeableConcept,
    ConditionStage,
    DispenseRequest,
    Dosage,
    Ingredient,
    ObservationComponent,
    Period,
    Quantity,
    Reference,
    ReferenceRange,
)


class Resource(msgspec.Struct, frozen=True, rename="camel", tag_field="resourceType", kw_only=True):
    """What every resource has; one with a `modifier_extension` is not interpreted (FHIR R4, extensibility)."""

    id: str | None = None
    modifier_extension: tuple[msgspec.Raw, ...] = ()


class PatientResource(Resource, frozen=True, rename="camel", tag="Patient", kw_only=True):
    """FHIR R4 Patient."""

    birth_date: str | None = None
    gender: str | None = None
    deceased_boolean: bool | None = None
    deceased_date_time: str | None = None


class ConditionResource(Resource, frozen=True, rename="camel", tag="Condition", kw_only=True):
    """FHIR R4 Condition."""

    subject: Reference | None = None
    clinical_status: CodeableConcept | None = None
    verification_status: CodeableConcept | None = None
    severity: CodeableConcept | None = None
    code: CodeableConcept | None = None
    body_site: tuple[CodeableConcept, ...] = ()
    onset_date_time: str | None = None
    onset_period: Period | None = None
    abatement_date_time: str | None = None
    abatement_period: Period | None = None
    abatement_age: Quantity | None = None
    abatement_string: str | None = None
    recorded_date: str | None = None
    stage: tuple[ConditionStage, ...] = ()


class MedicationResource(Resource, frozen=True, rename="camel", tag="Medication", kw_only=True):
    """FHIR R4 Medication."""

    code: CodeableConcept | None = None
    form: CodeableConcept | None = None
    contained: tuple[dict[str, Any], ...] = ()
    ingredient: tuple[Ingredient, ...] = ()


class MedicationRequestResource(Resource, frozen=True, rename="camel", tag="MedicationRequest", kw_only=True):
    """FHIR R4 MedicationRequest, also as a draft order."""

    subject: Reference | None = None
    status: str | None = None
    status_reason: CodeableConcept | None = None
    intent: str | None = None
    do_not_perform: bool | None = None
    medication_codeable_concept: CodeableConcept | None = None
    medication_reference: Reference | None = None
    contained: tuple[dict[str, Any], ...] = ()
    authored_on: str | None = None
    reason_code: tuple[CodeableConcept, ...] = ()
    reason_reference: tuple[Reference, ...] = ()
    dosage_instruction: tuple[Dosage, ...] = ()
    dispense_request: DispenseRequest | None = None


class MedicationStatementResource(Resource, frozen=True, rename="camel", tag="MedicationStatement", kw_only=True):
    """FHIR R4 MedicationStatement."""

    subject: Reference | None = None
    status: str | None = None
    status_reason: tuple[CodeableConcept, ...] = ()
    medication_codeable_concept: CodeableConcept | None = None
    medication_reference: Reference | None = None
    contained: tuple[dict[str, Any], ...] = ()
    effective_date_time: str | None = None
    effective_period: Period | None = None
    reason_code: tuple[CodeableConcept, ...] = ()
    reason_reference: tuple[Reference, ...] = ()
    dosage: tuple[Dosage, ...] = ()


class AllergyIntoleranceResource(Resource, frozen=True, rename="camel", tag="AllergyIntolerance", kw_only=True):
    """FHIR R4 AllergyIntolerance."""

    patient: Reference | None = None
    clinical_status: CodeableConcept | None = None
    verification_status: CodeableConcept | None = None
    type: str | None = None
    criticality: str | None = None
    code: CodeableConcept | None = None
    onset_date_time: str | None = None
    recorded_date: str | None = None
    reaction: tuple[AllergyReaction, ...] = ()


class ProcedureResource(Resource, frozen=True, rename="camel", tag="Procedure", kw_only=True):
    """FHIR R4 Procedure."""

    subject: Reference | None = None
    status: str | None = None
    code: CodeableConcept | None = None
    performed_date_time: str | None = None
    performed_period: Period | None = None
    body_site: tuple[CodeableConcept, ...] = ()


class ObservationResource(Resource, frozen=True, rename="camel", tag="Observation", kw_only=True):
    """FHIR R4 Observation."""

    subject: Reference | None = None
    status: str | None = None
    code: CodeableConcept | None = None
    effective_date_time: str | None = None
    effective_period: Period | None = None
    effective_instant: str | None = None
    value_quantity: Quantity | None = None
    value_integer: int | None = None
    value_string: str | None = None
    value_codeable_concept: CodeableConcept | None = None
    data_absent_reason: CodeableConcept | None = None
    interpretation: tuple[CodeableConcept, ...] = ()
    reference_range: tuple[ReferenceRange, ...] = ()
    component: tuple[ObservationComponent, ...] = ()


class ServiceRequestResource(Resource, frozen=True, rename="camel", tag="ServiceRequest", kw_only=True):
    """FHIR R4 ServiceRequest, also as a draft order."""

    subject: Reference | None = None
    status: str | None = None
    intent: str | None = None
    do_not_perform: bool | None = None
    category: tuple[CodeableConcept, ...] = ()
    code: CodeableConcept | None = None
    performer_type: CodeableConcept | None = None
    authored_on: str | None = None
    reason_code: tuple[CodeableConcept, ...] = ()
    reason_reference: tuple[Reference, ...] = ()


class OutcomeIssue(msgspec.Struct, frozen=True, gc=False):
    """FHIR R4 OperationOutcome.issue."""

    severity: str | None = None


class OperationOutcomeResource(Resource, frozen=True, rename="camel", tag="OperationOutcome", kw_only=True):
    """FHIR R4 OperationOutcome."""

    issue: tuple[OutcomeIssue, ...] = ()


OrderResource = MedicationRequestResource | ServiceRequestResource
ChartResource = (
    PatientResource
    | ConditionResource
    | MedicationRequestResource
    | MedicationStatementResource
    | AllergyIntoleranceResource
    | ProcedureResource
    | ObservationResource
    | ServiceRequestResource
)
