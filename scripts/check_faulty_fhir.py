"""The service beside FHIR servers that fail, hang, lie and lead astray; every answer in time and right (decision 11).

    python -m scripts.check_faulty_fhir DEMO

Starts `calcinosis-cds serve` on loopback, and one server that plays each fault of scripts/fhir_faults.py at a base of
its own, with the chart of a demo patient. Another port stands for another host: it must never be called.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

import httpx

from cds_service.ehr.scopes import need_of
from cds_service.services import prefetch_templates
from scripts.faulty_fhir import PLACES, FaultyFhir, Json
from scripts.fhir_faults import Expected, Outcome, faults
from scripts.serving import clean_environment, free_port, serving
from scripts.tally import Tally

DEADLINE_SECONDS = 4.0
PREFETCHED_SECONDS = 2.0
LEFT_ALONE_SECONDS = 0.05
HANGING = 40
CALLS_AT_ONCE = 20
TOKEN = "token-that-must-stay-here"  # noqa: S105 - made up, and looked for in the log
NOBODY = "http://127.0.0.1:9/fhir"
_PATIENT = "jdm-on-methotrexate"
_SERVICE = "calcinosis-patient-view"
_TYPES = {key: need_of(query).resource_type for key, query in prefetch_templates(()).items() if key != "patient"}
# Where a fault is played, and the type whose calls are counted.
_PLACES = (("required", "Condition"), ("conditions", "Condition"), ("secondary", "MedicationRequest"))


@dataclass(frozen=True, slots=True)
class Chart:
    """The demo patient: the recorded hook request, and what a FHIR server holds of it by path."""

    request: Json
    resources: dict[str, Json]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service answered, and after how many seconds."""

    status: int
    body: Json
    seconds: float

    @property
    def cards(self) -> list[Json]:
        """The cards; none in an answer that is no success."""
        cards: list[Json] = self.body.get("cards", [])
        return cards

    @property
    def names_a_gap(self) -> bool:
        """Whether a card says what could not be read."""
        return any("**Could not be read:**" in card.get("detail", "") for card in self.cards)


@dataclass(frozen=True, slots=True)
class Service:
    """The running service as a CDS Client calls it."""

    client: httpx.AsyncClient
    chart: Chart

    async def call(self, server: str | None, prefetch: bool = False) -> Answer:
        """One hook call; `server`: the fhirServer, `prefetch`: whether the request brings its data."""
        body = dict(self.chart.request)
        if not prefetch:
            del body["prefetch"]
        if server is not None:
            access = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 300, "scope": "patient/*.rs"}
            body |= {"fhirServer": server, "fhirAuthorization": access | {"subject": _SERVICE}}
        started = perf_counter()
        answer = await self.client.post(f"/cds-services/{_SERVICE}", json=body)
        return Answer(answer.status_code, answer.json(), perf_counter() - started)


def read_chart(demo: Path) -> Chart:
    """The chart of the demo patient in the folder `demo`."""
    request = json.loads((demo / "hook-requests" / f"patient-view.{_PATIENT}.json").read_bytes())
    resources = {_TYPES[key]: value for key, value in request["prefetch"].items() if key in _TYPES}
    resources[f"Patient/{request['context']['patientId']}"] = request["prefetch"]["patient"]
    whole = json.loads((demo / "patients" / f"{_PATIENT}.json").read_bytes())
    entries = [entry["resource"] for entry in whole["entry"]]
    resources |= {f"Medication/{one['id']}": one for one in entries if one["resourceType"] == "Medication"}
    return Chart(request, resources)


async def check_fault(service: Service, fhir: FaultyFhir, name: str, expected: Expected, tally: Tally) -> None:
    """Play one fault at the required keys and at the drugs, and judge each answer; only a search has pages."""
    whole = (await service.call(None, prefetch=True)).cards
    for place, asked in _PLACES[0 if expected.outcome is Outcome.NOTHING else 1 :]:
        answer = await service.call(fhir.base(name, place))
        what = f"{name} at {place}: {answer.status} in {answer.seconds:.2f} s"
        why = fault_of(answer, expected, place, whole)
        calls = [call for call in fhir.calls_of(name, place) if call.resource_type == asked]
        if not why and expected.calls is not None and len(calls) != expected.calls:
            why = f"{asked} was asked for {len(calls)} times, not {expected.calls}"
        tally.check(not why, what, why)


def fault_of(answer: Answer, expected: Expected, place: str, whole: Sequence[Json]) -> str:
    """What is wrong with an answer; empty when nothing is."""
    if answer.seconds > DEADLINE_SECONDS + 1:
        return "too late"
    if expected.outcome is Outcome.NOTHING and place != "secondary":
        code = answer.body.get("issue", [{}])[0].get("details", {}).get("coding", [{}])[0].get("code")
        right = answer.status == 412 and answer.body.get("resourceType") == "OperationOutcome"
        return "" if right and code == "prefetch-missing" else "not a 412 with an OperationOutcome"
    if answer.status != 200 or not answer.cards:
        return "no cards"
    if expected.outcome is Outcome.WHOLE:
        return "" if answer.cards == whole else "other cards than from the prefetch"
    return "" if answer.names_a_gap else "no card names the gap"


