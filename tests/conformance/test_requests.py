"""Requests that are unusual and allowed: extras, size, many at once, long and foreign texts (REQ, LOC, FHIR-7)."""

import asyncio
import copy
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import respx

from cds_service.decide import decide
from tests.conformance.answers import Json, demo_requests
from tests.service.ehr import FHIR_SERVER, SEARCH_KEYS, TOKEN, hook_body, running_service, with_access
from tests.support.worked_cards import EXAMPLES, request

if TYPE_CHECKING:
    from starlette.testclient import TestClient

AT_ONCE = 8
PATIENT_VIEWS = [body for name, body in demo_requests() if name.startswith("demo patient-view.")]


@pytest.fixture
def with_fhir(tmp_path: Path) -> "Iterator[TestClient]":
    """The whole service, its decision included; it may call one FHIR server, and has time on a slow machine."""
    values: Json = {"allowed_fhir_servers": (FHIR_SERVER,), "deadline_seconds": 30}
    with running_service(tmp_path, decide, **values) as service:  # type: ignore[arg-type]
        yield service


def post(client: "TestClient", body: Json) -> Any:
    return client.post(f"/cds-services/calcinosis-{body['hook']}", json=body)


@pytest.mark.checklist("REQ-8", "DATA-12")
@pytest.mark.parametrize("file", ["demo patient-view", "demo order-select", "demo order-sign"])
def test_extras_anywhere_change_nothing(client: "TestClient", file: str) -> None:
    """In the request, its context, its authorization, its prefetch, and inside the resources."""
    (body,) = (body for name, body in demo_requests() if name == file)
    more = with_access(copy.deepcopy(body)) | {"extension": {"org.example.x": {"a": [1]}}, "somethingNew": [1]}
    more["fhirAuthorization"] |= {"extension": {"org.example.y": 1}, "need_patient_banner": True}
    more["context"] |= {"extension": {"org.example.z": {}}, "fieldOfANewerHook": "x"}
    more["prefetch"] |= {"notAskedFor": {"resourceType": "Basic"}, "extension": {"resourceType": "Bundle"}}
    more["prefetch"]["patient"] |= {"elementOfAnotherVersion": {"a": 1}}
    assert post(client, more).content == post(client, body).content
    assert post(client, body).json()["cards"]


@pytest.mark.checklist("REQ-14")
def test_eight_mebibytes_are_read(client: "TestClient") -> None:
    (body,) = (body for name, body in demo_requests() if name == "demo patient-view")
    small = post(client, body)
    padding = (8 * 1024 * 1024 - len(json.dumps(body))) * "x"
    assert post(client, body | {"somethingNew": padding}).content == small.content
    entries = [{"fullUrl": "urn:x", "resource": {"resourceType": "Basic", "text": "x" * 1000}}] * 8000
    large = copy.deepcopy(body)
    large["prefetch"]["referrals"] = {"resourceType": "Bundle", "type": "searchset", "entry": entries}
    assert len(json.dumps(large)) > 8 * 1024 * 1024
    assert post(client, large).status_code == 200


class Meeting:
    """A FHIR server that answers nobody before `expected` requests have arrived; it counts those that wait."""

    def __init__(self, expected: int, conditions: dict[str, Json]) -> None:
        self.expected, self.conditions, self.waiting = expected, conditions, 0
        self.everybody = asyncio.Event()

    async def __call__(self, asked: httpx.Request) -> httpx.Response:
        self.waiting += 1
        if self.waiting == self.expected:
            self.everybody.set()
        async with asyncio.timeout(20):
            await self.everybody.wait()
        return httpx.Response(200, json=self.conditions[asked.url.params["patient"]])


