"""What of HTTP is refused before there is a request: a head that is no HTTP, and one that never ends."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from cds_service.errors import operation_outcome

_NO_HTTP = operation_outcome("structure", "bad-request", "The request is no HTTP/1.1.")
_TOO_SLOW = operation_outcome("timeout", "head-too-slow", "The head of the request did not arrive in time.")


def bounded_protocol(seconds: float) -> type[HttpToolsProtocol]:
    """uvicorn's protocol, with `seconds` for the head of a request, and an OperationOutcome where uvicorn has a text.

    The time runs from the connection, on a connection that is kept from the first byte of the next request.
    """

    class BoundedProtocol(HttpToolsProtocol):
        """One connection."""

        _head: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            """The time of the first head begins."""
            super().connection_made(transport)
            self._wait_for_head()

        def on_message_begin(self) -> None:
            """The time of a further head begins; that of the first one runs on."""
            super().on_message_begin()
            if self._head is None:
                self._wait_for_head()

        def on_headers_complete(self) -> None:
            """The head is there: the request's own time for its body begins."""
            self._stop_waiting()
            super().on_headers_complete()

        def connection_lost(self, exc: Exception | None) -> None:
            """Nothing is waited for any more."""
            self._stop_waiting()
            super().connection_lost(exc)

        def send_400_response(self, msg: str) -> None:
            """Refuse what is no HTTP; what uvicorn says of it is left out."""
            self._refuse(b"400 Bad Request", _NO_HTTP)

        def _wait_for_head(self) -> None:
            self._head = self.loop.call_later(seconds, self._refuse, b"408 Request Timeout", _TOO_SLOW)

        def _stop_waiting(self) -> None:
            if self._head is not None:
                self._head.cancel()
                self._head = None

        def _refuse(self, status: bytes, body: bytes) -> None:
            self._stop_waiting()
            if self.transport.is_closing():
                return
            head: list[Any] = [b"HTTP/1.1 ", status, b"\r\ncontent-type: application/json\r\ncontent-length: "]
            self.transport.write(b"".join([*head, str(len(body)).encode(), b"\r\nconnection: close\r\n\r\n", body]))
            self.transport.close()

    return BoundedProtocol
