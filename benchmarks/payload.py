"""Hook requests of a chosen size; the same arguments give the same bytes (design: 1 Patient and 3 x N entries)."""

import json
from collections.abc import Callable

from benchmarks.chart_resources import (
    FHIR_BASE,
    PATIENT_ID,
    Json,
    condition,
    draft_order,
    medication_request,
    observation,
    patient,
)

DRAFTS = 3
_EMPTY_KEYS = ("statements", "allergies", "procedures", "referrals")
_RESOURCE_TYPES = {"statements": "MedicationStatement", "allergies": "AllergyIntolerance", "procedures": "Procedure"}
_TOKEN_LENGTH = 1200


def patient_view(entries: int) -> bytes:
    """A patient-view request with `entries` Conditions, MedicationRequests and Observations; at least 3."""
    return _bytes(_request("patient-view", {}, entries))


def order_select(entries: int) -> bytes:
    """The same chart at order-select, with three drafts of which diltiazem is selected; metoprolol is current."""
    drafts = [{"resource": draft_order(number)} for number in range(DRAFTS)]
    context: Json = {
        "selections": [f"MedicationRequest/{drafts[0]['resource']['id']}"],
        "draftOrders": {"resourceType": "Bundle", "type": "collection", "entry": drafts},
    }
    return _bytes(_request("order-select", context, entries))


def _request(hook: str, context: Json, entries: int) -> Json:
    return {
        "hook": hook,
        "hookInstance": "7b1f0f7e-8f2c-4d47-9f4d-6d1f5a3c9e10",
        "fhirServer": FHIR_BASE,
        "fhirAuthorization": {
            "access_token": _token(),
            "token_type": "Bearer",
            "expires_in": 300,
            "scope": "patient/Patient.read patient/Condition.read patient/MedicationRequest.read",
            "subject": "cds-service",
        },
        "context": {
            "userId": "Practitioner/bench-1",
            "patientId": PATIENT_ID,
            "encounterId": "bench-1",
        }
        | context,
        "prefetch": {
            "patient": patient(),
            "conditions": _searchset("Condition", condition, entries),
            "medications": _searchset("MedicationRequest", medication_request, entries),
            "observations": _searchset("Observation", observation, entries),
        }
        | {key: _searchset(_RESOURCE_TYPES.get(key, "ServiceRequest"), patient, 0) for key in _EMPTY_KEYS},
    }


def _searchset(resource_type: str, build: Callable[..., Json], entries: int) -> Json:
    resources = [build(number) for number in range(entries)]
    bundle: Json = {
        "resourceType": "Bundle",
        "id": f"bench-{resource_type.lower()}",
        "type": "searchset",
        "total": entries,
        "link": [{"relation": "self", "url": f"{FHIR_BASE}/{resource_type}?patient={PATIENT_ID}"}],
    }
    if resources:
        bundle["entry"] = [
            {
                "fullUrl": f"{FHIR_BASE}/{resource_type}/{resource['id']}",
                "resource": resource,
                "search": {"mode": "match"},
            }
            for resource in resources
        ]
    return bundle


def _token() -> str:
    """Something of the length of a signed token."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return "".join(alphabet[number * 37 % len(alphabet)] for number in range(_TOKEN_LENGTH))


def _bytes(body: Json) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()
