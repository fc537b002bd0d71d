"""doctor --service: the real service behind respx, and everything that can stand in its place."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import respx
from starlette.testclient import TestClient

from cds_service.decide import decide
from cds_service.doctor.check import Check
from cds_service.doctor.demo_request import demo_request
from cds_service.doctor.service import SERVICE_IDS, ServiceVisit, check_service
from tests.doctor.reports import DATE, NOW, levels, run, sentences, with_inquirer
from tests.service.ehr import running_service

if TYPE_CHECKING:
    from treatment_algorithm.knowledge_base import KnowledgeBase

SERVICE = "https://cds.example.org"
CALL = "/cds-services/calcinosis-patient-view"


def forwarded(client: TestClient) -> Any:
    """What the service answers to a request that httpx makes."""

    def answer(request: httpx.Request) -> httpx.Response:
        given = client.request(request.method, request.url.raw_path.decode(), headers=dict(request.headers),
                               content=request.content)  # fmt: skip
        return httpx.Response(given.status_code, headers=dict(given.headers) | {"date": DATE}, content=given.content)

    return answer


@contextmanager
def service(folder: Path, **values: Any) -> Iterator[respx.MockRouter]:
    """The whole service at SERVICE, with the real decision."""
    settings = {"public_base_url": SERVICE} | values
    with running_service(folder, decide, **settings) as client, respx.mock(base_url=SERVICE) as router:  # type: ignore[arg-type]
        router.route().mock(side_effect=forwarded(client))
        yield router


def visited(
    knowledge: "KnowledgeBase", origin: str | None = None, auth_expected: bool = False, now: float = NOW
) -> list[Check]:
    body = demo_request(knowledge.concepts)
    checks: list[Check] = run(
        with_inquirer(
            lambda inquirer: check_service(
                ServiceVisit(SERVICE, body, None, inquirer, lambda: now), origin, auth_expected
            )
        )
    )
    return checks


def test_a_service_that_is_well(tmp_path: Path, knowledge: "KnowledgeBase") -> None:
    with service(tmp_path, cors_origins="https://sandbox.example.org"):
        checks = visited(knowledge, origin="https://sandbox.example.org")
    assert levels(checks) == {"discovery": "ok", "clock": "ok", "CORS": "ok", "sample call": "ok"}
    assert "1 card" in sentences(checks, "sample call")


def test_a_browser_client_that_is_not_listed(tmp_path: Path, knowledge: "KnowledgeBase") -> None:
    with service(tmp_path, cors_origins="https://sandbox.example.org"):
        checks = visited(knowledge, origin="https://other.example.org")
    assert levels(checks)["CORS"] == "FAIL"
    assert "CDS_CORS_ORIGINS" in sentences(checks, "CORS")


def test_a_service_that_lets_everybody_in_where_tokens_are_required(tmp_path: Path, knowledge: "KnowledgeBase") -> None:
    with service(tmp_path):
        checks = visited(knowledge, auth_expected=True)
    assert levels(checks)["sample call"] == "FAIL"


def played(router: respx.MockRouter, discovery: httpx.Response, call: httpx.Response) -> None:
    router.get("/cds-services").mock(return_value=discovery)
    router.post(CALL).mock(return_value=call)


LISTED = httpx.Response(200, json={"services": [{"id": name} for name in sorted(SERVICE_IDS)]}, headers={"date": DATE})
ANSWERED = httpx.Response(200, json={"cards": []})
REFUSED = httpx.Response(401, headers={"www-authenticate": "Bearer", "date": DATE})


@pytest.mark.parametrize(
    ("discovery", "level", "words"),
    [
        (LISTED, "ok", "three services"),
        (httpx.Response(200, json={"services": [{"id": "patient-greeting"}]}), "FAIL", "calcinosis-order-select"),
        (httpx.Response(200, json={"services": "x"}), "FAIL", "missing"),
        (httpx.Response(404), "FAIL", "404"),
        (httpx.Response(301), "FAIL", "redirects"),
        (httpx.Response(200, html="<html>Gateway</html>"), "FAIL", "HTML"),
        (REFUSED, "warn", "CDS_DISCOVERY"),
    ],
)
def test_what_discovery_answers(knowledge: "KnowledgeBase", discovery: httpx.Response, level: str, words: str) -> None:
    with respx.mock(base_url=SERVICE) as router:
        played(router, discovery, ANSWERED)
        checks = visited(knowledge)
    assert levels(checks)["discovery"] == level
    assert words in sentences(checks, "discovery")


def test_a_service_that_does_not_answer(knowledge: "KnowledgeBase") -> None:
    with respx.mock(base_url=SERVICE) as router:
        router.get("/cds-services").mock(side_effect=httpx.ConnectTimeout("x"))
        assert levels(visited(knowledge)) == {"discovery": "FAIL"}


OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"details": {"coding": [{"code": "bad-request"}]}}]}


@pytest.mark.parametrize(
    ("call", "auth_expected", "level", "words"),
    [
        (ANSWERED, False, "ok", "0 cards"),
        (REFUSED, True, "ok", "as it should be"),
        (REFUSED, False, "warn", "another instance"),
        (httpx.Response(400, json=OUTCOME), False, "FAIL", "bad-request"),
        (httpx.Response(502, text="<html>Bad gateway</html>"), False, "FAIL", "502"),
        (httpx.Response(200, json={"resourceType": "Bundle"}), False, "FAIL", "no cards member"),
        (httpx.Response(200, html="<html>Sign in</html>"), False, "FAIL", "HTML"),
    ],
)
def test_what_a_call_answers(
    knowledge: "KnowledgeBase", call: httpx.Response, auth_expected: bool, level: str, words: str
) -> None:
    with respx.mock(base_url=SERVICE) as router:
        played(router, LISTED, call)
        checks = visited(knowledge, auth_expected=auth_expected)
    assert levels(checks)["sample call"] == level
    assert words in sentences(checks, "sample call")


def test_a_slow_answer(knowledge: "KnowledgeBase", monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter(range(100))
    monkeypatch.setattr("cds_service.ehr.outbound.perf_counter", lambda: next(ticks) * 0.6)
    with respx.mock(base_url=SERVICE) as router:
        played(router, LISTED, ANSWERED)
        checks = visited(knowledge)
    assert levels(checks)["sample call"] == "warn"
    assert "600 ms" in sentences(checks, "sample call")


def test_a_clock_that_is_wrong(knowledge: "KnowledgeBase") -> None:
    with respx.mock(base_url=SERVICE) as router:
        played(router, LISTED, ANSWERED)
        assert levels(visited(knowledge, now=NOW + 90))["clock"] == "warn"


@pytest.mark.parametrize(
    ("headers", "level"),
    [
        ({"access-control-allow-origin": "*", "access-control-allow-headers": "*"}, "ok"),
        ({"access-control-allow-origin": "*", "access-control-allow-headers": "Content-Type, Authorization"}, "ok"),
        ({"access-control-allow-origin": "*", "access-control-allow-headers": "Content-Type"}, "FAIL"),
        ({"access-control-allow-origin": "https://x.example.org", "access-control-allow-headers": "*"}, "FAIL"),
        ({}, "FAIL"),
    ],
)
def test_a_proxy_that_answers_the_preflight(knowledge: "KnowledgeBase", headers: dict[str, str], level: str) -> None:
    with respx.mock(base_url=SERVICE) as router:
        played(router, LISTED, ANSWERED)
        router.options(CALL).mock(return_value=httpx.Response(200, headers=headers))
        assert levels(visited(knowledge, origin="https://sandbox.example.org"))["CORS"] == level


def test_the_demo_patient_is_invented_and_new_each_time(knowledge: "KnowledgeBase") -> None:
    first, second = (json.loads(demo_request(knowledge.concepts)) for _ in range(2))
    assert first.pop("hookInstance") != second.pop("hookInstance")
    assert first == second
    assert "name" not in first["prefetch"]["patient"]
