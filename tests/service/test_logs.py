"""What the log of a request holds, and what it never holds (decision 4, FHIR-7, FHIR-8, FB-13)."""

import logging
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx
from starlette.testclient import TestClient

from cds_service.observability import library_logging
from tests.service.ehr import (
    HOOK_INSTANCE,
    PATIENT_ID,
    TOKEN,
    DecideOnce,
    Json,
    hook_body,
    json_lines,
    running_service,
    with_access,
)
from tests.service.ehr_client import bearer, trusting, with_key_file

ADDRESS = "/cds-services/calcinosis-patient-view"


def request_lines(capsys: pytest.CaptureFixture[str]) -> list[Json]:
    return [line for line in json_lines(capsys.readouterr().out) if line["event"] == "request"]


@pytest.mark.checklist("SEC-5")
def test_one_line_a_request_with_the_listed_fields(capsys: pytest.CaptureFixture[str], service: TestClient) -> None:
    """Decision 4, SEC-5."""
    service.post(ADDRESS, json=hook_body())
    (line,) = request_lines(capsys)
    assert set(line) == {
        "event", "level", "timestamp", "service", "request_id", "patient", "status", "duration_ms", "cards",
        "fetch_ms", "decide_ms",
    }  # fmt: skip
    assert (line["service"], line["request_id"]) == ("calcinosis-patient-view", HOOK_INSTANCE)
    assert (line["status"], line["cards"]) == (200, 1)


@pytest.mark.checklist("SEC-5", "SEC-6")
def test_the_line_of_a_trusted_client_says_who_called_what_and_how_it_ended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Client, tenant, token id, hookInstance, service, status; nothing else of the token."""
    values = trusting(tmp_path, with_key_file(tmp_path, tenants=["ward-a"]))
    headers = bearer(tenant="ward-a", jti="4f9d2c55-aaaa-4e6f-b1d1-7d3d2b3c4d5e")
    with running_service(tmp_path, **values) as service:
        assert service.post(ADDRESS, json=hook_body(), headers=headers).status_code == 200
    output = capsys.readouterr().out
    (line,) = [line for line in json_lines(output) if line["event"] == "request"]
    assert (line["client"], line["tenant"]) == ("st-elsewhere", "ward-a")
    assert (line["token_id"], line["request_id"]) == ("4f9d2c55-aaaa-4e6f-b1d1-7d3d2b3c4d5e", HOOK_INSTANCE)
    assert (line["service"], line["status"]) == ("calcinosis-patient-view", 200)
    assert not any(part in output for part in headers["Authorization"].removeprefix("Bearer ").split("."))


def test_a_patient_is_a_keyed_hash(capsys: pytest.CaptureFixture[str], service: TestClient) -> None:
    """Decision 25: the same patient the same hash, the id nowhere."""
    for _ in range(2):
        service.post(ADDRESS, json=hook_body())
    first, second = request_lines(capsys)
    assert first["patient"] == second["patient"]
    assert len(first["patient"]) == 32
    assert PATIENT_ID not in str(first)


def test_a_hook_instance_that_is_no_uuid_is_not_written(
    capsys: pytest.CaptureFixture[str], service: TestClient
) -> None:
    """It may hold anything."""
    service.post(ADDRESS, json=hook_body(hookInstance="Jane Roe 1962"))
    assert "Jane" not in str(request_lines(capsys))


def test_a_412_names_its_key(capsys: pytest.CaptureFixture[str], service: TestClient) -> None:
    """Operations: which key is missing at this site."""
    service.post(ADDRESS, json=hook_body(prefetch=None))
    (line,) = request_lines(capsys)
    assert (line["status"], line["error"], line["prefetch_key"]) == (412, "prefetch-missing", "patient")


def test_an_unexpected_failure_is_located_without_its_text(
    capsys: pytest.CaptureFixture[str], service: TestClient, decide: DecideOnce
) -> None:
    """ERR-3 for the log: class and line, never what it said."""
    decide.failure = RuntimeError("Jane Roe")
    service.post(ADDRESS, json=hook_body())
    captured = capsys.readouterr()
    (line,) = [line for line in json_lines(captured.out) if line["event"] == "request"]
    assert (line["level"], line["status"], line["exception"]) == ("error", 500, "RuntimeError")
    assert line["place"].startswith("ehr.py:")
    assert "Jane" not in captured.out + captured.err


@pytest.mark.checklist("FHIR-7", "FHIR-8", "FB-13")
def test_nothing_secret_is_logged_whatever_happens(
    capfd: pytest.CaptureFixture[str], service: TestClient, fhir: respx.MockRouter
) -> None:
    """FHIR-7, FHIR-8, FB-13: token, patient id, chart, comment; also not by the libraries, at their default levels."""
    restore = logging.getLogger().handlers[:], logging.getLogger().level
    try:
        library_logging("debug")
        for answer in (httpx.Response(200, html="Jane Roe"), httpx.Response(401), httpx.ConnectError("Jane Roe")):
            # Eight keys, and three that are tried again where no connection came about.
            fhir.route().mock(side_effect=[answer] * 11)
            body = with_access(hook_body(prefetch=None))
            body["context"]["userId"] = "Practitioner/jane-roe"
            assert service.post(ADDRESS, json=body).status_code == 412
        comment: dict[str, Any] = {
            "card": "c-1",
            "outcome": "overridden",
            "outcomeTimestamp": "2026-11-22T09:34:10Z",
            "overrideReason": {"userComment": "Jane Roe asked for it"},
        }
        assert service.post(f"{ADDRESS}/feedback", json={"feedback": [comment]}).status_code == 200
    finally:
        logging.getLogger().handlers[:], level = restore
        logging.getLogger().setLevel(level)
    captured = capfd.readouterr()
    written = captured.out + captured.err
    assert written == "" or json_lines(captured.out)
    for secret in (TOKEN, PATIENT_ID, "Jane", "jane-roe"):
        assert secret not in written
