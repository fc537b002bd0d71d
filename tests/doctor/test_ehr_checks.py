"""doctor --ehr: every way in which a FHIR server can be the wrong one is said in plain words."""

import socket
import ssl

import httpx
import pytest
import respx

from cds_service.doctor.check import Check
from cds_service.doctor.ehr import address_checks, check_ehr
from cds_service.ehr.allow_list import AllowList, build_allow_list, parse_base_url
from tests.doctor.reports import (
    BASE,
    DATE,
    NOW,
    TEMPLATES,
    Json,
    capability_statement,
    healthy_ehr,
    levels,
    now,
    resource,
    run,
    sentences,
    with_inquirer,
)

NOBODY = AllowList(frozenset())


def looked_at(clock: float = NOW) -> list[Check]:
    base = parse_base_url(BASE)
    assert base is not None
    checks: list[Check] = run(with_inquirer(lambda inquirer: check_ehr(base, TEMPLATES, inquirer, lambda: clock)))
    return checks


def with_metadata(ehr: respx.MockRouter, response: httpx.Response) -> list[Check]:
    healthy_ehr(ehr)
    ehr.get("/metadata").mock(return_value=response)
    return looked_at()


def with_statement(ehr: respx.MockRouter, statement: Json) -> list[Check]:
    return with_metadata(ehr, httpx.Response(200, json=statement, headers={"date": DATE}))


def test_an_ehr_that_is_well_has_no_finding(ehr: respx.MockRouter) -> None:
    healthy_ehr(ehr)
    checks = looked_at()
    assert set(levels(checks).values()) == {"ok"}
    assert {"metadata", "FHIR version", "Condition (conditions)", "Observation (observations)", "SMART"} <= set(
        levels(checks)
    )


@pytest.mark.parametrize(
    ("error", "cause", "words"),
    [
        (httpx.ConnectError, socket.gaierror(), "host name is not known"),
        (httpx.ConnectError, ConnectionRefusedError(), "refused"),
        (httpx.ConnectError, ExceptionGroup("x", [ConnectionRefusedError()]), "refused"),
        (httpx.ConnectError, ssl.SSLCertVerificationError(), "certificate is not trusted"),
        (httpx.ConnectError, ssl.SSLError(), "no TLS connection"),
        (httpx.ConnectTimeout, OSError(), "no answer in time"),
        (httpx.ReadTimeout, OSError(), "no answer in time"),
        (httpx.RemoteProtocolError, OSError(), "connection broke"),
    ],
)
def test_a_server_that_does_not_answer(
    monkeypatch: pytest.MonkeyPatch, error: type[httpx.TransportError], cause: Exception, words: str
) -> None:
    async def broken(transport: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
        # As httpcore does it: the socket's error is the context of the one that httpx builds on.
        inner = OSError()
        inner.__context__ = cause
        raise error("x") from inner

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", broken)
    checks = looked_at()
    assert levels(checks) == {"metadata": "FAIL"}
    assert words in sentences(checks, "metadata")


@pytest.mark.parametrize(
    ("response", "words"),
    [
        (httpx.Response(404), "another path"),
        (httpx.Response(401), "without a token"),
        (httpx.Response(403), "without a token"),
        (httpx.Response(302, headers={"location": "https://elsewhere.example.org"}), "redirects"),
        (httpx.Response(500), "answered 500"),
        (httpx.Response(200, html="<html>Sign in</html>"), "HTML page"),
        (httpx.Response(200, text="<CapabilityStatement/>", headers={"content-type": "application/fhir+xml"}), "JSON"),
        (httpx.Response(200, text="{", headers={"content-type": "application/json"}), "no JSON"),
        (httpx.Response(200, json=[]), "no object"),
    ],
)
def test_a_server_that_answers_something_else(ehr: respx.MockRouter, response: httpx.Response, words: str) -> None:
    checks = with_metadata(ehr, response)
    assert levels(checks)["metadata"] == "FAIL"
    assert words in sentences(checks, "metadata")


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (capability_statement("5.0.0"), "5.0.0"),
        (capability_statement("3.0.2"), "3.0.2"),
        (capability_statement() | {"fhirVersion": None}, "not given"),
        ({"resourceType": "Conformance", "fhirVersion": "1.0.2"}, "DSTU2"),
        ({"resourceType": "Patient"}, "no CapabilityStatement"),
    ],
)
def test_another_version_than_r4(ehr: respx.MockRouter, statement: Json, words: str) -> None:
    checks = with_statement(ehr, statement)
    assert levels(checks)["FHIR version"] == "FAIL"
    assert words in sentences(checks, "FHIR version")


