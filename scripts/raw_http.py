"""HTTP/1.1 written by hand on loopback, for requests that no client library would send."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RawRequest:
    """One request; `name` says what it is, `body` may be anything."""

    name: str
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    def head(self) -> bytes:
        """The request line and the headers, Content-Length among them unless the request names its own framing."""
        lines = [f"{self.method} {self.target} HTTP/1.1", "Host: 127.0.0.1"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if not any(name.lower() in ("content-length", "transfer-encoding") for name, _ in self.headers):
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """What came back; header names in lower case."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class Connection:
    """One connection that is opened anew when the service closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, request: RawRequest, seconds: float = 30.0) -> RawAnswer | None:
        """The answer; None when the connection ended without one. Raises TimeoutError after `seconds`."""
        async with asyncio.timeout(seconds):
            fresh = self._streams is None
            answer = await self._once(request)
            if answer is None and not fresh:
                # The service may close an idle connection at any moment.
                answer = await self._once(request)
            return answer

    async def open(self) -> None:
        """Open it now, not with the first request."""
        self._streams = await asyncio.open_connection("127.0.0.1", self._port)

    async def _once(self, request: RawRequest) -> RawAnswer | None:
        try:
            if self._streams is None:
                self._streams = await asyncio.open_connection("127.0.0.1", self._port)
            reader, writer = self._streams
            writer.write(request.head() + request.body)
            answer = await read_answer(reader, request.method)
        except (ConnectionError, asyncio.IncompleteReadError):
            answer = None
        if answer is None or answer.headers.get("connection", "").lower() == "close":
            await self.close()
        return answer

    async def close(self) -> None:
        """Close it; it may be used again."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def read_answer(reader: asyncio.StreamReader, method: str) -> RawAnswer:
    """One answer from the stream; raises IncompleteReadError when it ends before."""
    while True:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(head[0].split(" ")[1])
        if status >= 200:
            break
    headers = dict(_headers(head[1:]))
    if method == "HEAD" or status in (204, 304):
        return RawAnswer(status, headers)
    if headers.get("transfer-encoding") == "chunked":
        return RawAnswer(status, headers, await _chunks(reader))
    return RawAnswer(status, headers, await reader.readexactly(int(headers.get("content-length", "0"))))


def _headers(lines: Iterable[str]) -> Iterable[tuple[str, str]]:
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            yield name.strip().lower(), value.strip()


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readuntil(b"\r\n")).strip(), 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readexactly(2)
    return body
