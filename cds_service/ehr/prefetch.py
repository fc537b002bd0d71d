"""gather(): the chart of one request, from the prefetch and, where that leaves gaps, from the FHIR server.

Decisions 10 and 11: a key left out is fetched, `null` is known empty, an OperationOutcome is the client's error and is
not fetched again, a next link is followed. Patient and conditions are required; all else degrades to an open group.
"""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import Any

from cds_service.ehr.allow_list import BaseUrl
from cds_service.ehr.fhir_client import FhirClient
from cds_service.ehr.outbound import OutboundError
from cds_service.errors import PreconditionFailed
from cds_service.hook_request import HookRequest
from fhir_mappings.bundle_reader import PREFETCH_KEYS, ReadBundle, read_bundle, read_medication
from fhir_mappings.chart import ReadChart, group_read, medications_by_reference, unresolved_medications
from fhir_mappings.draft_orders import draft_medications, read_draft_orders
from fhir_mappings.resources import PatientResource
from fhir_mappings.subjects import is_about

PAGE_CAP = 60
RESOURCE_CAP = 10_000
MEDICATION_CAP = 100
_PATIENT, _CONDITIONS = "patient", "conditions"
# What is read one by one behind references has no prefetch key; it is counted under this word.
_MEDICATION = "medication"
_PATIENT_TOKEN = "{{context.patientId}}"  # noqa: S105  a prefetch token, no secret


@dataclass(frozen=True, slots=True)
class _Source:
    """Where data are read from, and until when (seconds of the event loop's clock)."""

    client: FhirClient | None
    until: float

    async def get(self, relative: str, key: str) -> bytes | None:
        """The answer to `relative`, read for a prefetch key, or None when there is none in time."""
        return None if self.client is None else await self._counted(self.client.get(relative, self.until), key)

    async def next_page(self, link: str, key: str) -> bytes | None:
        """The page that `link` leads to, or None when it is not read."""
        return None if self.client is None else await self._counted(self.client.next_page(link, self.until), key)

    async def _counted(self, reading: Coroutine[Any, Any, bytes | None], key: str) -> bytes | None:
        clock = asyncio.get_running_loop().time
        started, outcome = clock(), "ok"
        try:
            body = await reading
            outcome = "ok" if body is not None else "led-away"
        except OutboundError as error:
            body, outcome = None, error.outcome
        if self.client is not None:
            self.client.traffic.fetched(key, outcome, clock() - started)
        return body


async def gather(
    request: HookRequest, templates: Mapping[str, str], client: FhirClient | None, until: float
) -> ReadChart:
    """The chart of `request`: all missing keys are read in parallel, everything by `until`.

    `templates`: prefetch key -> template of the service. `client`: None when there is no FHIR server to call.
    `until`: seconds of the event loop's clock; without a client nothing waits for it.
    Raises PreconditionFailed when the patient or the conditions cannot be obtained (DATA-1).
    """
    source = _Source(client, _token_ends(request, until))
    try:
        obtained = (_obtain(key, template, request, source) for key, template in templates.items())
        # Without a server nothing waits for anything: a task for each key would cost more than reading a small chart.
        read = [await one for one in obtained] if client is None else await asyncio.gather(*obtained)
        pages = dict(zip(templates, read, strict=True))
        drafts = read_draft_orders(request.context.draft_orders)
        included = (medication for key_pages in pages.values() for page in key_pages for medication in page.included)
        chart = ReadChart(
            patient_id=request.context.patient_id,
            patient=_required_patient(pages[_PATIENT], request.context.patient_id),
            groups=MappingProxyType(
                {group: group_read(pages[key], group) for key, group in PREFETCH_KEYS.items() if group is not None}
            ),
            medications=medications_by_reference((*included, *draft_medications(drafts))),
            drafts=drafts,
        )
        _require_conditions(pages[_CONDITIONS])
        return await _with_medications(chart, source)
    finally:
        if client is not None:
            client.report()


