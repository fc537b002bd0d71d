"""The HTTP answer of a ServiceError, wherever in the application it is given."""

from starlette.responses import Response

from cds_service.errors import ServiceError, error_body


def error_response(error: ServiceError) -> Response:
    """Its status, its OperationOutcome and its headers (ERR-1, ERR-2)."""
    return Response(
        error_body(error), status_code=error.status, media_type="application/json", headers=dict(error.headers)
    )