async def check_crowd(service: Service, fhir: FaultyFhir, tally: Tally) -> None:
    """While 40 requests hang, prefetched ones and those of another base are answered; then the base is left alone."""
    dead = fhir.base("hang", "everywhere")
    hanging = [asyncio.create_task(service.call(dead)) for _ in range(HANGING)]
    await asyncio.sleep(0.5)
    started = perf_counter()
    together = await asyncio.gather(*(service.call(None, prefetch=True) for _ in range(HANGING)))
    others = [await service.call(fhir.base("none", "everywhere")) for _ in range(5)]
    still = sum(not task.done() for task in hanging)
    tally.check(still == HANGING, f"{still} requests hang, {perf_counter() - started:.2f} s long")
    slowest = max(answer.seconds for answer in together)
    right = all(answer.status == 200 and answer.cards for answer in together)
    tally.check(
        right and slowest < PREFETCHED_SECONDS,
        f"{len(together)} prefetched requests at once beside them: median "
        f"{median(answer.seconds for answer in together):.3f} s, slowest {slowest:.3f} s",
    )
    slowest = max(answer.seconds for answer in others)
    right = all(answer.status == 200 and answer.cards for answer in others)
    tally.check(right and slowest < PREFETCHED_SECONDS, f"another FHIR base beside them: slowest {slowest:.3f} s")
    ended = await asyncio.gather(*hanging)
    slowest = max(answer.seconds for answer in ended)
    right = all(answer.status == 412 for answer in ended)
    tally.check(right and slowest <= DEADLINE_SECONDS + 1, f"each of them ends with 412: slowest {slowest:.2f} s")
    most = fhir.most_at_once["hang/everywhere"]
    tally.check(most <= CALLS_AT_ONCE, f"calls at once to the dead base: {most}")
    before = len(fhir.calls)
    after = [await service.call(dead) for _ in range(5)]
    middle = median(answer.seconds for answer in after)
    right = all(answer.status == 412 for answer in after) and len(fhir.calls) == before
    tally.check(right and middle < LEFT_ALONE_SECONDS, f"then it is left alone: 412 in {middle * 1000:.0f} ms")


async def check_nobody(service: Service, tally: Tally) -> None:
    """A base at a port where nothing listens (DATA-9)."""
    answer = await service.call(NOBODY)
    what = f"nothing listens: {answer.status} in {answer.seconds:.2f} s"
    tally.check(answer.status == 412 and answer.seconds < DEADLINE_SECONDS, what)


async def check_record(fhir: FaultyFhir, elsewhere: FaultyFhir, log: Path, tally: Tally) -> None:
    """Who was called with what, and what the log holds."""
    tokens = {call.authorization for call in fhir.calls}
    tally.check(tokens == {f"Bearer {TOKEN}"}, f"{len(fhir.calls)} calls, each with the request's token")
    tally.check(not any(call.cookie for call in fhir.calls), "no cookie ever came back")
    tally.check(elsewhere.connections == 0, "nobody connected to the other host", f"{elsewhere.connections} did")
    async with httpx.AsyncClient(trust_env=False) as own:
        await own.get(f"http://localhost:{elsewhere.port}/fhir")
    tally.check(elsewhere.connections > 0, "the other host does count connections")
    text = await asyncio.to_thread(log.read_text, encoding="utf-8", errors="replace")
    tally.check('"status": 412' in text, "the log was written")
    tally.check(TOKEN not in text and _PATIENT not in text, "the log holds neither the token nor the patient's id")


@asynccontextmanager
async def running(demo: Path, folder: Path) -> AsyncIterator[tuple[Service, FaultyFhir, FaultyFhir, Path]]:
    """The two FHIR servers, the service that may call the first and NOBODY, and its log."""
    chart = read_chart(demo)
    async with FaultyFhir({}, {}) as elsewhere:
        plays = {name: one.play for name, one in faults(f"http://localhost:{elsewhere.port}").items()}
        async with FaultyFhir(chart.resources, plays) as fhir:
            port = free_port()
            base = f"http://127.0.0.1:{port}"
            env = clean_environment(
                CDS_PORT=str(port),
                CDS_PUBLIC_BASE_URL=base,
                CDS_ALLOW_HTTP_FHIR=",".join([NOBODY, *(fhir.base(name, place) for name in plays for place in PLACES)]),
                CDS_DEADLINE_SECONDS=str(DEADLINE_SECONDS),
            )
            command = [str(Path(sys.executable).with_name("calcinosis-cds")), "serve"]
            limits = httpx.Limits(max_connections=None)
            with serving(command, folder, env, f"{base}/readyz", 60.0) as log:
                async with httpx.AsyncClient(base_url=base, trust_env=False, timeout=30, limits=limits) as client:
                    yield Service(client, chart), fhir, elsewhere, log


async def check(demo: Path) -> int:
    """Every fault, the crowd, the record; the exit code."""
    tally = Tally()
    with tempfile.TemporaryDirectory(prefix="calcinosis-cds-faults-") as folder:
        try:
            async with running(demo, Path(folder)) as (service, fhir, elsewhere, log):
                for name, expected in faults(f"http://localhost:{elsewhere.port}").items():
                    await check_fault(service, fhir, name, expected, tally)
                await check_nobody(service, tally)
                await check_crowd(service, fhir, tally)
                await check_record(fhir, elsewhere, log, tally)
        except RuntimeError as fault:
            tally.check(False, "the service starts", str(fault))
    return tally.close()


def main() -> int:
    """Exit code 0 when every answer was in time and right, and nothing went astray."""
    parser = argparse.ArgumentParser(description="Check the service beside faulty FHIR servers.")
    parser.add_argument("demo", type=Path, nargs="?", default=Path("demo"))
    return asyncio.run(check(parser.parse_args().demo))


if __name__ == "__main__":
    sys.exit(main())
