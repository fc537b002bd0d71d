"""The faults that scripts/faulty_fhir.py plays, each with what the service must make of it."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qs

from scripts.faulty_fhir import Exchange, Fault, Json

DRIP_SECONDS = 0.05
MANY = 5_000
_PAGE = 100


class Outcome(StrEnum):
    """What must come of it: everything is read, nothing is, or only a part."""

    WHOLE = "as without a fault"
    NOTHING = "412, or the gap named"
    PART = "the gap named"


@dataclass(frozen=True, slots=True)
class Expected:
    """A fault and what must come of it; `calls`: how often the faulty key must be asked, None when it varies."""

    play: Fault
    outcome: Outcome
    calls: int | None = None


def faults(elsewhere: str) -> Mapping[str, Expected]:
    """The faults by name; `elsewhere`: the base URL of a host that must never be called."""
    nothing, whole, part = Outcome.NOTHING, Outcome.WHOLE, Outcome.PART
    return {
        "none": Expected(_right, whole, 1),
        "401": Expected(_status(401), nothing, 1),
        "403": Expected(_status(403), nothing, 1),
        "404": Expected(_status(404), nothing, 1),
        "429": Expected(_status(429), nothing, 1),
        "429-wait-120": Expected(_status(429, Retry_After="120"), nothing, 1),
        "429-always": Expected(_status(429, Retry_After="0"), nothing, 2),
        "429-once": Expected(_once(_status(429, Retry_After="0")), whole, 2),
        "500": Expected(_status(500), nothing, 1),
        "503-always": Expected(_status(503), nothing, 2),
        "503-once": Expected(_once(_status(503)), whole, 2),
        "503-wait-120": Expected(_status(503, Retry_After="120"), nothing, 1),
        "hang": Expected(_hang, nothing, 1),
        "drop": Expected(_drop, nothing, 1),
        "half-a-body": Expected(_half, nothing, 1),
        "half-then-hang": Expected(_half_then_hang, nothing, 1),
        "drip": Expected(_drip, nothing, 1),
        "endless-body": Expected(_endless, nothing, 1),
        "html": Expected(_html, nothing, 1),
        "invalid-json": Expected(_invalid, nothing, 1),
        "deep-json": Expected(_deep, nothing, 1),
        "outcome": Expected(_status(200), nothing, 1),
        "wrong-type": Expected(_wrong_type, nothing, 1),
        "wrong-entries": Expected(_wrong_entries, nothing, 1),
        "other-patient": Expected(_other_patient, nothing, 1),
        "redirect-same-host": Expected(_redirect("{base}/elsewhere"), nothing, 1),
        "redirect-other-host": Expected(_redirect(f"{elsewhere}/fhir"), nothing, 1),
        "redirect-file": Expected(_redirect("file:///etc/hostname"), nothing, 1),
        "cookie": Expected(_cookie, whole, 1),
        "pages-in-a-circle": Expected(_pages("{base}/{type}?page=1"), part, 2),
        "pages-without-end": Expected(_pages("{base}/{type}?page={next}"), part, 60),
        "pages-to-another-host": Expected(_pages(f"{elsewhere}/fhir/Condition?page=2"), part, 1),
        "pages-to-another-port": Expected(_pages(f"{elsewhere.rpartition(':')[0]}:1/fhir?page=2"), part, 1),
        "pages-to-a-file": Expected(_pages("file:///etc/hostname"), part, 1),
        "5000-in-one": Expected(_many_in_one, whole, 1),
        "5000-in-pages": Expected(_many_in_pages, whole, None),
    }


def _status(status: int, **headers: str) -> Fault:
    async def play(exchange: Exchange) -> None:
        exchange.status(status, **headers)

    return play


def _once(fault: Fault) -> Fault:
    async def play(exchange: Exchange) -> None:
        alike = [call for call in exchange.server.calls if call == exchange.call]
        await (fault(exchange) if len(alike) == 1 else _right(exchange))

    return play


def _redirect(location: str) -> Fault:
    async def play(exchange: Exchange) -> None:
        exchange.status(302, Location=location.format(base=exchange.base))

    return play


async def _right(exchange: Exchange) -> None:
    exchange.rightly()


async def _cookie(exchange: Exchange) -> None:
    exchange.json(exchange.right, Set_Cookie="session=of-another-patient; Path=/")


async def _hang(exchange: Exchange) -> None:
    await exchange.wait_in_silence()


async def _drop(exchange: Exchange) -> None:
    raise ConnectionError


async def _half(exchange: Exchange) -> None:
    body = json.dumps(exchange.right).encode()
    exchange.begun(200, len(body))
    exchange.writer.write(body[: len(body) // 2])
    await exchange.writer.drain()
    raise ConnectionError


async def _half_then_hang(exchange: Exchange) -> None:
    body = json.dumps(exchange.right).encode()
    exchange.begun(200, len(body))
    exchange.writer.write(body[: len(body) // 2])
    await exchange.wait_in_silence()


async def _drip(exchange: Exchange) -> None:
    body = json.dumps(exchange.right).encode()
    exchange.begun(200, len(body))
    for position in range(len(body)):
        exchange.writer.write(body[position : position + 1])
        await exchange.writer.drain()
        await asyncio.sleep(DRIP_SECONDS)


async def _endless(exchange: Exchange) -> None:
    exchange.begun(200, 10**12)
    while True:
        exchange.writer.write(b" " * 65536)
        await exchange.writer.drain()


async def _html(exchange: Exchange) -> None:
    exchange.bytes(b"<html><body>Please log in</body></html>", content_type="text/html")


async def _invalid(exchange: Exchange) -> None:
    exchange.bytes(b'{"resourceType": "Bundle", "entry": [')


async def _deep(exchange: Exchange) -> None:
    exchange.bytes(b"[" * 100_000 + b"]" * 100_000)


async def _wrong_type(exchange: Exchange) -> None:
    exchange.json({"resourceType": "Basic", "id": "b"})


async def _wrong_entries(exchange: Exchange) -> None:
    entry = {"resource": {"resourceType": "Encounter", "id": "e"}, "search": {"mode": "match"}}
    exchange.json({"resourceType": "Bundle", "type": "searchset", "total": 1, "entry": [entry]})


async def _other_patient(exchange: Exchange) -> None:
    value = json.loads(json.dumps(exchange.right))
    if value["resourceType"] == "Patient":
        value["id"] = "somebody-else"
    for entry in value.get("entry", []):
        entry["resource"]["subject"] = {"reference": "Patient/somebody-else"}
    exchange.json(value)


def _pages(following: str) -> Fault:
    async def play(exchange: Exchange) -> None:
        number = int(parse_qs(exchange.call.query).get("page", ["0"])[0])
        url = following.format(base=exchange.base, type=exchange.call.resource_type, next=number + 1)
        page: Json = {"resourceType": "Bundle", "type": "searchset", "link": [{"relation": "next", "url": url}]}
        exchange.json((exchange.right or {}) | page | {"total": None} if number == 0 else page)

    return play


async def _many_in_one(exchange: Exchange) -> None:
    exchange.json(_bundle(_many(exchange.right)))


async def _many_in_pages(exchange: Exchange) -> None:
    number = int(parse_qs(exchange.call.query).get("page", ["0"])[0])
    resources = _many(exchange.right)
    page = _bundle(resources[number * _PAGE : (number + 1) * _PAGE])
    if (number + 1) * _PAGE < len(resources):
        url = f"{exchange.base}/{exchange.call.resource_type}?page={number + 1}"
        page["link"] = [{"relation": "next", "url": url}]
    exchange.json(page)


def _many(right: Json | None) -> list[Any]:
    """The right resources, and copies of the first that were entered in error, 5,000 in all."""
    own = [entry["resource"] for entry in (right or {}).get("entry", [])]
    void: Json = {"verificationStatus": {"coding": [_ENTERED_IN_ERROR]}, "status": "entered-in-error"}
    marks = {key: value for key, value in void.items() if key in own[0]}
    return own + [own[0] | marks | {"id": f"copy-{number}"} for number in range(MANY - len(own))]


def _bundle(resources: list[Any]) -> Json:
    entries = [{"resource": resource, "search": {"mode": "match"}} for resource in resources]
    return {"resourceType": "Bundle", "type": "searchset", "entry": entries}


_ENTERED_IN_ERROR = {
    "system": "http://terminology.hl7.org/CodeSystem/condition-ver-status",
    "code": "entered-in-error",
}