@pytest.mark.checklist("REQ-17")
def test_calls_that_run_at_once_do_not_mix(with_fhir: "TestClient") -> None:
    """Eight patients in eight threads; each call waits for its conditions until all eight wait for theirs."""
    chosen = PATIENT_VIEWS[:AT_ONCE]
    alone = [post(with_fhir, body).content for body in chosen]
    assert len(set(alone)) > AT_ONCE / 2
    conditions = {body["context"]["patientId"]: body["prefetch"]["conditions"] for body in chosen}
    meeting = Meeting(AT_ONCE, conditions)
    calls = [with_access(body | {"prefetch": body["prefetch"].copy()}) for body in chosen]
    for body in calls:
        del body["prefetch"]["conditions"]
    with respx.mock(base_url=FHIR_SERVER, assert_all_called=False) as fhir, ThreadPoolExecutor(AT_ONCE) as threads:
        fhir.get("/Condition").mock(side_effect=meeting)
        fhir.get(path__regex=r"/Medication/").respond(404)
        together = [answer.content for answer in threads.map(lambda body: post(with_fhir, body), calls)]
    assert meeting.waiting == AT_ONCE
    assert together == alone


@pytest.mark.checklist("PERF-2")
def test_the_keys_of_one_call_are_read_side_by_side(with_fhir: "TestClient") -> None:
    """No search is answered before all seven have been asked."""
    meeting = Meeting(len(SEARCH_KEYS), {"pat-1": {"resourceType": "Bundle", "type": "searchset", "total": 0}})
    body = hook_body()
    body["prefetch"] = {"patient": body["prefetch"]["patient"]}
    with respx.mock(base_url=FHIR_SERVER) as fhir:
        fhir.route().mock(side_effect=meeting)
        assert post(with_fhir, with_access(body)).status_code == 200
    assert meeting.waiting == len(SEARCH_KEYS)


def with_texts(value: Any, text: str) -> Any:
    """The value with every display and text of its resources replaced; what is coded decides and stays."""
    if isinstance(value, dict):
        return {
            name: text if name in ("display", "text") and isinstance(inner, str) else with_texts(inner, text)
            for name, inner in value.items()
        }
    return [with_texts(inner, text) for inner in value] if isinstance(value, list) else value


@pytest.mark.checklist("CARD-3")
@pytest.mark.parametrize("example", EXAMPLES)
def test_long_texts_of_a_chart_make_no_long_summary(client: "TestClient", example: str) -> None:
    body = request(example)
    for part in ("prefetch", "context"):
        body[part] = with_texts(body[part], "long " * 2000)
    cards = post(client, body).json()["cards"]
    assert cards
    assert all(len(card["summary"]) < 140 for card in cards)


@pytest.mark.checklist("LOC-1")
def test_text_that_is_not_ascii_comes_through_as_utf_8(client: "TestClient") -> None:
    body = request("2")
    sites = [
        site for entry in body["prefetch"]["conditions"]["entry"] for site in entry["resource"].get("bodySite", [])
    ]
    assert sites
    for site in sites:
        site.clear()
        site["text"] = "épaule gauche, 肘"
    answer = post(client, body)
    assert answer.headers["content-type"] == "application/json"
    assert "épaule gauche, 肘".encode() in answer.content
    assert "épaule gauche, 肘" in answer.json()["cards"][0]["detail"]


@pytest.mark.checklist("FHIR-7", "FHIR-8")
def test_the_token_is_in_no_file_and_no_answer(
    with_fhir: "TestClient", tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """After calls that used it, and feedback on what they said."""
    entry = {"card": "c", "outcome": "overridden", "outcomeTimestamp": "2026-11-22T09:34:10Z"}
    with respx.mock(base_url=FHIR_SERVER, assert_all_called=False) as fhir:
        used = fhir.route().respond(json={"resourceType": "Bundle", "type": "searchset"})
        body = with_access(PATIENT_VIEWS[0] | {"prefetch": {"patient": PATIENT_VIEWS[0]["prefetch"]["patient"]}})
        answers = [post(with_fhir, body), with_fhir.post("/api/evaluate", json=body)]
        answers.append(with_fhir.post(f"/cds-services/calcinosis-{body['hook']}/feedback", json={"feedback": [entry]}))
    assert {answer.status_code for answer in answers} == {200}
    assert all(made.request.headers["authorization"] == f"Bearer {TOKEN}" for made in used.calls)
    assert used.call_count == 2 * len(SEARCH_KEYS)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert [path.name for path in files if TOKEN.encode() in path.read_bytes()] == []
    assert not any(TOKEN in answer.text for answer in answers)
    written = capfd.readouterr()
    assert TOKEN not in written.out + written.err
