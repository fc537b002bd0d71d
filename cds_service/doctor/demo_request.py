"""The hook request that `doctor` sends to a running service: an invented patient with calcinosis cutis."""

from collections.abc import Sequence
from uuid import uuid4

import msgspec

from cds_service.hook_request import PATIENT_VIEW
from fhir_mappings.bundle_reader import PREFETCH_KEYS
from treatment_algorithm.concept_table import ConceptTable

_PATIENT_ID = "doctor-demo-patient"
_CALCINOSIS = "calcinosis_cutis"


def demo_request(concepts: ConceptTable) -> bytes:
    """A patient-view request with complete prefetch, JSON bytes; the code comes from the knowledge."""
    code = concepts.code_rows(_CALCINOSIS)[0]
    condition = {
        "resourceType": "Condition",
        "id": "doctor-demo-condition",
        "subject": {"reference": f"Patient/{_PATIENT_ID}"},
        "clinicalStatus": {
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]
        },
        "code": {"coding": [{"system": code.system, "code": code.code}]},
    }
    prefetch: dict[str, object] = {key: _bundle(()) for key in PREFETCH_KEYS}
    prefetch["patient"] = {"resourceType": "Patient", "id": _PATIENT_ID, "birthDate": "1970-01-01"}
    prefetch["conditions"] = _bundle((condition,))
    return msgspec.json.encode(
        {
            "hook": PATIENT_VIEW,
            "hookInstance": str(uuid4()),
            "context": {"userId": "Practitioner/doctor", "patientId": _PATIENT_ID},
            "prefetch": prefetch,
        }
    )


def _bundle(resources: Sequence[object]) -> dict[str, object]:
    entries = [{"resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries}
