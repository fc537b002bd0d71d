"""Reading from the EHR's FHIR server: what is asked, how failures end (checklist FHIR, DATA-6..11; decision 24)."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx
from starlette.testclient import TestClient

from tests.service.ehr import (
    FHIR_SERVER,
    PATIENT_ID,
    SEARCH_KEYS,
    TOKEN,
    DecideOnce,
    Json,
    bundle,
    complete_prefetch,
    condition,
    hook_body,
    patient,
    running_service,
    with_access,
    without,
)
from treatment_algorithm.features import Group

ADDRESS = "/cds-services/calcinosis-patient-view"


def answer_all(fhir: respx.MockRouter, **changes: httpx.Response) -> dict[str, respx.Route]:
    """Every read and search of the templates answered; `changes` by resource type."""
    answers = {"Patient": httpx.Response(200, json=patient())}
    answers |= {resource_type: httpx.Response(200, json=bundle()) for resource_type in SEARCH_KEYS.values()}
    answers |= changes
    return {
        resource_type: fhir.get(
            f"/{resource_type}/{PATIENT_ID}" if resource_type == "Patient" else f"/{resource_type}"
        ).mock(return_value=answer)
        for resource_type, answer in answers.items()
    }


def call(service: TestClient, prefetch: Json | None = None, **authorization: Any) -> httpx.Response:
    return service.post(ADDRESS, json=with_access(hook_body(prefetch=prefetch), **authorization))  # type: ignore[return-value]


@pytest.mark.checklist("DATA-6", "FHIR-1", "FHIR-3", "FHIR-4")
def test_what_the_prefetch_leaves_out_is_read(service: TestClient, decide: DecideOnce, fhir: respx.MockRouter) -> None:
    """DATA-6, FHIR-1, FHIR-3, FHIR-4: all keys, only reads, only this patient, always with the token."""
    routes = answer_all(fhir, Condition=httpx.Response(200, json=bundle(condition("c-1"))))
    assert call(service).status_code == 200
    assert all(route.call_count == 1 for route in routes.values())
    for made in fhir.calls:
        assert made.request.method == "GET"
        assert made.request.headers["authorization"] == f"Bearer {TOKEN}"
        assert made.request.headers["accept-encoding"] == "identity"
        assert (
            made.request.url.path == f"/fhir/Patient/{PATIENT_ID}" or made.request.url.params["patient"] == PATIENT_ID
        )
    assert all(decide.charts[0].groups[Group(key)].state.closed for key in SEARCH_KEYS)
    assert [resource.id for resource in decide.charts[0].groups[Group.CONDITIONS].resources] == ["c-1"]


@pytest.mark.checklist("DATA-8")
def test_the_same_chart_from_prefetch_and_from_fhir(
    service: TestClient, decide: DecideOnce, fhir: respx.MockRouter
) -> None:
    """DATA-8."""
    answer_all(fhir, Condition=httpx.Response(200, json=bundle(condition("c-1"))))
    call(service)
    call(service, complete_prefetch() | {"conditions": bundle(condition("c-1"))})
    assert decide.charts[0] == decide.charts[1]


@pytest.mark.checklist("DATA-2")
def test_only_the_missing_keys_are_read(service: TestClient, fhir: respx.MockRouter) -> None:
    """DATA-2."""
    routes = answer_all(fhir)
    assert call(service, without(complete_prefetch(), "allergies")).status_code == 200
    assert [kind for kind, route in routes.items() if route.called] == ["AllergyIntolerance"]


@pytest.mark.checklist("FHIR-5")
def test_a_complete_prefetch_makes_no_call(service: TestClient, fhir: respx.MockRouter) -> None:
    """FHIR-5."""
    assert call(service, complete_prefetch()).status_code == 200
    assert fhir.calls.call_count == 0


@pytest.mark.checklist("FHIR-9")
def test_an_open_server_is_called_without_a_token(service: TestClient, fhir: respx.MockRouter) -> None:
    """FHIR-9."""
    answer_all(fhir)
    assert service.post(ADDRESS, json=hook_body(prefetch=None, fhirServer=FHIR_SERVER)).status_code == 200
    assert all("authorization" not in made.request.headers for made in fhir.calls)


@pytest.mark.checklist("REQ-7")
def test_an_authorization_without_a_server_is_no_error(service: TestClient) -> None:
    """REQ-7."""
    body = with_access(hook_body())
    del body["fhirServer"]
    assert service.post(ADDRESS, json=body).status_code == 200


@pytest.mark.checklist("FHIR-6")
def test_an_expired_token_is_not_used(service: TestClient, fhir: respx.MockRouter) -> None:
    """FHIR-6, FHIR-7."""
    assert call(service, without(complete_prefetch(), "patient"), expires_in=0).status_code == 412
    assert fhir.calls.call_count == 0


@pytest.mark.checklist("FHIR-6", "FHIR-11")
def test_a_type_outside_the_scopes_is_not_asked_for(
    service: TestClient, decide: DecideOnce, fhir: respx.MockRouter
) -> None:
    """FHIR-11: it counts as not obtainable."""
    routes = answer_all(fhir)
    assert call(service, scope="patient/Patient.read patient/Condition.rs").status_code == 200
    assert [kind for kind, route in routes.items() if route.called] == ["Patient", "Condition"]
    assert not decide.charts[0].groups[Group.MEDICATIONS].state.obtained


BROKEN = {
    "401": httpx.Response(401),
    "403": httpx.Response(403),
    "404": httpx.Response(404),
    "500": httpx.Response(500, json={"resourceType": "OperationOutcome", "issue": []}),
    "redirect": httpx.Response(302, headers={"Location": "https://evil.example.org/fhir/Condition"}),
    "html": httpx.Response(200, html="<html>login</html>"),
    "junk": httpx.Response(200, content=b"{not json", headers={"Content-Type": "application/fhir+json"}),
    "deep": httpx.Response(200, content=b"[" * 5000 + b"]" * 5000, headers={"Content-Type": "application/json"}),
    "gzip": httpx.Response(200, content=b"{}", headers={"Content-Type": "application/json", "Content-Encoding": "br"}),
    "empty": httpx.Response(200, content=b"", headers={"Content-Type": "application/fhir+json"}),
    "outcome": httpx.Response(200, json={"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}),
}


@pytest.mark.checklist("DATA-10", "DATA-11", "FHIR-2", "FHIR-10")
@pytest.mark.parametrize("name", BROKEN)
def test_a_failed_read_of_conditions_is_412(
    service: TestClient, decide: DecideOnce, fhir: respx.MockRouter, name: str
) -> None:
    """DATA-10, DATA-11, FHIR-2: a redirect is a refusal and is not followed."""
    routes = answer_all(fhir, Condition=BROKEN[name])
    assert call(service).status_code == 412
    assert routes["Condition"].called
    assert decide.charts == []


@pytest.mark.parametrize("name", BROKEN)
def test_a_failed_read_of_drugs_opens_their_group(
    service: TestClient, decide: DecideOnce, fhir: respx.MockRouter, name: str
) -> None:
    """Decision 11: 200 with the cards that can be given, the gap known."""
    routes = answer_all(fhir, MedicationRequest=BROKEN[name])
    assert call(service).status_code == 200
    assert routes["MedicationRequest"].called
    assert not decide.charts[0].groups[Group.MEDICATIONS].state.closed
    assert decide.charts[0].groups[Group.CONDITIONS].state.closed


@pytest.mark.checklist("DATA-9")
@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError])
def test_an_unreachable_server_is_412(
    service: TestClient, fhir: respx.MockRouter, error: type[httpx.HTTPError]
) -> None:
    """DATA-9."""
    route = fhir.route().mock(side_effect=error)
    assert call(service).status_code == 412
    assert route.called


@pytest.mark.checklist("DATA-11", "PERF-2")
def test_a_slow_answer_is_given_up_at_the_deadline(tmp_path: Path, decide: DecideOnce) -> None:
    """DATA-11, PERF-2: the slow key is open, what came in time is kept."""

    async def never(request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        return httpx.Response(500)

    settings = {"allowed_fhir_servers": (FHIR_SERVER,), "deadline_seconds": 0.2}
    # respx counts a call when it is answered, and this one never is.
    router = respx.mock(base_url=FHIR_SERVER, assert_all_called=False)
    with running_service(tmp_path, decide, **settings) as service, router as fhir:
        answer_all(fhir)["Observation"].mock(side_effect=never)
        assert call(service).status_code == 200
    assert not decide.charts[0].groups[Group.OBSERVATIONS].state.obtained
    assert decide.charts[0].groups[Group.CONDITIONS].state.closed


def test_an_answer_above_the_cap_is_not_read(service: TestClient, fhir: respx.MockRouter) -> None:
    """reliability.md 1.6, API10: 12 MB."""
    huge = httpx.Response(
        200,
        content=json.dumps(bundle()).encode().ljust(12 * 1024 * 1024 + 1),
        headers={"Content-Type": "application/json"},
    )
    answer_all(fhir, Condition=huge)
    assert call(service).status_code == 412


def test_a_server_that_keeps_failing_is_left_alone(service: TestClient, fhir: respx.MockRouter) -> None:
    """Decision 24: after five failed requests the sixth makes no call."""
    route = fhir.route().mock(side_effect=httpx.ConnectError)
    for _ in range(5):
        call(service)
    made = route.call_count
    # Forty calls, and four of them once more: the budget of retries.
    assert made == 5 * 8 + 4
    assert call(service).status_code == 412
    assert route.call_count == made


def test_refusals_do_not_count_as_failures(service: TestClient, fhir: respx.MockRouter) -> None:
    """reliability.md 1.7: 401, 403 and 404 never open the circuit."""
    route = fhir.route().mock(return_value=httpx.Response(403))
    for _ in range(7):
        call(service)
    assert route.call_count == 7 * 8
