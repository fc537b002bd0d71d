"""Whose a resource is: its subject compared with the patient of the hook (decision 9)."""

from fhir_mappings.elements import Reference
from fhir_mappings.references import type_and_id
from fhir_mappings.resources import ChartResource


def is_about(resource: ChartResource | None, patient_id: str) -> bool | None:
    """Whether `resource` is about this patient by its `subject` or `patient`; None when it does not tell.

    The reference may be relative, absolute or versioned. A reference that is no `Type/id` tells nothing.
    """
    subject: Reference | None = getattr(resource, "subject", None) or getattr(resource, "patient", None)
    reference = subject.reference if subject else None
    # Compared as it is first: a patientId may hold characters that no FHIR id has.
    if reference == f"Patient/{patient_id}":
        return True
    whose = type_and_id(reference)
    return None if whose is None else whose == f"Patient/{patient_id}"
