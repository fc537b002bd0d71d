"""A FHIR server on loopback that plays faults, byte by byte: http://127.0.0.1:PORT/FAULT/PLACE is a base of its own.

PLACE says where the fault shows: `required` (Patient and Condition), `conditions`, `secondary` (MedicationRequest),
`everywhere`; elsewhere the server answers as it should. A raw asyncio server, because no framework sends half a body.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]
Fault = Callable[["Exchange"], Awaitable[None]]
PLACES: Mapping[str, frozenset[str]] = {
    "required": frozenset({"Patient", "Condition"}),
    "conditions": frozenset({"Condition"}),
    "secondary": frozenset({"MedicationRequest"}),
    "everywhere": frozenset(
        {
            "Patient",
            "Condition",
            "MedicationRequest",
            "MedicationStatement",
            "AllergyIntolerance",
            "Procedure",
            "Observation",
            "ServiceRequest",
            "Medication",
        }
    ),
}
_FHIR_JSON = "application/fhir+json"


@dataclass(frozen=True, slots=True)
class Call:
    """One GET that came: the fault and place of its base, the resource type, the query, and what the header held."""

    fault: str
    place: str
    resource_type: str
    query: str
    authorization: str | None
    cookie: str | None


@dataclass(slots=True)
class Exchange:
    """One request being answered: where it goes, what would be right, and the streams of its connection."""

    server: "FaultyFhir"
    call: Call
    right: Json | None
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @property
    def base(self) -> str:
        """The base URL that was called."""
        return f"http://127.0.0.1:{self.server.port}/{self.call.fault}/{self.call.place}"

    def begun(self, status: int, length: int, content_type: str = _FHIR_JSON, **headers: str) -> None:
        """Write the status line and the headers."""
        lines = [f"HTTP/1.1 {status} Played", f"Content-Type: {content_type}", f"Content-Length: {length}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.writer.write("\r\n".join([*lines, "", ""]).encode())

    def status(self, status: int, **headers: str) -> None:
        """Answer with an OperationOutcome."""
        issue = [{"severity": "error", "code": "exception"}]
        self.json({"resourceType": "OperationOutcome", "issue": issue}, status, **headers)

    def json(self, value: Any, status: int = 200, **headers: str) -> None:
        """Answer with a JSON body."""
        self.bytes(json.dumps(value).encode(), status=status, **headers)

    def bytes(self, body: bytes, content_type: str = _FHIR_JSON, status: int = 200, **headers: str) -> None:
        """Answer with these bytes."""
        self.begun(status, len(body), content_type, **headers)
        self.writer.write(body)

    async def wait_in_silence(self) -> None:
        """Say nothing more until the client has gone."""
        while await self.reader.read(4096):
            pass
        raise ConnectionError

    def rightly(self) -> None:
        """Answer as a server should: the resource, or 404."""
        if self.right is None:
            self.status(404)
        else:
            self.json(self.right)


@dataclass(slots=True)
class FaultyFhir:
    """The server; `resources` by prefetch query (`Condition`, `Patient/1`), `faults` by name. Keeps what it was asked.

    `most_at_once` counts the calls that were being answered at the same time, by base.
    """

    resources: Mapping[str, Json]
    faults: Mapping[str, Fault]
    port: int = 0
    connections: int = 0
    calls: list[Call] = field(default_factory=list)
    most_at_once: dict[str, int] = field(default_factory=dict)
    _now: dict[str, int] = field(default_factory=dict)
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def __aenter__(self) -> "FaultyFhir":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._server is not None:
            self._server.close()

    def base(self, fault: str, place: str) -> str:
        """The base URL that plays `fault` at `place`."""
        return f"http://127.0.0.1:{self.port}/{fault}/{place}"

    def calls_of(self, fault: str, place: str) -> list[Call]:
        """The calls that came to this base."""
        return [call for call in self.calls if (call.fault, call.place) == (fault, place)]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None  # noqa: S101
        self._tasks.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while True:
                    await self._answer(await reader.readuntil(b"\r\n\r\n"), reader, writer)
                    await writer.drain()
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _answer(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first, *headers = head.decode("latin-1").split("\r\n")
        target = urlsplit(first.split(" ")[1])
        _, fault, place, *path = [*target.path.split("/"), "", ""]
        sent = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in headers)}
        call = Call(fault, place, path[0], target.query, sent.get("authorization"), sent.get("cookie"))
        self.calls.append(call)
        key = "/".join(part for part in path if part)
        exchange = Exchange(self, call, self.resources.get(key), reader, writer)
        at_fault = call.resource_type in PLACES.get(place, frozenset())
        base = f"{fault}/{place}"
        self._now[base] = self._now.get(base, 0) + 1
        self.most_at_once[base] = max(self.most_at_once.get(base, 0), self._now[base])
        try:
            if at_fault and fault in self.faults:
                await self.faults[fault](exchange)
            else:
                exchange.rightly()
        finally:
            self._now[base] -= 1
