"""Calls of the application at its ASGI edge, for what an HTTP client cannot do: a body that stops, or never comes."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from tests.service.ehr import DecideOnce, application

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
ADDRESS = "/cds-services/calcinosis-patient-view"


@dataclass
class RawAnswer:
    """What the application sent."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes = b""

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.content)


@asynccontextmanager
async def running(folder: Path, decide: DecideOnce | None = None, **values: Any) -> AsyncIterator[FastAPI]:
    """The application with its lifespan, in the event loop of the caller."""
    app = application(folder, decide, **values)
    async with app.router.lifespan_context(app):
        yield app


async def call(app: FastAPI, receive: Receive, path: str = ADDRESS, method: str = "POST", **more: str) -> RawAnswer:
    """One request whose body is what `receive` gives; `more` are further headers."""
    headers = {"content-type": "application/json", "host": "cds.example.org"} | more
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "https",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1), "server": ("cds.example.org", 443),
    }  # fmt: skip
    answer = RawAnswer()

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            answer.content += message.get("body", b"")

    await app(scope, receive, send)
    return answer


def whole(body: bytes) -> Receive:
    """The body at once."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def then_nothing(*parts: bytes) -> Receive:
    """Some parts of a body, and then a client that keeps the connection and sends no more."""
    left = list(parts)

    async def receive() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(0), "more_body": True}
        await asyncio.Event().wait()
        raise AssertionError("an event that nobody sets")

    return receive


def then_gone(*parts: bytes) -> Receive:
    """Some parts of a body, and then a closed connection."""
    left = list(parts)

    async def receive() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(0), "more_body": True}
        return {"type": "http.disconnect"}

    return receive


def held(body: bytes, until: asyncio.Event, asked: asyncio.Event) -> Receive:
    """A body that comes when `until` is set; `asked` says that the application waits for it."""

    async def receive() -> Message:
        asked.set()
        await until.wait()
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def never() -> Message:
    """A body that must not be read."""
    raise AssertionError("the body was read")
