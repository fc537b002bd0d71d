"""Browser-based clients: headers on every answer, never a credential (checklist CORS, ehr-clients 1.1)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.service.ehr import DecideOnce, diagnostics, hook_body, running_service

ORIGIN = "https://sandbox.example.org"
ADDRESS = "/cds-services/calcinosis-patient-view"


@pytest.fixture
def listed(tmp_path: Path, decide: DecideOnce) -> Iterator[TestClient]:
    """A service that lists one origin."""
    with running_service(tmp_path, decide, cors_origins=(ORIGIN,)) as client:
        yield client


@pytest.mark.checklist("CORS-1")
@pytest.mark.parametrize(
    ("path", "method"), [("/cds-services", "GET"), (ADDRESS, "POST"), (f"{ADDRESS}/feedback", "POST")]
)
def test_a_preflight_of_a_listed_origin_is_granted(listed: TestClient, path: str, method: str) -> None:
    """CORS-1, JWT-19."""
    headers = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    answer = listed.options(path, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert method in answer.headers["access-control-allow-methods"]
    assert "authorization" in answer.headers["access-control-allow-headers"].lower()
    assert "access-control-allow-credentials" not in answer.headers


def test_a_refused_preflight_is_an_operation_outcome(listed: TestClient) -> None:
    """CORS-3, ERR-1, ERR-2."""
    for origin, method in (("https://evil.example.org", "POST"), (ORIGIN, "DELETE")):
        headers = {"Origin": origin, "Access-Control-Request-Method": method}
        answer = listed.options(ADDRESS, headers=headers)
        assert answer.status_code == 400
        diagnostics(answer)
        assert origin not in answer.text


@pytest.mark.checklist("CORS-2", "CORS-4")
def test_the_header_stands_on_errors_too(listed: TestClient, decide: DecideOnce) -> None:
    """CORS-2, CORS-4: 200, 400, 404, 412, 415 and the unexpected 500."""
    headers = {"Origin": ORIGIN}
    answers = [
        listed.get("/cds-services", headers=headers),
        listed.post(ADDRESS, headers=headers, json={}),
        listed.post("/nowhere", headers=headers, json={}),
        listed.post(ADDRESS, headers=headers, json=hook_body(prefetch=None)),
        listed.post(ADDRESS, headers=headers | {"Content-Type": "text/plain"}, content=b"x"),
    ]
    decide.failure = RuntimeError()
    answers.append(listed.post(ADDRESS, headers=headers, json=hook_body()))
    assert [answer.status_code for answer in answers] == [200, 400, 404, 412, 415, 500]
    assert {answer.headers.get("access-control-allow-origin") for answer in answers} == {ORIGIN}


@pytest.mark.checklist("CORS-3")
def test_another_origin_gets_no_header(listed: TestClient) -> None:
    """CORS-3: never reflected."""
    answer = listed.get("/cds-services", headers={"Origin": "https://evil.example.org"})
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.checklist("CORS-3")
def test_development_serves_every_origin_without_credentials(service: TestClient) -> None:
    """CORS-3: `*` only without credentials."""
    answer = service.get("/cds-services", headers={"Origin": "https://anyone.example.org"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
