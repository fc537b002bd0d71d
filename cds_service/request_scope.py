"""RequestScope: around every request a tidy path, one line in the log, and an answer when something unexpected happens.

It stands inside the CORS middleware, so that its 500 carries the CORS header too (CORS-4).
"""

import re
from time import perf_counter
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cds_service.errors import unexpected_body
from cds_service.observability import Logger, RequestRecord, log_request
from cds_service.request_kind import request_kind
from cds_service.request_stages import RequestStages
from cds_service.traces import Ended

if TYPE_CHECKING:
    from cds_service.wiring import Wiring

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
        started, status, ended = perf_counter(), 0, 0.0
        wiring: Wiring = scope["app"].state.wiring
        metrics, traces = wiring.metrics, wiring.traces
        record.stages = None if traces is None else RequestStages()
        metrics.in_flight += 1

        async def watched_send(message: Message) -> None:
            nonlocal status, ended
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)
            ended = perf_counter()

        try:
            await self._app(scope, receive, watched_send)
        except Exception as error:
            record.name_exception(error)
            record.error = "internal-error"
            if status == 0:
                await _send_unexpected(watched_send)
        finally:
            # What is done after the answer is nobody's waiting time.
            seconds = (ended or perf_counter()) - started
            metrics.in_flight -= 1
            kind, outcome = request_kind(scope["path"], record.service), outcome_of(record.error, status)
            metrics.count_request(kind, outcome, seconds)
            log_request(self._logger, record, status, seconds * 1000)
            if traces is not None and record.stages is not None:
                told = Ended(kind, scope["method"], status, outcome, seconds, record.cards)
                traces.tell(record.stages, told, scope["headers"])


def tidy_path(path: str) -> str:
    """`path` without double slashes and without its last one: a discovery URL may be configured with a slash."""
    return _SLASHES.sub("/", path).rstrip("/") or "/"


def outcome_of(error: str | None, status: int) -> str:
    """A word for what became of a request: success, the code of its error, or no-answer when the caller went away."""
    if error is not None:
        return error
    return "success" if status else "no-answer"


async def _send_unexpected(send: Send) -> None:
    body = unexpected_body()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 500, "headers": headers})
    await send({"type": "http.response.body", "body": body})