def _token_ends(request: HookRequest, until: float) -> float:
    """`until`, or the end of the token's life if that comes first (FHIR-7)."""
    access = request.fhir_authorization
    if access is None or access.expires_in is None:
        return until
    return min(until, asyncio.get_running_loop().time() + access.expires_in)


async def _obtain(key: str, template: str, request: HookRequest, source: _Source) -> tuple[ReadBundle, ...]:
    """The pages of one prefetch key, none if it was not obtained."""
    raw = request.prefetch.get(key)
    if raw is None:
        body = await source.get(template.replace(_PATIENT_TOKEN, request.context.patient_id), key)
        if body is None:
            return ()
        first = _as_asked(read_bundle(key, body), request)
    else:
        first = read_bundle(key, raw)
    return () if first is None else await _all_pages(key, first, request, source)


def _as_asked(page: ReadBundle, request: HookRequest) -> ReadBundle | None:
    """A page of this service's own search; None when it holds only what was not asked for.

    Entries about another patient or of other types mean that the server did not do this search, so what it left out is
    not known either (API10): they count as unreadable. In a prefetch they are the client's affair, and are dropped.
    """
    patient_id = request.context.patient_id
    own = tuple(resource for resource in page.resources if is_about(resource, patient_id) is not False)
    strangers = len(page.resources) - len(own)
    if not own and (strangers or page.foreign):
        return None
    return replace(page, resources=own, unreadable=page.unreadable + strangers) if strangers else page


async def _all_pages(key: str, first: ReadBundle, request: HookRequest, source: _Source) -> tuple[ReadBundle, ...]:
    """`first` and what its next links lead to; it ends early at the caps, at a link seen before, and out of time."""
    pages, seen, resources = [first], set[str](), len(first.resources)
    while (link := pages[-1].next_url) and link not in seen and len(pages) < PAGE_CAP and resources < RESOURCE_CAP:
        seen.add(link)
        body = await source.next_page(link, key)
        page = None if body is None else _as_asked(read_bundle(key, body), request)
        if page is None:
            break
        pages.append(page)
        resources += len(page.resources)
    return tuple(pages)


async def _with_medications(chart: ReadChart, source: _Source) -> ReadChart:
    """The chart with the Medications that its references point to, as far as they can be read in time."""
    if source.client is None:
        return chart
    readable = partial(_is_medication_under, source.client.base)
    references = unresolved_medications(chart, readable)[:MEDICATION_CAP]
    if not references:
        return chart
    bodies = await asyncio.gather(*(source.get(reference, _MEDICATION) for reference in references))
    # The reference asked for counts, not the id that came back: a server may answer with a versioned or local id.
    found = {
        reference: medication
        for reference, body in zip(references, bodies, strict=True)
        if body is not None and (medication := read_medication(body)) is not None
    }
    return replace(chart, medications=MappingProxyType({**chart.medications, **found}))


def _is_medication_under(base: BaseUrl, reference: str) -> bool:
    """Whether a reference as written, relative or as a URL, is a Medication of the server at `base`."""
    url = base.link_under(reference)
    return url is not None and url.startswith(f"{base}/Medication/")


def _required_patient(pages: Sequence[ReadBundle], patient_id: str) -> PatientResource:
    """The Patient of the context; another one, or none, is no basis for a statement about anyone."""
    patients = [resource for page in pages for resource in page.resources if isinstance(resource, PatientResource)]
    if not patients:
        raise PreconditionFailed(_PATIENT, "The prefetch key 'patient' was not given and could not be read.")
    for patient in patients:
        if patient.id == patient_id:
            return patient
    raise PreconditionFailed(_PATIENT, "The prefetch key 'patient' holds another patient than context.patientId.")


def _require_conditions(pages: Sequence[ReadBundle]) -> None:
    """Conditions of which nothing at all could be read are as good as not obtained (decision 11, goal G2)."""
    nothing_read = not any(page.resources or page.empty_value for page in pages)
    broken = any(page.unreadable or page.outcome or page.outcome_entry for page in pages)
    if not pages or (nothing_read and broken):
        raise PreconditionFailed(_CONDITIONS, "The prefetch key 'conditions' was not given and could not be read.")
