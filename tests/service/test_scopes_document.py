"""docs/scopes.md says exactly what is asked for: queries, discovery's templates, and the scopes (FHIR-3..11)."""

import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import httpx
import pytest
import respx
from starlette.testclient import TestClient

from cds_service.documents.fhir_access import MEDICATION_QUERY, QUERIES, SMART_1, SMART_2, fhir_access_page
from cds_service.ehr.scopes import need_of
from tests.service.ehr import FHIR_SERVER, PATIENT_ID, SEARCH_KEYS, Json, bundle, hook_body, patient, with_access

if TYPE_CHECKING:
    from treatment_algorithm.knowledge_base import KnowledgeBase

PAGE = (Path(__file__).parents[2] / "docs" / "scopes.md").read_text(encoding="utf-8")
SERVICES = ("calcinosis-patient-view", "calcinosis-order-select", "calcinosis-order-sign")
_TOKEN = "{{context.patientId}}"


def listed(title: str) -> list[str]:
    """The lines of the code block under a heading of the page."""
    block = re.search(rf"^## {re.escape(title)}\n(?:(?!^## ).)*?```text\n(.*?)\n```", PAGE, re.DOTALL | re.MULTILINE)
    assert block is not None
    return block[1].splitlines()


def queries_made(
    service: TestClient, fhir: respx.MockRouter, service_id: str = SERVICES[0], scope: str = "patient/*.*"
) -> list[str]:
    """What is asked when nothing is prefetched, each list has a second page, and a drug stands behind a reference."""
    order = {
        "resourceType": "MedicationRequest",
        "id": "m-1",
        "subject": {"reference": f"Patient/{PATIENT_ID}"},
        "medicationReference": {"reference": "Medication/med-1"},
    }
    fhir.get(f"/Patient/{PATIENT_ID}").respond(json=patient())
    fhir.get("/Medication/med-1").respond(json={"resourceType": "Medication", "id": "med-1"})

    def search(request: httpx.Request) -> httpx.Response:
        resource_type = request.url.path.rpartition("/")[2]
        found: list[Json] = [order] if resource_type == "MedicationRequest" else []
        last = "page" in request.url.params
        following = None if last else f"{FHIR_SERVER}/{resource_type}?page=2"
        return httpx.Response(200, json=bundle(*(() if last else found), next_url=following))

    for resource_type in SEARCH_KEYS.values():
        fhir.get(f"/{resource_type}").mock(side_effect=search)
    body = with_access(hook_body(service_id.removeprefix("calcinosis-"), prefetch=None), scope=scope)
    service.post(f"/cds-services/{service_id}", json=body)
    made = [unquote(str(call.request.url)).removeprefix(f"{FHIR_SERVER}/") for call in fhir.calls]
    assert all(call.request.method == "GET" for call in fhir.calls)
    return made


def as_listed(query: str) -> str:
    return query.replace(PATIENT_ID, _TOKEN).replace("Medication/med-1", MEDICATION_QUERY)


@pytest.mark.parametrize("service_id", SERVICES)
def test_the_queries_made_are_those_of_the_page(service: TestClient, fhir: respx.MockRouter, service_id: str) -> None:
    """All eight keys, the second page of each search, and the Medication; nothing else."""
    made = [as_listed(query) for query in queries_made(service, fhir, service_id)]
    pages = [f"{resource_type}?page=2" for resource_type in SEARCH_KEYS.values()]
    assert sorted(made) == sorted([*listed(QUERIES), *pages, MEDICATION_QUERY])
    assert f"`{MEDICATION_QUERY}`" in PAGE


def test_discovery_offers_the_queries_of_the_page(service: TestClient) -> None:
    offered = service.get("/cds-services").json()["services"]
    assert len(offered) == len(SERVICES)
    for one in offered:
        assert list(one["prefetch"].values()) == listed(QUERIES)


@pytest.mark.parametrize("title", [SMART_1, SMART_2])
def test_the_scopes_of_the_page_suffice(service: TestClient, fhir: respx.MockRouter, title: str) -> None:
    every = queries_made(service, fhir)
    fhir.reset()
    assert sorted(queries_made(service, fhir, scope=" ".join(listed(title)))) == sorted(every)


@pytest.mark.parametrize("title", [SMART_1, SMART_2])
@pytest.mark.parametrize("left_out", range(9))
def test_each_of_them_is_needed(service: TestClient, fhir: respx.MockRouter, title: str, left_out: int) -> None:
    """Without one scope its type is not asked for, and no other one is missing."""
    scopes = listed(title)
    assert len(scopes) == 9
    missing = re.split(r"[/.]", scopes.pop(left_out))[1]
    asked = {need_of(query).resource_type for query in queries_made(service, fhir, scope=" ".join(scopes))}
    # The Medication is found by way of the MedicationRequest.
    lost = {"MedicationRequest": {"MedicationRequest", "Medication"}, "Patient": {"Patient"}}.get(missing, {missing})
    # Without the patient nothing more is looked up.
    lost = lost | ({"Medication"} if missing in ("Patient", "Condition") else set())
    assert asked == {"Patient", "Medication", *SEARCH_KEYS.values()} - lost


def test_the_page_is_current(knowledge: "KnowledgeBase") -> None:
    assert fhir_access_page(knowledge) == PAGE
