"""Traces: a span for each request and for each of its parts, in words of fixed lists, nothing of a chart in them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import respx
from fastapi import FastAPI
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from starlette.testclient import TestClient

from cds_service.decide import decide
from cds_service.hook_request import PATIENT_VIEW
from cds_service.settings import Settings
from cds_service.traces import open_traces, traces_to
from tests.service.ehr import FHIR_SERVER, complete_prefetch, hook_body, running_service, with_access, without
from tests.service.test_metrics import ask, texts

DEMO = sorted(Path("demo/hook-requests").glob("*.json"))
CALLER = "0af7651916cd43dd8448eb211c80319c"


@contextmanager
def traced(client: TestClient) -> Iterator[InMemorySpanExporter]:
    """The service of `client` with its spans kept here."""
    spans = InMemorySpanExporter()
    traces = traces_to(SimpleSpanProcessor(spans), "1.2.3")
    assert isinstance(client.app, FastAPI)
    client.app.state.wiring = replace(client.app.state.wiring, traces=traces)
    yield spans
    traces.close()


@pytest.fixture
def spans(service: TestClient) -> Iterator[InMemorySpanExporter]:
    with traced(service) as kept:
        yield kept


def by_name(spans: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {span.name: span for span in spans.get_finished_spans()}


def test_a_hook_call_gives_its_own_span_and_its_parts_within_it(
    service: TestClient, spans: InMemorySpanExporter
) -> None:
    cards = ask(service, hook_body(PATIENT_VIEW)).json()["cards"]
    found = by_name(spans)
    assert set(found) == {"POST /cds-services/{id}", "read-request", "gather", "decide", "put-on-record"}
    call = found.pop("POST /cds-services/{id}")
    assert call.kind is SpanKind.SERVER
    assert dict(call.attributes or {}) == {
        "http.request.method": "POST", "http.route": "/cds-services/{id}", "http.response.status_code": 200,
        "cds.service": "calcinosis-patient-view", "cds.hook": "patient-view", "cds.outcome": "success",
        "cds.cards": len(cards),
    }  # fmt: skip
    assert call.start_time is not None
    assert call.end_time is not None
    for part in found.values():
        assert part.parent is not None
        assert part.parent.span_id == call.context.span_id
        assert part.start_time is not None
        assert part.end_time is not None
        assert call.start_time <= part.start_time <= part.end_time <= call.end_time


def test_every_read_from_the_fhir_server_is_a_span_of_the_outgoing_kind(
    service: TestClient, spans: InMemorySpanExporter, fhir: respx.MockRouter
) -> None:
    fhir.route().respond(500)
    ask(service, with_access(hook_body(PATIENT_VIEW, prefetch=without(complete_prefetch(), "conditions", "allergies"))))
    reads = [span for span in spans.get_finished_spans() if span.name == "fhir-read"]
    assert {(span.attributes or {})["cds.prefetch_key"] for span in reads} == {"conditions", "allergies"}
    assert {(span.kind, (span.attributes or {})["cds.outcome"]) for span in reads} == {(SpanKind.CLIENT, "refused")}


def test_the_trace_of_the_caller_is_continued_and_its_state_is_not_passed_on(
    service: TestClient, spans: InMemorySpanExporter
) -> None:
    headers = {"traceparent": f"00-{CALLER}-b7ad6b7169203331-01", "tracestate": "ehr=MRN-4711"}
    service.post("/cds-services/calcinosis-patient-view", json=hook_body(PATIENT_VIEW), headers=headers)
    for span in spans.get_finished_spans():
        assert f"{span.context.trace_id:032x}" == CALLER
        assert not span.context.trace_state


@pytest.mark.parametrize("given", ["", "00", "00-0-0-01", "Maya", "00-" + "é" * 32 + "-b7ad6b7169203331-01"])
def test_a_traceparent_that_is_none_begins_a_new_trace(
    service: TestClient, spans: InMemorySpanExporter, given: str
) -> None:
    headers = [("traceparent", given.encode())]
    answer = service.post("/cds-services/calcinosis-patient-view", json=hook_body(PATIENT_VIEW), headers=headers)
    assert answer.status_code == 200
    assert by_name(spans)["POST /cds-services/{id}"].parent is None


def test_no_text_id_or_address_of_any_demo_request_is_in_a_span(tmp_path: Path) -> None:
    bodies = [json.loads(path.read_text(encoding="utf-8")) for path in DEMO]
    with running_service(tmp_path, decide) as service, traced(service) as kept:
        for body in bodies:
            assert ask(service, body).status_code == 200
        service.get("/cds-services/Maya-4711")
        service.post("/cds-services/Maya-4711", json={"patientId": "Maya-4711"})
        told = "\n".join(span.to_json() for span in kept.get_finished_spans())
    assert told
    assert not [text for text in set().union(*map(texts, bodies)) | {"Maya-4711"} if text in told]


def test_a_fault_of_the_service_marks_the_span_and_says_no_word_of_the_exception(
    service: TestClient, spans: InMemorySpanExporter
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("Maya-4711")

    assert isinstance(service.app, FastAPI)
    service.app.state.wiring = replace(service.app.state.wiring, decide=fails)
    assert ask(service, hook_body(PATIENT_VIEW)).status_code == 500
    span = by_name(spans)["POST /cds-services/{id}"]
    assert span.status.status_code is StatusCode.ERROR
    assert (span.attributes or {})["error.type"] == "internal-error"
    assert "Maya" not in span.to_json()
    assert "RuntimeError" not in span.to_json()


def test_probes_metrics_and_pages_give_no_span(service: TestClient, spans: InMemorySpanExporter) -> None:
    for path in ("/livez", "/readyz", "/metrics", "/about"):
        assert service.get(path).status_code == 200
    assert not spans.get_finished_spans()


def test_without_the_setting_nothing_is_noted(service: TestClient) -> None:
    assert isinstance(service.app, FastAPI)
    assert service.app.state.wiring.traces is None
    assert open_traces(None, "1.2.3") is None


@pytest.mark.parametrize("wrong", ["collector:4318", "ftp://collector", "/v1/traces"])
def test_an_endpoint_that_is_no_web_address_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="must begin with http"):
        Settings(traces_endpoint=wrong)


def test_the_fhir_server_is_not_told_of_the_trace(
    service: TestClient, spans: InMemorySpanExporter, fhir: respx.MockRouter
) -> None:
    route = fhir.route().respond(500)
    body = with_access(hook_body(PATIENT_VIEW, prefetch=without(complete_prefetch(), "conditions")))
    service.post(
        "/cds-services/calcinosis-patient-view", json=body, headers={"traceparent": f"00-{CALLER}-b7ad6b7169203331-01"}
    )
    assert route.called
    assert not [name for call in route.calls for name in call.request.headers if name.startswith("trace")]
    assert FHIR_SERVER not in "".join(span.to_json() for span in spans.get_finished_spans())
