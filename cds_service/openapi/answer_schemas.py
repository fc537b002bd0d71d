"""Schemas of what the service answers: cards from their own types, the others beside the code that writes them."""

from typing import Any

import msgspec

from cards.model import CdsResponse
from cds_service.errors import ERROR_SYSTEM
from cds_service.openapi.request_schemas import ref
from treatment_algorithm.features import Group
from treatment_algorithm.truth import Truth

Json = dict[str, Any]
_SUMMARY_LENGTH = 139
_TEXT: Json = {"type": "string", "minLength": 1}


def answer_schemas() -> dict[str, Json]:
    """Schema name -> schema of the bodies of answers and their parts."""
    _, cards = msgspec.json.schema_components([CdsResponse], ref_template="#/components/schemas/{name}")
    cards["Card"]["properties"]["summary"]["maxLength"] = _SUMMARY_LENGTH
    return {
        **cards,
        "Alive": _object({"status": {"const": "alive"}}),
        "Readiness": _object(
            {
                "status": {"enum": ["ready", "not-ready"]},
                "store": {"enum": ["writable", "unavailable"]},
                "knowledge": _TEXT,
            }
        ),
        "Discovery": _object({"services": _list(_service())}),
        "OperationOutcome": _operation_outcome(),
        "Trace": _trace(),
        "Proof": _proof(),
    }


def _service() -> Json:
    names = ("hook", "title", "description", "id", "usageRequirements", "version", "hookVersion")
    prefetch = {"type": "object", "additionalProperties": _TEXT}
    return _object({**dict.fromkeys(names, _TEXT), "prefetch": prefetch})


def _operation_outcome() -> Json:
    coding = _object({"system": {"const": ERROR_SYSTEM}, "code": _TEXT})
    issue = _object(
        {
            "severity": {"const": "error"},
            "code": {**_TEXT, "description": "FHIR issue-type"},
            "details": _object({"coding": _list(coding)}),
            "diagnostics": _TEXT,
        }
    )
    return _object({"resourceType": {"const": "OperationOutcome"}, "issue": _list(issue)})


def _trace() -> Json:
    truth = {"enum": sorted(Truth)}
    feature = _object({"id": _TEXT, "title": _TEXT, "value": truth, "proofs": _list(ref("Proof"))})
    rule = _object(
        {"id": _TEXT, "kind": _TEXT, "result": truth, "proofs": _list(ref("Proof"))}, decided_by=_TEXT, note=_TEXT
    )
    gap = _object(
        {"group": _or_null({"enum": sorted(Group)})},
        obtained={"type": "boolean"},
        complete={"type": "boolean"},
        unreadable={"type": "integer", "minimum": 0},
        reference=_or_null({"type": "string"}),
        kind=_TEXT,
    )
    return _object(
        {
            "cards": _list(ref("Card")),
            "scenarios": _list(_TEXT),
            "features": _list(feature),
            "rules": _list(rule),
            "data_gaps": _list(gap),
            "unknown_codes": _list(_object({"system": {"type": "string"}, "code": {"type": "string"}})),
            "knowledge": _object({"version": _TEXT, "hash": _TEXT, "review": {"enum": ["draft", "approved"]}}),
        }
    )


def _proof() -> Json:
    flag = {"type": "boolean"}
    return _object(
        {
            "reference": _or_null({"type": "string"}),
            "date": _or_null({"type": "string"}),
            "status": _or_null({"type": "string"}),
            "recognised_by_name": flag,
            "recognised_by_lookup": flag,
        }
    )


def _object(required: Json, **optional: Json) -> Json:
    members = {**required, **optional}
    return {"type": "object", "required": list(required), "properties": members, "additionalProperties": False}


def _list(items: Json) -> Json:
    return {"type": "array", "items": items}


def _or_null(schema: Json) -> Json:
    return {"anyOf": [schema, {"type": "null"}]}
