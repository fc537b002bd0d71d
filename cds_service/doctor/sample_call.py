"""A sample call: the chart of one patient read and decided on in this process, as at patient-view without prefetch.

Only counts and times come out: nothing of the chart (FHIR-7).
"""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from time import monotonic, perf_counter

import msgspec

from cds_service.decide import decide
from cds_service.doctor.check import Check, fail, ok, warn
from cds_service.doctor.stand_in_key import stand_in_key
from cds_service.ehr.allow_list import BaseUrl
from cds_service.ehr.fhir_client import FhirClient
from cds_service.ehr.outbound import Outbound, OutboundError, Refused, UnusableAnswer
from cds_service.ehr.prefetch import gather
from cds_service.ehr.traffic import fhir_traffic
from cds_service.errors import BadRequest, PreconditionFailed
from cds_service.hook_request import PATIENT_VIEW, HookRequest, decode
from cds_service.services import REQUIRED_KEYS
from cds_service.settings import Settings
from fhir_mappings.bundle_reader import ReadBundle, read_bundle
from treatment_algorithm.knowledge_base import KnowledgeBase

# No Practitioner: nothing that a card would draft is ever shown.
_USER = "Device/doctor"

_STATUS_MEANS = {
    400: "the server refuses this search: a parameter of the template is not supported",
    401: "the token is not accepted: expired, or for another server",
    403: "not permitted: the token lacks the scope, or the user the right",
    404: "not there: this type is not served here, or no such patient",
    429: "too many requests",
}


@dataclass(slots=True)
class KeyReading:
    """How the reading of one prefetch key went; `pages` are those that were read."""

    key: str
    pages: list[ReadBundle] = field(default_factory=list)
    seconds: float = 0.0
    fault: str = ""


class WatchedOutbound(Outbound):
    """Outbound that keeps time and counts; `gather` reads each key in a task of its own, which names the pages."""

    def __init__(self, seconds: float, key_of_url: Mapping[str, str]) -> None:
        super().__init__(seconds)
        self.readings = {key: KeyReading(key) for key in key_of_url.values()}
        self._key_of_url = key_of_url
        self._key_of_task: dict[int, str] = {}

    async def get(self, url: str, headers: Mapping[str, str]) -> bytes:
        """As Outbound.get."""
        task = id(asyncio.current_task())
        if url in self._key_of_url:
            self._key_of_task[task] = self._key_of_url[url]
        reading = self.readings.get(self._key_of_task.get(task, ""))
        if reading is None:
            return await super().get(url, headers)
        started = perf_counter()
        try:
            body = await super().get(url, headers)
        except asyncio.CancelledError:
            reading.fault = "no answer within the deadline (CDS_DEADLINE_SECONDS)"
            raise
        except OutboundError as error:
            reading.fault = _fault(error)
            raise
        finally:
            reading.seconds += perf_counter() - started
        reading.fault = ""
        reading.pages.append(read_bundle(reading.key, body))
        return body


async def sample_call(
    base: BaseUrl,
    token: str | None,
    patient_id: str,
    templates: Mapping[str, str],
    knowledge: KnowledgeBase,
    settings: Settings,
    today: date,
) -> list[Check]:
    """Each prefetch key: obtained or not, entries, pages, milliseconds; then the decision: cards or 412."""
    key_of_url = {
        base.absolute(template.replace("{{context.patientId}}", patient_id)): key for key, template in templates.items()
    }
    try:
        request = _request(base, token, patient_id)
    except BadRequest as error:
        return [fail("sample call", f"Not made. {error.diagnostics}")]
    started = perf_counter()
    outbound = WatchedOutbound(settings.deadline_seconds, key_of_url)
    async with outbound:
        client = FhirClient(base, request.fhir_authorization, outbound, fhir_traffic(monotonic))
        try:
            until = asyncio.get_running_loop().time() + settings.deadline_seconds
            chart = await gather(request, templates, client, until)
        except PreconditionFailed as error:
            outcome = fail("sample call", f"The service would answer 412. {error.diagnostics}")
        else:
            with stand_in_key(settings) as keyed:
                decision = decide(request, chart, knowledge, keyed, today)
            spent = perf_counter() - started
            outcome = _decided(len(decision.cards), spent, settings.deadline_seconds)
    return [*_reports(list(outbound.readings.values())), outcome]


def _request(base: BaseUrl, token: str | None, patient_id: str) -> HookRequest:
    """The request that an EHR without prefetch would send; raises BadRequest for an id or a token that is none."""
    body: dict[str, object] = {
        "hook": PATIENT_VIEW,
        "hookInstance": str(uuid.uuid4()),
        "context": {"patientId": patient_id, "userId": _USER},
        "fhirServer": str(base),
    }
    if token is not None:
        body["fhirAuthorization"] = {"access_token": token, "token_type": "Bearer"}
    return decode(msgspec.json.encode(body))


def _reports(readings: Sequence[KeyReading]) -> list[Check]:
    checks = [_report(reading) for reading in readings]
    searched = [reading for reading in readings if reading.key != "patient"]
    if all(reading.pages for reading in searched) and not any(_entries(reading) for reading in searched):
        checks.append(
            warn(
                "sample patient",
                "Every search came back empty: take a patient with entries, or the searches do not work.",
            )
        )
    return checks


def _report(reading: KeyReading) -> Check:
    missing = fail if reading.key in REQUIRED_KEYS else warn
    spent = f"{reading.seconds * 1000:.0f} ms"
    if not reading.pages:
        return missing(reading.key, f"Not obtained ({spent}): {reading.fault or 'nothing was asked'}.")
    if reading.pages[0].outcome:
        return missing(reading.key, f"The server answered with an OperationOutcome instead of data ({spent}).")
    entries, pages = _entries(reading), len(reading.pages)
    counts = f"{entries} entries on {pages} {'page' if pages == 1 else 'pages'} in {spent}"
    if reading.fault:
        return warn(reading.key, f"Cut short: {counts}, then {reading.fault}.")
    if reading.pages[-1].next_url is not None:
        return warn(reading.key, f"Cut short: {counts}, and the next page leads away from the base or is too many.")
    if unreadable := sum(page.unreadable for page in reading.pages):
        return warn(reading.key, f"{counts}; {unreadable} of them could not be read: see `evaluate --check`.")
    return ok(reading.key, f"Obtained: {counts}.")


def _entries(reading: KeyReading) -> int:
    return sum(len(page.resources) + page.unreadable for page in reading.pages)


def _decided(cards: int, spent: float, deadline: float) -> Check:
    sentence = f"Read and decided in {spent * 1000:.0f} ms: {cards} {'card' if cards == 1 else 'cards'}."
    if spent > deadline:
        return warn("sample call", f"{sentence} That is beyond the deadline of {deadline:g} s.")
    return ok("sample call", sentence)


def _fault(error: OutboundError) -> str:
    if isinstance(error, Refused):
        means = _STATUS_MEANS.get(error.status, "the server failed" if error.status >= 500 else "refused")
        return f"status {error.status}, {means}"
    if isinstance(error, UnusableAnswer):
        return "the answer is no JSON, or too large"
    return "no answer"
