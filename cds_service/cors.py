"""CORS for browser-based clients; without credentials, for there are none (checklist CORS)."""

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response

from cds_service.errors import status_body


class Cors(CORSMiddleware):
    """Starlette's middleware, whose refusal of a preflight is an OperationOutcome like every other (ERR-1, ERR-2)."""

    def preflight_response(self, request_headers: Headers) -> Response:
        """The answer to a preflight."""
        response = super().preflight_response(request_headers)
        if response.status_code == 200:
            return response
        kept = {name: value for name, value in response.headers.items() if not name.startswith("content-")}
        body = status_body(response.status_code)
        return Response(body, response.status_code, headers=kept, media_type="application/json")
