"""Admission: at most so many POST requests at once; one more is told to come again (reliability.md 1.7, API4).

Only POST is counted. What an orchestrator asks (health, metrics) and discovery are never refused: they are small, and
without them an overloaded service would look like a dead one.
"""

import asyncio

from starlette.types import ASGIApp, Receive, Scope, Send

from cds_service.error_response import error_response
from cds_service.errors import Overloaded


class Admission:
    """ASGI middleware inside RequestScope; `limit` is the number of POST requests that are answered at the same time.

    A request beyond it gets 503 with Retry-After at once and its body is not read. A queue would only answer late:
    an EHR gives up after some seconds.
    """

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit
        self._in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        if self._in_flight >= self._limit:
            refusal = Overloaded("Too many requests at once; try again.")
            scope["state"]["record"].error = refusal.code
            await error_response(refusal)(scope, receive, send)
            return
        self._in_flight += 1
        try:
            # Most requests are computed without waiting for anything: without this turn for the others, a burst would
            # queue unseen in the event loop and each would be counted only when the one before it is done.
            await asyncio.sleep(0)
            await self._app(scope, receive, send)
        finally:
            self._in_flight -= 1
