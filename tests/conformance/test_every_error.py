"""Every way to fail: what the answer is, what it never holds, and that a browser can read it (ERR, CORS-4, GEN-9)."""

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.service.ehr import (
    TOKEN,
    DecideOnce,
    Json,
    bundle,
    complete_prefetch,
    condition,
    diagnostics,
    hook_body,
    patient,
    running_service,
    with_access,
    without,
)
from tests.service.test_hostile_bodies import RAW_BODIES, WRONG, WRONG_CONTEXT

if TYPE_CHECKING:
    from starlette.testclient import TestClient

ADDRESS = "/cds-services/calcinosis-patient-view"
FEEDBACK = f"{ADDRESS}/feedback"
ORIGIN = "https://sandbox.example.org"
SECRET = "zebra-7741"
JSON_BODY = {"Content-Type": "application/json", "Origin": ORIGIN}
INSIDE = re.compile(r"Traceback|File \"|\.py\b|line \d+|site-packages|/usr/|Error\b|Exception\b")


@pytest.fixture
def listed(tmp_path: Path, decide: DecideOnce) -> "Iterator[TestClient]":
    """A service that lists one origin."""
    with running_service(tmp_path, decide, cors_origins=(ORIGIN,)) as service:
        yield service


@pytest.fixture
def decide() -> DecideOnce:
    """The stand-in for the decision, which can be made to fail."""
    return DecideOnce()


@pytest.fixture
def failed(listed: "TestClient", decide: DecideOnce, tmp_path: Path) -> dict[int, list[Any]]:
    """Answers to requests that fail, by status; each request holds the token and a secret word."""
    headers = {"Origin": ORIGIN}
    secret = with_access(hook_body(somethingNew=SECRET))
    chart: Json = secret["prefetch"] | {"conditions": bundle(condition(SECRET))}
    answers = [
        listed.post(ADDRESS, headers=JSON_BODY, content=b'{"' + SECRET.encode()),
        listed.post(ADDRESS, headers=headers, json=secret | {"hook": SECRET}),
        listed.post(ADDRESS, headers=headers, json=secret | {"context": {"patientId": SECRET}}),
        listed.post(ADDRESS, headers=headers, json=with_access(secret, access_token=f"{TOKEN} {SECRET}")),
        listed.post(FEEDBACK, headers=headers, json={"feedback": [{"card": SECRET, "outcome": SECRET}]}),
        listed.post(f"/cds-services/{SECRET}", headers=headers, json=secret),
        listed.get(f"/{SECRET}", headers=headers),
        listed.get(ADDRESS, headers=headers),
        listed.delete("/cds-services", headers=headers),
        listed.post(ADDRESS, headers=headers, json=secret | {"prefetch": without(chart, "patient")}),
        listed.post(ADDRESS, headers=headers, json=secret | {"prefetch": chart | {"patient": patient(SECRET)}}),
        listed.post(ADDRESS, headers=JSON_BODY, content=SECRET.encode().ljust(13 * 1024 * 1024)),
        listed.post(ADDRESS, headers=headers | {"Content-Type": "text/plain"}, content=SECRET.encode()),
    ]
    decide.failure = RuntimeError(f"{SECRET} {TOKEN}")
    answers.append(listed.post(ADDRESS, headers=headers, json=secret))
    connection = sqlite3.connect(tmp_path / "test.sqlite3")
    connection.execute("DROP TABLE feedback")
    connection.commit()
    connection.close()
    entry = {"card": SECRET, "outcome": "overridden", "outcomeTimestamp": "2026-11-22T09:34:10Z"}
    answers.append(listed.post(FEEDBACK, headers=headers, json={"feedback": [entry]}))
    by_status: dict[int, list[Any]] = {}
    for answer in answers:
        by_status.setdefault(answer.status_code, []).append(answer)
    return by_status


@pytest.mark.checklist("GEN-9", "REQ-15", "REQ-16", "ERR-1", "ERR-2")
def test_every_failure_has_its_status_and_an_operation_outcome(failed: dict[int, list[Any]]) -> None:
    assert set(failed) == {400, 404, 405, 412, 413, 415, 500, 503}
    for answers in failed.values():
        for answer in answers:
            assert diagnostics(answer)
    assert [("'patient'" in diagnostics(answer)) for answer in failed[412]] == [True, True]


@pytest.mark.checklist("CORS-2", "CORS-4")
def test_every_failure_can_be_read_by_a_browser_of_a_listed_origin(failed: dict[int, list[Any]]) -> None:
    for status, answers in failed.items():
        assert {answer.headers.get("access-control-allow-origin") for answer in answers} == {ORIGIN}, status


@pytest.mark.checklist("ERR-3", "ERR-4")
def test_no_failure_shows_the_inside_or_what_was_sent(failed: dict[int, list[Any]]) -> None:
    for answers in failed.values():
        for answer in answers:
            assert not INSIDE.search(answer.text)
            assert SECRET not in answer.text
            assert TOKEN not in answer.text


@pytest.mark.parametrize("text", ["Traceback (most recent call last)", 'File "x"', "app.py", "ValueError", "line 3"])
def test_a_view_of_the_inside_is_seen(text: str) -> None:
    assert INSIDE.search(text)


@pytest.mark.checklist("ERR-5", "REQ-19")
def test_no_request_of_a_client_ends_in_a_server_error(client: "TestClient") -> None:
    """With the real decision; and the same request as before still gets the same answer."""
    valid = hook_body()
    before = client.post(ADDRESS, json=valid)
    assert before.status_code == 200
    for content in RAW_BODIES.values():
        assert client.post(ADDRESS, content=content, headers={"Content-Type": "application/json"}).status_code < 500
    for member, value in WRONG:
        assert client.post(ADDRESS, json=hook_body(**{member: value})).status_code < 500
    for member, value in WRONG_CONTEXT:
        body = hook_body("order-select")
        body["context"][member] = value
        assert client.post("/cds-services/calcinosis-order-select", json=body).status_code < 500
    for key in complete_prefetch():
        for value in (None, [], {}, "text", 7, {"resourceType": "Basic"}, {"resourceType": "Bundle", "entry": [None]}):
            answer = client.post(ADDRESS, json=hook_body(prefetch=complete_prefetch() | {key: value}))
            assert answer.status_code < 500
    assert client.post(ADDRESS, json=valid).content == before.content
