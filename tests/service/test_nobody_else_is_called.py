"""Whatever a client or a FHIR server names, only the allow-listed base is called (FHIR-2, FHIR-10; goal G6, API7)."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import respx
from starlette.testclient import TestClient

from tests.service.ehr import (
    FHIR_SERVER,
    PATIENT_ID,
    DecideOnce,
    Json,
    bundle,
    complete_prefetch,
    condition,
    hook_body,
    running_service,
    with_access,
    without,
)
from tests.support.disguised_urls import DISGUISED
from treatment_algorithm.features import Group

pytestmark = pytest.mark.checklist("FHIR-2", "FHIR-10")

ADDRESS = "/cds-services/calcinosis-patient-view"
SEARCH = f"{FHIR_SERVER}/Condition?patient={PATIENT_ID}&_count=100"
EVIL = "https://evil.example.org/fhir"


@pytest.fixture(scope="module")
def decide() -> DecideOnce:
    return DecideOnce()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, decide: DecideOnce) -> Iterator[TestClient]:
    """One service for all of these; it may call one FHIR server."""
    folder: Path = tmp_path_factory.mktemp("service")
    with running_service(folder, decide, allowed_fhir_servers=(FHIR_SERVER,)) as client:
        yield client


@pytest.fixture
def anywhere() -> Iterator[respx.MockRouter]:
    """Every host of the world; what was not told to answer fails the test."""
    with respx.mock(assert_all_called=False) as router:
        yield router


def called(anywhere: respx.MockRouter) -> list[str]:
    return [str(made.request.url) for made in anywhere.calls]


@pytest.mark.parametrize("server", DISGUISED)
def test_no_other_fhir_server_is_called(service: TestClient, anywhere: respx.MockRouter, server: str) -> None:
    """With complete prefetch it is no error, without it is 412; a URL of another scheme is 400."""
    complete = service.post(ADDRESS, json=with_access(hook_body(), server=server))
    missing = service.post(ADDRESS, json=with_access(hook_body(prefetch=None), server=server))
    no_http_url = not server.lower().startswith(("http://", "https://")) or bool({"\r", "\x00"} & set(server))
    assert [complete.status_code, missing.status_code] == ([400, 400] if no_http_url else [200, 412])
    assert called(anywhere) == []
    assert "evil" not in complete.text + missing.text


REDIRECTS = [
    (status, location)
    for status, location in zip(
        [301, 302, 303, 307, 308] * 4,
        [
            f"{EVIL}/Condition",
            "http://ehr.example.org/fhir/Condition",
            "https://ehr.example.org:8443/fhir/Condition",
            "//evil.example.org/fhir/Condition",
            "/admin",
            "Condition?page=2",
            f"{FHIR_SERVER}/Condition?_getpages=1",
            "https://ehr.example.org@evil.example.org/",
            "https://127.0.0.1/",
            "http://169.254.169.254/latest/meta-data",
            "file:///etc/passwd",
            "gopher://127.0.0.1:6379/_FLUSHALL",
            "javascript:alert(1)",
            "data:application/fhir+json,{}",
            "https://[::1]/",
            "\\\\evil.example.org\\fhir",
            "?",
            "",
            "../../admin",
            "https://ehr.example.org.evil.example.org/fhir",
        ],
        strict=True,
    )
]


@pytest.mark.parametrize(("status", "location"), REDIRECTS)
def test_no_redirect_is_followed(service: TestClient, anywhere: respx.MockRouter, status: int, location: str) -> None:
    """Not even to the same base: 412 where conditions are behind it, nobody else is called."""
    found = httpx.Response(status, json=bundle(condition("c-1")), headers={"Location": location})
    anywhere.get(SEARCH).mock(return_value=found)
    prefetch = without(complete_prefetch(), "conditions")
    assert service.post(ADDRESS, json=with_access(hook_body(prefetch=prefetch))).status_code == 412
    assert called(anywhere) == [SEARCH]


@pytest.mark.parametrize(
    "headers",
    [
        {"Refresh": f"0; url={EVIL}"},
        {"Link": f'<{EVIL}/Condition?page=2>; rel="next"'},
        {"Content-Location": f"{EVIL}/Condition/1"},
        {"Location": f"{EVIL}/Condition"},
        {"Alt-Svc": 'h2="evil.example.org:443"'},
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_no_header_of_an_answer_leads_anywhere(
    service: TestClient, anywhere: respx.MockRouter, headers: dict[str, str]
) -> None:
    anywhere.get(SEARCH).mock(return_value=httpx.Response(200, json=bundle(condition("c-1")), headers=headers))
    prefetch = without(complete_prefetch(), "conditions")
    assert service.post(ADDRESS, json=with_access(hook_body(prefetch=prefetch))).status_code == 200
    assert called(anywhere) == [SEARCH]


NEXT_LINKS = [
    f"{EVIL}/Condition?page=2",
    "http://ehr.example.org/fhir/Condition?page=2",
    "https://ehr.example.org:8443/fhir/Condition?page=2",
    "https://ehr.example.org/other/Condition?page=2",
    "https://ehr.example.org/fhirx/Condition",
    "https://ehr.example.org/fhir/../admin",
    "https://ehr.example.org/fhir/..;/admin",
    "https://ehr.example.org/fhir/..%3b/admin",
    "https://ehr.example.org/fhir/%2E%2E/admin",
    "https://ehr.example.org/fhir//evil.example.org",
    "https://ehr.example.org@evil.example.org/fhir/Condition",
    "//evil.example.org/fhir/Condition",
    "/\t/evil.example.org/fhir",
    "\\\\evil.example.org\\fhir",
    "/admin",
    "../admin",
    "..;/admin",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "urn:uuid:0b2f",
    "http://169.254.169.254/latest/meta-data",
    "https://ehr.example.org/fhir#/../admin",
    "https://\u0435hr.example.org/fhir/Condition",
]


@pytest.mark.parametrize("link", NEXT_LINKS)
@pytest.mark.parametrize("fetched", [False, True], ids=["prefetched", "fetched"])
def test_no_next_link_leads_away(
    service: TestClient, decide: DecideOnce, anywhere: respx.MockRouter, link: str, fetched: bool
) -> None:
    """What was read stays, the group is open."""
    page = bundle(condition("c-1"), next_url=link)
    anywhere.get(SEARCH).mock(return_value=httpx.Response(200, json=page))
    prefetch = without(complete_prefetch(), "conditions") | ({} if fetched else {"conditions": page})
    assert service.post(ADDRESS, json=with_access(hook_body(prefetch=prefetch))).status_code == 200
    assert called(anywhere) == ([SEARCH] if fetched else [])
    assert not decide.charts[-1].groups[Group.CONDITIONS].state.closed
    assert len(decide.charts[-1].groups[Group.CONDITIONS].resources) == 1


@pytest.mark.parametrize(
    "reference",
    [
        f"{EVIL}/Medication/m",
        "//evil.example.org/Medication/m",
        "/Medication/m",
        "https://ehr.example.org/other/Medication/m",
        "Medication/..",
        "Medication/.",
        "Medication/../../admin",
        "Medication/m?_include=*",
        "Medication/m/$everything",
        "Medication/",
        "Patient/somebody-else",
        "../Medication/..",
        "urn:uuid:0b2f",
        "#m",
    ],
)
def test_no_medication_reference_leads_away(service: TestClient, anywhere: respx.MockRouter, reference: str) -> None:
    order: Json = {
        "resourceType": "MedicationRequest",
        "id": "m-1",
        "status": "active",
        "intent": "order",
        "subject": {"reference": f"Patient/{PATIENT_ID}"},
        "medicationReference": {"reference": reference},
    }
    prefetch = complete_prefetch() | {"medications": bundle(order)}
    assert service.post(ADDRESS, json=with_access(hook_body(prefetch=prefetch))).status_code == 200
    assert called(anywhere) == []
