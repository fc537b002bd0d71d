"""Stopping: SIGTERM first makes the service not ready, so that a load balancer looks elsewhere, then ends it."""

import asyncio
import signal
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Any

import uvicorn

from cds_service.wiring import Wiring

if TYPE_CHECKING:
    from fastapi import FastAPI


class StoppingServer(uvicorn.Server):
    """uvicorn's server that answers on for `drain_seconds` after SIGTERM, `/readyz` with 503, before it stops.

    A second SIGTERM, or SIGINT, ends it without the pause. `started` is called once it listens.
    """

    def __init__(
        self, config: uvicorn.Config, app: "FastAPI", drain_seconds: float, started: Callable[[], None] | None = None
    ) -> None:
        super().__init__(config)
        self._app = app
        self._drain_seconds = drain_seconds
        self._loop: asyncio.AbstractEventLoop | None = None
        self._told = started

    async def startup(self, sockets: Any = None) -> None:
        """Listen, and remember the loop that a signal has to wake."""
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        if self._told is not None and self.started:
            self._told()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to drain, or stop; called by Python between any two steps of the program."""
        wiring: Wiring | None = getattr(self._app.state, "wiring", None)
        if sig != signal.SIGTERM or self._loop is None or wiring is None or wiring.readiness.draining:
            super().handle_exit(sig, frame)
            return
        wiring.readiness.draining = True
        stop = super().handle_exit
        self._loop.call_soon_threadsafe(self._loop.call_later, self._drain_seconds, stop, sig, None)
