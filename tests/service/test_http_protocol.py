"""What is no HTTP request at all, and one whose head never ends, at uvicorn's own edge (reliability.md 1.6 API4)."""

import asyncio
import json
from collections.abc import Callable
from typing import Any, cast

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from cds_service.http_protocol import bounded_protocol

HEAD = b"POST /livez HTTP/1.1\r\nHost: cds.example.org\r\nContent-Length: 2\r\n\r\n"
NO_HTTP = [b"\x00\x01\x02\r\n\r\n", b"PROPFIND-zebra-7741 / HTTP/1.1\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
           b"GET /\xff HTTP/1.1\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
           b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"]  # fmt: skip


class Transport(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)})
        self.written = b""
        self.closed = asyncio.Event()

    def write(self, data: Any) -> None:
        self.written += data

    def close(self) -> None:
        self.closed.set()

    def is_closing(self) -> bool:
        return self.closed.is_set()

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


async def answering(scope: Any, receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body"})


def connected(seconds: float) -> tuple[Any, Transport]:
    config = Config(cast(Any, answering), log_config=None, ws="none", lifespan="off")
    protocol = bounded_protocol(seconds)(config, ServerState(), {})
    transport = Transport()
    protocol.connection_made(transport)
    return protocol, transport


def outcome(transport: Transport) -> tuple[bytes, Any]:
    head, _, body = transport.written.partition(b"\r\n\r\n")
    assert b"connection: close" in head
    assert f"content-length: {len(body)}".encode() in head
    return head.split(b"\r\n")[0], json.loads(body)


@pytest.mark.parametrize("sent", NO_HTTP)
def test_what_is_no_http_gets_an_operation_outcome(sent: bytes) -> None:
    """ERR-1, ERR-2, ERR-4."""

    async def answered() -> tuple[bytes, Any]:
        protocol, transport = connected(60)
        protocol.data_received(sent)
        assert transport.is_closing()
        assert b"zebra" not in transport.written
        return outcome(transport)

    status, body = asyncio.run(answered())
    assert status == b"HTTP/1.1 400 Bad Request"
    assert body["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize("parts", [[], [b"P"], [HEAD[:30], HEAD[30:50]]])
def test_a_head_that_does_not_come_in_time_is_408(parts: list[bytes]) -> None:
    async def answered() -> tuple[bytes, Any]:
        protocol, transport = connected(0.01)
        for part in parts:
            protocol.data_received(part)
        async with asyncio.timeout(5):
            await transport.closed.wait()
        return outcome(transport)

    status, body = asyncio.run(answered())
    assert status == b"HTTP/1.1 408 Request Timeout"
    assert body["resourceType"] == "OperationOutcome"


def test_the_second_head_on_a_kept_connection_has_a_time_too() -> None:
    async def answered() -> bytes:
        protocol, transport = connected(0.01)
        protocol.data_received(HEAD + b"{}")
        await asyncio.gather(*protocol.tasks)
        assert not transport.is_closing()
        protocol.data_received(b"P")
        async with asyncio.timeout(5):
            await transport.closed.wait()
        return transport.written

    written = asyncio.run(answered())
    assert [line for line in written.split(b"\r\n") if line.startswith(b"HTTP/1.1")] == [
        b"HTTP/1.1 200 OK",
        b"HTTP/1.1 408 Request Timeout",
    ]


def test_a_request_whose_head_is_there_is_left_alone() -> None:
    async def answered() -> bool:
        protocol, transport = connected(0.005)
        protocol.data_received(HEAD + b"{}")
        await asyncio.gather(*protocol.tasks)
        return protocol._head is None and not transport.is_closing()

    assert asyncio.run(answered())
