"""openapi_document(): every address of the service with what it takes and answers (OpenAPI 3.1).

The routes read bytes and never look here; that both agree is held by tests, which send the examples and what
generators make of the schemas.
"""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

from cds_service.hook_request import PATIENT_VIEW
from cds_service.json_body import BODY_CAP
from cds_service.openapi.answer_schemas import answer_schemas
from cds_service.openapi.examples import example_of
from cds_service.openapi.request_schemas import ref, request_schemas
from cds_service.openapi.responses import (
    EMPTY,
    FEEDBACK_REFUSALS,
    HOOK_REFUSALS,
    NO_PLACE,
    refusals,
    success,
    text_success,
)
from cds_service.services import ServiceDefinition
from cds_service.settings import Settings

Json = dict[str, Any]
_SUMMARY = (
    "A CDS Hooks 2.0 service for calcinosis cutis. Every answer that is no success holds an OperationOutcome, except "
    f"401, which is empty. Bodies are JSON in UTF-8, at most {BODY_CAP // 1024 // 1024} MB, nested at most 200 deep, "
    "without a key twice in what the service decodes."
)


def openapi_document(settings: Settings, services: Sequence[ServiceDefinition]) -> Json:
    """The whole description of a service outside production; the same settings give the same document."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "calcinosis-cds", "version": version("calcinosis-cds"), "description": _SUMMARY},
        "servers": [{"url": settings.public_base_url}],
        "tags": [
            {"name": "cds-hooks", "description": "CDS Hooks 2.0.1"},
            {"name": "operations", "description": "For whoever runs the service"},
        ],
        "paths": {
            "/cds-services": {"get": _discovery()},
            **{f"/cds-services/{service.id}": {"post": _hook_call(service)} for service in services},
            "/cds-services/{service_id}/feedback": {"post": _feedback(services)},
            "/api/evaluate": {"post": _evaluate(services)},
            "/livez": {"get": _operation("livez", "operations", "The process answers", success("Alive"))},
            "/readyz": {"get": _readiness()},
            "/metrics": {"get": _operation("metrics", "operations", "Counters, for Prometheus", text_success())},
        },
        "components": {
            "schemas": {**request_schemas(services), **answer_schemas()},
            "securitySchemes": {
                "cdsClient": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "The CDS Client's JWT (CDS Hooks 2.0, Trusting CDS Clients), where it is required.",
                }
            },
        },
    }


def _operation(
    name: str, tag: str, summary: str, succeeded: Mapping[str, Json], refused: Sequence[int] = (), **more: Any
) -> Json:
    responses = {**succeeded, **refusals(refused), **refusals(NO_PLACE)}
    return {"operationId": name, "tags": [tag], "summary": summary, **more, "responses": responses}


# An empty requirement beside the scheme: whether a token is asked for is a setting.
_CLIENT: list[Json] = [{}, {"cdsClient": []}]


def _discovery() -> Json:
    return _operation("discovery", "cds-hooks", "The services offered", success("Discovery"), (401,), security=_CLIENT)


def _hook_call(service: ServiceDefinition) -> Json:
    return _operation(
        service.hook,
        "cds-hooks",
        service.title,
        success("CdsResponse"),
        HOOK_REFUSALS,
        description=service.description,
        security=_CLIENT,
        requestBody=_body(ref(f"{service.hook}-request"), {service.hook: {"value": example_of(service.hook)}}),
    )


def _evaluate(services: Sequence[ServiceDefinition]) -> Json:
    return _operation(
        "evaluate",
        "operations",
        "The cards of a hook request and what they rest on",
        success("Trace"),
        HOOK_REFUSALS,
        security=_CLIENT,
        requestBody=_body(
            {"oneOf": [ref(f"{service.hook}-request") for service in services]},
            {PATIENT_VIEW: {"value": example_of(PATIENT_VIEW)}},
        ),
    )


def _feedback(services: Sequence[ServiceDefinition]) -> Json:
    identifier = {
        "name": "service_id",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "enum": [service.id for service in services]},
    }
    return _operation(
        "feedback",
        "cds-hooks",
        "What became of cards; answered only after it is stored",
        EMPTY,
        FEEDBACK_REFUSALS,
        security=_CLIENT,
        parameters=[identifier],
        requestBody=_body(ref("Feedback"), {"both-outcomes": {"value": example_of("feedback")}}),
    )


def _readiness() -> Json:
    not_ready = {**success("Readiness")["200"], "description": "Not ready: the store cannot be written"}
    answers = {**success("Readiness"), "503": not_ready}
    return _operation("readyz", "operations", "Knowledge is loaded and the store can be written", answers)


def _body(schema: Json, examples: Json) -> Json:
    return {"required": True, "content": {"application/json": {"schema": schema, "examples": examples}}}
