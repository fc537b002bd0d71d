"""The addresses of the service: each decodes, calls one function for each step, and encodes (CDS Hooks 2.0.1)."""

import asyncio
from collections.abc import Sequence
from time import monotonic

import msgspec
from fastapi import FastAPI
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from cds_service.admin import check_admin
from cds_service.ehr.authentication import Caller, authenticate
from cds_service.errors import Unauthenticated
from cds_service.hook_call import HookCall, count_decision, decide_call, decide_on_record
from cds_service.hook_request import HookRequest, decode
from cds_service.metrics import METRICS_TYPE
from cds_service.observability import RequestRecord
from cds_service.records.decision_log import rules_of_shown_cards
from cds_service.records.feedback import FeedbackEntry, decode_feedback, store_feedback
from cds_service.request_body import read_body
from cds_service.services import find_service, known_service, service_of_hook
from cds_service.trace import render_trace
from cds_service.wiring import Wiring

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
    call = HookCall(_wiring(request), _record(request), caller, site, hook_request, service, until)
    decision = await decide_on_record(call)
    answer = msgspec.json.encode({"cards": decision.cards})
    count_decision(call, decision)
    return _json(answer)


async def evaluate(request: Request) -> Response:
    """The cards of a hook request and what they rest on (decision 23)."""
    until = _reading_ends(request)
    caller = await _authenticated(request)
    site = _wiring(request).sites.of(caller)
    hook_request = await _decoded(request)
    service = service_of_hook(site.services, hook_request.hook)
    call = HookCall(_wiring(request), _record(request), caller, site, hook_request, service, until)
    decision = await decide_call(call)
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
    """Knowledge is loaded, the store can be written and no stop is near: 200, else 503.

    FHIR servers are the client's, not ours. A site file that was refused is told, and no reason for a 503: the one
    before is in force.
    """
    wiring = _wiring(request)
    writable, draining = await wiring.store.is_writable(), wiring.readiness.draining
    ready = writable and not draining
    state = {
        "status": "draining" if draining else "ready" if ready else "not-ready",
        "store": "writable" if writable else "unavailable",
        "knowledge": wiring.sites.default.knowledge.version,
    }
    if wiring.sites.files:
        state["site_file"] = "refused" if wiring.sites.refused else "in-force"
    return _json(msgspec.json.encode(state), status=200 if ready else 503)


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
    began = monotonic()
    caller = await authenticate(headers[0] if headers else None, request.url.path, wiring.trust)
    _record(request).took("authenticate", began)
    _record(request).name_client(wiring.settings.hash_key_bytes, caller.client.name, caller.tenant, caller.token_id)
    return caller


async def _body(request: Request) -> bytes:
    return await read_body(request, _wiring(request).settings.body_seconds)


async def _decoded(request: Request) -> HookRequest:
    began = monotonic()
    body = await _body(request)
    # A large body would hold up everyone else's small one (performance.md 3).
    hook_request = await asyncio.to_thread(decode, body) if len(body) > _LARGE_BODY else decode(body)
    _record(request).took("read-request", began)
    _record(request).name_request(
        _wiring(request).settings.hash_key_bytes, hook_request.hook_instance, hook_request.context.patient_id
    )
    return hook_request


async def _count_feedback(wiring: Wiring, service_id: str, entries: Sequence[FeedbackEntry]) -> None:
    wiring.metrics.count_feedback(service_id, (entry.outcome for entry in entries))
    rules = await rules_of_shown_cards(wiring.store, {entry.card for entry in entries})
    for entry in entries:
        wiring.metrics.count_feedback_rules(rules.get(entry.card, ()), entry.outcome)


def _wiring(request: Request) -> Wiring:
    wiring: Wiring = request.app.state.wiring
    return wiring


def _record(request: Request) -> RequestRecord:
    record: RequestRecord = request.state.record
    return record


def _json(body: bytes, status: int = 200) -> Response:
    return Response(body, status_code=status, media_type="application/json")
