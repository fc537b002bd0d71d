"""Traces: the parts of each request as OpenTelemetry spans, sent to a collector where CDS_TRACES_ENDPOINT names one.

Spans are made after the answer, from the times that the request noted on its way, and hold words of fixed lists only:
no path as it was sent, no id, no text of an exception. A caller's `traceparent` is continued; none is sent to an EHR.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import monotonic, time_ns
from typing import TYPE_CHECKING

from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from cds_service.errors import StartRefused
from cds_service.request_kind import RequestKind
from cds_service.request_stages import RequestStages, Stage

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor

_INCOMING = TraceContextTextMapPropagator()
_SERVER_ERROR = 500
_SEND_SECONDS = 5.0
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_KINDS = {"fhir-read": SpanKind.CLIENT}
_ROUTES = {
    "hook": "/cds-services/{id}",
    "feedback": "/cds-services/{id}/feedback",
    "discovery": "/cds-services",
    "evaluate": "/api/evaluate",
}


@dataclass(frozen=True, slots=True)
class Ended:
    """What a request's own span says: its kind, HTTP method and status, what became of it, and how long it took."""

    kind: RequestKind
    method: str
    status: int
    outcome: str
    seconds: float
    cards: int | None = None


@dataclass(frozen=True, slots=True)
class Traces:
    """Turns requests into spans; `tracer` makes them, `close` sends those that wait."""

    tracer: Tracer
    close: Callable[[], None]

    def tell(self, stages: RequestStages, ended: Ended, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """The span of a request, and one for each of its parts; for health, metrics and pages there is none.

        `headers`: of the request as ASGI has them, for its `traceparent`.
        """
        route = _ROUTES.get(ended.kind.address)
        if route is None:
            return
        method = ended.method if ended.method in _METHODS else "_OTHER"
        clock = _WallClock(time_ns(), monotonic())
        span = self.tracer.start_span(
            f"{method} {route}",
            context=_INCOMING.extract(_traceparent(headers)),
            kind=SpanKind.SERVER,
            attributes=_attributes(ended, method, route),
            start_time=clock.of(stages.began),
        )
        if ended.status >= _SERVER_ERROR:
            span.set_status(Status(StatusCode.ERROR))
        for stage in stages.parts:
            self._tell_part(stage, span, clock)
        span.end(clock.of(stages.began + ended.seconds))

    def _tell_part(self, stage: Stage, parent: Span, clock: "_WallClock") -> None:
        attributes = {f"cds.{name}": value for name, value in stage.attributes.items()}
        span = self.tracer.start_span(
            stage.name,
            context=set_span_in_context(parent),
            kind=_KINDS.get(stage.name, SpanKind.INTERNAL),
            attributes=attributes,
            start_time=clock.of(stage.began),
        )
        span.end(clock.of(stage.ended))


@dataclass(frozen=True, slots=True)
class _WallClock:
    """Nanoseconds since the epoch for seconds of the monotonic clock; both as they are `now`."""

    now: int
    monotonic_now: float

    def of(self, seconds: float) -> int:
        return self.now - int((self.monotonic_now - seconds) * 1e9)


def open_traces(endpoint: str | None, software: str) -> Traces | None:
    """Traces that are sent to `endpoint` (OTLP over HTTP) by a thread of their own; None without one.

    Headers, sampling and batching are OpenTelemetry's own settings (`OTEL_...`). Raises StartRefused when the packages
    for it are not installed.
    """
    if endpoint is None:
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise StartRefused(
            "CDS_TRACES_ENDPOINT needs the packages of the extra 'tracing' (pip install 'calcinosis-cds[tracing]')."
        ) from None
    return traces_to(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint, timeout=_SEND_SECONDS)), software)


def traces_to(processor: "SpanProcessor", software: str) -> Traces:
    """Traces whose spans `processor` takes."""
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

    resource = Resource.create({"service.name": "calcinosis-cds", "service.version": software})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(processor)
    return Traces(provider.get_tracer("calcinosis-cds", software), provider.shutdown)


def _traceparent(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    # `tracestate` may hold whatever its sender likes: it is left where it came from.
    given = next((value for name, value in headers if name == b"traceparent"), None)
    return {} if given is None else {"traceparent": given.decode("latin-1")}


def _attributes(ended: Ended, method: str, route: str) -> dict[str, str | int]:
    attributes: dict[str, str | int] = {
        "http.request.method": method,
        "http.route": route,
        "cds.service": ended.kind.service,
        "cds.hook": ended.kind.hook,
        "cds.outcome": ended.outcome,
    }
    if ended.status:
        attributes["http.response.status_code"] = ended.status
    if ended.cards is not None:
        attributes["cds.cards"] = ended.cards
    if ended.outcome != "success":
        attributes["error.type"] = ended.outcome
    return attributes
