"""The addresses of the service: each decodes, calls one function for each step, and encodes (CDS Hooks 2.0.1)."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

import msgspec
from fastapi import FastAPI
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from cds_service.admin import check_admin
from cds_service.decide import Decision
from cds_service.ehr.authentication import Caller, authenticate
from cds_service.ehr.fhir_client import fhir_access
from cds_service.ehr.prefetch import gather
from cds_service.ehr.terminology import with_looked_up_drugs
from cds_service.errors import PreconditionFailed, Unauthenticated
from cds_service.hook_request import HookRequest, decode
from cds_service.identity import keyed_hash
from cds_service.metrics import METRICS_TYPE
from cds_service.observability import RequestRecord
from cds_service.records.decision_log import rules_of_shown_cards
from cds_service.records.decision_record import CallFacts, record_decision, record_refusal
from cds_service.records.feedback import FeedbackEntry, decode_feedback, store_feedback
from cds_service.request_body import read_body
from cds_service.services import ServiceDefinition, find_service, known_service, service_of_hook
from cds_service.site import Site
from cds_service.trace import render_trace
from cds_service.wiring import Wiring
from treatment_algorithm.truth import Truth

_LARGE_BODY = 1024 * 1024


def add_routes(app: FastAPI) -> None:
    """Put every address of the service into `app`."""
    for path, endpoint, method in (
        ("/cds-services", discovery, "GET"),
        ("/cds-services/{service_id}", call_service, "POST"),
        ("/cds-services/{service_id}/feedback", receive_feedback, "POST"),
        ("/api/evaluate", evaluate, "POST"),
        ("/livez", livez, "GET"),
        ("/readyz", readyz, "GET"),
    ):
        app.add_api_route(path, endpoint, methods=[method], response_model=None)


def add_metrics(app: FastAPI) -> None:
    """Put `/metrics` into `app`; in production only where an admin token guards it."""
    app.add_api_route("/metrics", metrics, methods=["GET"], response_model=None)


async def discovery(request: Request) -> Response:
    """The services offered (DISC-1); to trusted clients only, unless the setting opens it (JWT-15)."""
    caller = await _authenticated(request) if _wiring(request).settings.discovery == "closed" else None
    return _json(_wiring(request).sites.of(caller).discovery)


async def call_service(service_id: str, request: Request) -> Response:
    """The cards of one hook call (REQ-1, RESP-1)."""
    until = _reading_ends(request)
    caller = await _authenticated(request)
    site = _wiring(request).sites.of(caller)
    hook_request = await _decoded(request)
    service = find_service(site.services, service_id, hook_request.hook)
    decision = await _on_record(request, caller, site, hook_request, service, until)
    answer = msgspec.json.encode({"cards": decision.cards})
    _record(request).cards = len(decision.cards)
    _wiring(request).metrics.count_decision(decision)
    if site.knowledge.site.anything_in_shadow:
        _tell_shadow(request, decision)
    return _json(answer)


async def evaluate(request: Request) -> Response:
    """The cards of a hook request and what they rest on (decision 23)."""
    until = _reading_ends(request)
    caller = await _authenticated(request)
    site = _wiring(request).sites.of(caller)
    hook_request = await _decoded(request)
    service = service_of_hook(site.services, hook_request.hook)
    decision = await _decided(request, caller, site, hook_request, service, until)
    answer = msgspec.json.encode(render_trace(decision, site.knowledge))
    _record(request).cards = len(decision.cards)
    return _json(answer)


async def receive_feedback(service_id: str, request: Request) -> Response:
    """Store what became of cards; 200 with an empty body, only after the commit (FB-1)."""
    caller = await _authenticated(request)
    wiring = _wiring(request)
    service = known_service(wiring.sites.of(caller).known, service_id)
    _record(request).service = service.id
    body = await _body(request)
    entries = await asyncio.to_thread(decode_feedback, body) if len(body) > _LARGE_BODY else decode_feedback(body)
    await store_feedback(wiring.store, service.id, None if caller is None else caller.client.name, entries)
    # The rules behind the cards are looked up after the answer: the client waits for the commit only.
    return Response(status_code=200, background=BackgroundTask(_count_feedback, wiring, service.id, entries))


async def livez() -> Response:
    """The process answers; nothing else is asked."""
    return _json(b'{"status":"alive"}')


async def readyz(request: Request) -> Response:
    """Knowledge is loaded and the store can be written: 200, else 503. FHIR servers are the client's, not ours.

    A site file that was refused is told, and no reason for a 503: the one before is in force.
    """
    wiring = _wiring(request)
    writable = await wiring.store.is_writable()
    state = {
        "status": "ready" if writable else "not-ready",
        "store": "writable" if writable else "unavailable",
        "knowledge": wiring.sites.default.knowledge.version,
    }
    if wiring.sites.files:
        state["site_file"] = "refused" if wiring.sites.refused else "in-force"
    return _json(msgspec.json.encode(state), status=200 if writable else 503)


async def metrics(request: Request) -> Response:
    """The counters, for Prometheus; to the bearer of the admin token where there is one."""
    check_admin(request.headers.get("authorization"), _wiring(request).admin_token)
    return Response(_wiring(request).metrics.text(), media_type=METRICS_TYPE)


def _reading_ends(request: Request) -> float:
    """Until when data may arrive for a request that came just now (seconds of the event loop's clock)."""
    return asyncio.get_running_loop().time() + _wiring(request).settings.reading_seconds


async def _authenticated(request: Request) -> Caller | None:
    """Who calls; None where nobody is asked (CDS_CLIENT_AUTH=off). Raises Unauthenticated."""
    wiring = _wiring(request)
    if wiring.trust is None:
        return None
    headers = request.headers.getlist("authorization")
    if len(headers) > 1:
        raise Unauthenticated("malformed")
    caller = await authenticate(headers[0] if headers else None, request.url.path, wiring.trust)
    _record(request).name_client(wiring.settings.hash_key_bytes, caller.client.name, caller.tenant, caller.token_id)
    return caller


async def _body(request: Request) -> bytes:
    return await read_body(request, _wiring(request).settings.body_seconds)


async def _decoded(request: Request) -> HookRequest:
    body = await _body(request)
    # A large body would hold up everyone else's small one (performance.md 3).
    hook_request = await asyncio.to_thread(decode, body) if len(body) > _LARGE_BODY else decode(body)
    _record(request).name_request(
        _wiring(request).settings.hash_key_bytes, hook_request.hook_instance, hook_request.context.patient_id
    )
    return hook_request


async def _decided(
    request: Request,
    caller: Caller | None,
    site: Site,
    hook_request: HookRequest,
    service: ServiceDefinition,
    until: float,
) -> Decision:
    wiring, record = _wiring(request), _record(request)
    record.service = service.id
    allow_list = wiring.allow_list if caller is None else caller.client.allow_list
    client = fhir_access(hook_request, allow_list, wiring.fhir_traffic, wiring.outbound)
    started = asyncio.get_running_loop().time()
    chart = await gather(hook_request, service.prefetch, client, until)
    concepts, cues = site.knowledge.concepts, site.knowledge.cues
    chart = await with_looked_up_drugs(chart, wiring.terminology, concepts, cues, until)
    read = asyncio.get_running_loop().time()
    decision = wiring.decide(hook_request, chart, site.knowledge, wiring.settings, wiring.today())
    record.fetch_ms, record.decide_ms = _ms(started, read), _ms(read, asyncio.get_running_loop().time())
    return decision


async def _on_record(
    request: Request,
    caller: Caller | None,
    site: Site,
    hook_request: HookRequest,
    service: ServiceDefinition,
    until: float,
) -> Decision:
    """The decision, put on record; also that none could be made (decision 25). Raises what `_decided` raises."""
    wiring = _wiring(request)
    knowledge, base_url, words = site.knowledge, wiring.settings.public_base_url, site.words
    answer_by = until + wiring.settings.deadline_seconds - wiring.settings.reading_seconds
    try:
        decision = await _decided(request, caller, site, hook_request, service, until)
    except PreconditionFailed as refusal:
        call = _call_facts(request, caller, hook_request, service)
        await wiring.decision_log.put(partial(record_refusal, call, refusal.prefetch_key, knowledge), answer_by)
        raise
    call = _call_facts(request, caller, hook_request, service)
    await wiring.decision_log.put(partial(record_decision, call, decision, knowledge, base_url, words), answer_by)
    return decision


def _call_facts(
    request: Request, caller: Caller | None, hook_request: HookRequest, service: ServiceDefinition
) -> CallFacts:
    wiring, record = _wiring(request), _record(request)
    timings = {"fetch": record.fetch_ms, "decide": record.decide_ms}
    return CallFacts(
        at=datetime.fromtimestamp(wiring.wall(), UTC).isoformat(timespec="milliseconds"),
        service=service.id,
        hook=hook_request.hook,
        hook_instance=record.request_id or "",
        patient=record.patient or "",
        user=keyed_hash(wiring.settings.hash_key_bytes, "user", hook_request.context.user_id),
        software=wiring.software,
        timings={name: value for name, value in timings.items() if value is not None},
        client=None if caller is None else caller.client.name,
        tenant=None if caller is None else caller.tenant,
    )


def _tell_shadow(request: Request, decision: Decision) -> None:
    """Log and count what the rules in shadow would have done (docs/site-file.md)."""
    record = _record(request)
    record.shadow_cards = len(decision.shadow_cards)
    record.shadow_rules = [one.rule_id for one in decision.assessment.rules if one.shadow and one.truth is Truth.YES]
    _wiring(request).metrics.count_shadow(decision.assessment.rules, decision.shadow_cards)


async def _count_feedback(wiring: Wiring, service_id: str, entries: Sequence[FeedbackEntry]) -> None:
    wiring.metrics.count_feedback(service_id, (entry.outcome for entry in entries))
    rules = await rules_of_shown_cards(wiring.store, {entry.card for entry in entries})
    for entry in entries:
        wiring.metrics.count_feedback_rules(rules.get(entry.card, ()), entry.outcome)


def _ms(start: float, end: float) -> float:
    return round((end - start) * 1000, 2)


def _wiring(request: Request) -> Wiring:
    wiring: Wiring = request.app.state.wiring
    return wiring


def _record(request: Request) -> RequestRecord:
    record: RequestRecord = request.state.record
    return record


def _json(body: bytes, status: int = 200) -> Response:
    return Response(body, status_code=status, media_type="application/json")