@pytest.mark.parametrize(
    ("kind", "about", "level"),
    [
        ("Patient", "Patient (patient)", "FAIL"),
        ("Condition", "Condition (conditions)", "FAIL"),
        ("MedicationStatement", "MedicationStatement (statements)", "warn"),
        ("Observation", "Observation (observations)", "warn"),
    ],
)
def test_a_type_that_is_not_served(ehr: respx.MockRouter, kind: str, about: str, level: str) -> None:
    checks = with_statement(ehr, capability_statement(without=kind))
    assert {name: found for name, found in levels(checks).items() if found != "ok"} == {about: level}


@pytest.mark.parametrize(
    ("change", "about", "level", "words"),
    [
        (resource("Condition", "category"), "Condition (conditions)", "FAIL", "patient"),
        (resource("Observation", "patient"), "Observation (observations)", "warn", "code"),
        (resource("ServiceRequest", "patient"), "ServiceRequest (referrals)", "warn", "status"),
        (resource("Condition", "patient", interactions=("read",)), "Condition (conditions)", "FAIL", "search-type"),
        (resource("Patient", interactions=("search-type",)), "Patient (patient)", "FAIL", "read"),
    ],
)
def test_a_search_that_is_not_listed(ehr: respx.MockRouter, change: Json, about: str, level: str, words: str) -> None:
    checks = with_statement(ehr, capability_statement(**{change["type"]: change}))
    assert levels(checks)[about] == level
    assert words in sentences(checks, about)


def test_result_parameters_that_are_not_listed_are_said_and_no_finding(ehr: respx.MockRouter) -> None:
    checks = with_statement(ehr, capability_statement(Observation=resource("Observation", "patient", "code")))
    assert levels(checks)["sorting, paging"] == "ok"
    assert "_count and _sort not listed" in sentences(checks, "sorting, paging")


@pytest.mark.parametrize("rest", [None, [], ["x"], [{"mode": "client"}], [{"resource": [{"type": 1}, 2]}]])
def test_a_statement_that_says_nothing_is_read_without_a_fault(ehr: respx.MockRouter, rest: object) -> None:
    checks = with_statement(ehr, {"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "rest": rest})
    assert levels(checks)["Condition (conditions)"] == "FAIL"


@pytest.mark.parametrize(("apart", "level"), [(0, "ok"), (30, "ok"), (31, "warn"), (-31, "warn"), (7200, "warn")])
def test_the_clocks(ehr: respx.MockRouter, apart: int, level: str) -> None:
    healthy_ehr(ehr)
    checks = looked_at(clock=NOW - apart)
    assert levels(checks)["clock"] == level
    assert str(abs(apart)) in sentences(checks, "clock")
    assert ("ahead of" in sentences(checks, "clock")) == (apart > 30)


@pytest.mark.parametrize("date", [None, "yesterday", ""])
def test_a_server_without_a_date_is_no_finding(ehr: respx.MockRouter, date: str | None) -> None:
    headers = {} if date is None else {"date": date}
    checks = with_metadata(ehr, httpx.Response(200, json=capability_statement(), headers=headers))
    assert levels(checks)["clock"] == "ok"


@pytest.mark.parametrize(
    ("response", "level"),
    [(httpx.Response(404), "ok"), (httpx.Response(500), "warn"), (httpx.Response(200, html="<html>"), "warn")],
)
def test_the_smart_configuration(ehr: respx.MockRouter, response: httpx.Response, level: str) -> None:
    healthy_ehr(ehr)
    ehr.get("/.well-known/smart-configuration").mock(return_value=response)
    assert levels(looked_at())["SMART"] == level


@pytest.mark.parametrize(
    ("url", "production", "level"),
    [
        ("https://ehr.example.org/fhir", True, "ok"),
        ("http://127.0.0.1:8080/fhir", False, "ok"),
        ("http://localhost/fhir", False, "ok"),
        ("http://ehr.example.org/fhir", False, "warn"),
        ("http://127.0.0.1:8080/fhir", True, "FAIL"),
    ],
)
def test_plain_http(url: str, production: bool, level: str) -> None:
    base = parse_base_url(url)
    assert base is not None
    assert levels(address_checks(base, NOBODY, production))["https"] == level


def test_a_server_that_the_service_would_not_call() -> None:
    base = parse_base_url(BASE)
    assert base is not None
    checks = list(address_checks(base, NOBODY, production=True))
    assert levels(checks)["allow list"] == "warn"
    assert BASE in sentences(checks, "allow list")
    assert levels(address_checks(base, build_allow_list([BASE], []), production=True))["allow list"] == "ok"


def test_nothing_is_asked_but_what_needs_no_token(ehr: respx.MockRouter) -> None:
    healthy_ehr(ehr)
    looked_at(now())
    assert [made.request.url.path for made in ehr.calls] == ["/fhir/metadata", "/fhir/.well-known/smart-configuration"]
    assert not any("authorization" in made.request.headers for made in ehr.calls)
