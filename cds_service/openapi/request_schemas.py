"""Schemas of what clients send: hook requests as `hook_request.decode` takes them, feedback from its own model."""

from collections.abc import Sequence
from typing import Any

from cds_service.hook_request import LONGEST_ID, LONGEST_TOKEN, LONGEST_URL, ORDER_SELECT, PATIENT_ID, PATIENT_VIEW
from cds_service.records.feedback import Feedback
from cds_service.services import REQUIRED_KEYS, ServiceDefinition

Json = dict[str, Any]
_COMPONENTS = "#/components/schemas/"
# At least one sign that is no blank, and no control character.
_ONE_LINE = r"^[^\u0000-\u001f]*[!-~][^\u0000-\u001f]*$"
_NULLABLE: Json = {"type": "null"}


def ref(name: str) -> Json:
    """A reference to a schema of the components."""
    return {"$ref": f"{_COMPONENTS}{name}"}


def request_schemas(services: Sequence[ServiceDefinition]) -> dict[str, Json]:
    """Schema name -> schema of the request bodies and their parts."""
    feedback = Feedback.model_json_schema(ref_template=f"{_COMPONENTS}{{model}}")
    parts: dict[str, Json] = feedback.pop("$defs")
    return {
        **{f"{service.hook}-request": _hook_request(service) for service in services},
        "FhirAuthorization": _fhir_authorization(),
        "PrefetchValue": _prefetch_value(),
        "Feedback": feedback,
        **parts,
    }


def _hook_request(service: ServiceDefinition) -> Json:
    return {
        "type": "object",
        "required": ["hook", "hookInstance", "context"],
        "properties": {
            "hook": {"const": service.hook},
            "hookInstance": _text("A UUID; others are tolerated"),
            "context": _context(service.hook),
            "prefetch": _or_null(_prefetch(service)),
            "fhirServer": _or_null(
                {"type": "string", "pattern": r"^[hH][tT][tT][pP][sS]?://[^\u0000-\u001f]*$", "maxLength": LONGEST_URL}
            ),
            "fhirAuthorization": _or_null(ref("FhirAuthorization")),
            "extension": {"description": "Not read"},
        },
    }


def _context(hook: str) -> Json:
    patient = {"type": "string", "pattern": f"^{PATIENT_ID.pattern}$", "description": "The id, without `Patient/`"}
    members: Json = {
        "userId": _text("For instance Practitioner/123"),
        "patientId": patient,
        "encounterId": _or_null(_text("The id, without `Encounter/`")),
    }
    required = ["userId", "patientId"]
    if hook != PATIENT_VIEW:
        members["draftOrders"] = {"type": "object", "description": "A Bundle of FHIR R4 draft orders"}
        required.append("draftOrders")
    if hook == ORDER_SELECT:
        members["selections"] = {"type": "array", "items": {"type": "string"}, "description": "`Type/id` of drafts"}
        required.append("selections")
    return {"type": "object", "required": required, "properties": members}


def _prefetch(service: ServiceDefinition) -> Json:
    """Nothing in it is refused as such: what cannot be read is named on a card, or makes 412 (decision 6)."""
    return {
        "type": "object",
        "description": f"Without {' and '.join(REQUIRED_KEYS)}, and without access to the FHIR server: 412.",
        "properties": {
            key: {"allOf": [ref("PrefetchValue")], "description": template}
            for key, template in service.prefetch.items()
        },
    }


def _fhir_authorization() -> Json:
    return {
        "type": "object",
        "required": ["access_token"],
        "properties": {
            "access_token": {"type": "string", "pattern": "^[!-~]+$", "maxLength": LONGEST_TOKEN},
            "token_type": _or_null({"type": "string", "pattern": "^[bB][eE][aA][rR][eE][rR]$"}),
            "expires_in": _or_null({"type": "number", "description": "Seconds"}),
            "scope": _or_null({"type": "string", "pattern": _ONE_LINE, "maxLength": LONGEST_TOKEN}),
            "subject": {"description": "Not read"},
        },
    }


def _prefetch_value() -> Json:
    """No type: a value that is none of these is read as a gap of the chart, not refused (decision 6)."""
    return {
        "description": (
            "A FHIR R4 resource, a Bundle (searchset) of them, the OperationOutcome of a search that failed, or null: "
            "known to be empty. Anything else is named on the card as not read."
        )
    }


def _text(description: str) -> Json:
    return {"type": "string", "pattern": _ONE_LINE, "maxLength": LONGEST_ID, "description": description}


def _or_null(schema: Json) -> Json:
    return {"anyOf": [schema, _NULLABLE]}
