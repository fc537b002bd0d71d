"""RequestScope: around every request a tidy path, one line in the log, and an answer when something unexpected happens.

It stands inside the CORS middleware, so that its 500 carries the CORS header too (CORS-4).
"""

import re
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cds_service.errors import unexpected_body
from cds_service.observability import Logger, RequestRecord, log_request

_SLASHES = re.compile("/{2,}")


class RequestScope:
    """ASGI middleware; routes find their RequestRecord in `request.state.record`."""

    def __init__(self, app: ASGIApp, logger: Logger) -> None:
        self._app = app
        self._logger = logger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (other ASGI scopes pass through)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        record = RequestRecord()
        scope["path"] = tidy_path(scope["path"])
        scope.setdefault("state", {})["record"] = record
        started, status = perf_counter(), 0

        async def watched_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched_send)
        except Exception as error:
            record.name_exception(error)
            record.error = "internal-error"
            if status == 0:
                await _send_unexpected(watched_send)
        finally:
            log_request(self._logger, record, status, (perf_counter() - started) * 1000)


def tidy_path(path: str) -> str:
    """`path` without double slashes and without its last one: a discovery URL may be configured with a slash."""
    return _SLASHES.sub("/", path).rstrip("/") or "/"


async def _send_unexpected(send: Send) -> None:
    body = unexpected_body()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 500, "headers": headers})
    await send({"type": "http.response.body", "body": body})
