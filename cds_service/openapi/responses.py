"""The answers of the OpenAPI description: successes by the name of their schema, refusals by their status."""

from collections.abc import Iterable
from typing import Any

from cds_service.metrics import METRICS_TYPE
from cds_service.openapi.request_schemas import ref

Json = dict[str, Any]
HOOK_REFUSALS = (400, 401, 404, 408, 412, 413, 415, 503)
FEEDBACK_REFUSALS = (400, 401, 404, 408, 413, 415, 503)
NO_PLACE = (405,)
"""What every address answers to a method that it does not take."""
EMPTY: dict[str, Json] = {"200": {"description": "Stored; the body is empty"}}

_MEANINGS = {
    400: "The body is no JSON that can be read, or no request of this hook",
    401: "The client is not trusted; the body is empty and gives no reason",
    404: "No service has this id",
    405: "This address does not take this method",
    408: "The body did not arrive in time; the connection is closed",
    412: "Required data are not in the prefetch and could not be read",
    413: "The body is too large",
    415: "The body is not declared as JSON, or is compressed",
    503: "Too many requests at once, or the store is away: come again after the time in Retry-After",
}
_HEADERS: dict[int, Json] = {
    401: {"WWW-Authenticate": {"schema": {"type": "string"}}},
    405: {"Allow": {"required": True, "schema": {"type": "string"}}},
    503: {"Retry-After": {"required": True, "description": "Seconds", "schema": {"type": "string"}}},
}


def success(schema: str) -> dict[str, Json]:
    """200 with JSON of a named schema."""
    return {"200": {"description": "OK", "content": {"application/json": {"schema": ref(schema)}}}}


def text_success() -> dict[str, Json]:
    """200 with the text of the counters."""
    return {"200": {"description": "OK", "content": {METRICS_TYPE: {"schema": {"type": "string"}}}}}


def refusals(statuses: Iterable[int]) -> dict[str, Json]:
    """Each status with its meaning, its headers and an OperationOutcome; 401 has no body (decision 22)."""
    return {str(status): _refusal(status) for status in statuses}


def _refusal(status: int) -> Json:
    said: Json = {"description": _MEANINGS[status]}
    if status in _HEADERS:
        said["headers"] = _HEADERS[status]
    if status != 401:
        said["content"] = {"application/json": {"schema": ref("OperationOutcome")}}
    return said
