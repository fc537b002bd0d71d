"""What `GET /cds-services` offers (checklist DISC and PRE)."""

import re

import pytest
from starlette.testclient import TestClient

TOKEN = re.compile(r"\{\{(.*?)\}\}")


@pytest.mark.checklist("DISC-1", "DISC-2", "DISC-4", "DISC-10")
def test_three_services_each_with_its_own_hook(service: TestClient) -> None:
    """DISC-1, 2, 4, 6, 10; decision 2."""
    answer = service.get("/cds-services")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert {entry["id"]: entry["hook"] for entry in answer.json()["services"]} == {
        "calcinosis-patient-view": "patient-view",
        "calcinosis-order-select": "order-select",
        "calcinosis-order-sign": "order-sign",
    }


@pytest.mark.checklist("DISC-5", "DISC-7", "DISC-8", "DISC-9", "DISC-14")
def test_only_defined_members_none_empty(service: TestClient) -> None:
    """DISC-5, 7, 8, 9, 14; GEN-2, 3, 4."""
    for entry in service.get("/cds-services").json()["services"]:
        members = {"id", "hook", "title", "description", "usageRequirements", "prefetch", "version", "hookVersion"}
        assert set(entry) == members
        assert all(isinstance(entry[name], str) and entry[name].strip() for name in set(entry) - {"prefetch"})
        assert all(isinstance(template, str) and template for template in entry["prefetch"].values())


@pytest.mark.checklist("DISC-14")
def test_discovery_is_stable(service: TestClient) -> None:
    """DISC-14."""
    assert service.get("/cds-services").content == service.get("/cds-services").content


@pytest.mark.checklist("PRE-10")
def test_the_prefetch_templates_are_those_of_decision_10(service: TestClient) -> None:
    """Decision 10; the observations are narrowed to the LOINC codes that some rule or text of the knowledge reads."""
    search = "?patient={{context.patientId}}"
    for entry in service.get("/cds-services").json()["services"]:
        prefetch = entry["prefetch"]
        codes = prefetch["observations"].removeprefix(f"Observation{search}&code=").partition("&")[0].split(",")
        assert {"8867-4", "8480-6", "85354-9", "72514-3", "5196-1", "10230-1"} <= set(codes)
        assert not {"71774-4", "31204-1", "8302-2"} & set(codes)
        assert len(codes) == len(set(codes)) <= 130
        assert prefetch == {
            "patient": "Patient/{{context.patientId}}",
            "conditions": f"Condition{search}&_count=100",
            "medications": f"MedicationRequest{search}&_count=100",
            "statements": f"MedicationStatement{search}&_count=100",
            "allergies": f"AllergyIntolerance{search}&_count=100",
            "procedures": f"Procedure{search}&_count=100",
            "observations": f"Observation{search}&code={','.join(codes)}&_sort=-date&_count=100",
            "referrals": f"ServiceRequest{search}&status=active&_count=100",
        }


@pytest.mark.checklist("PRE-1", "PRE-2", "PRE-4", "PRE-5")
def test_templates_use_only_what_every_client_can_fill(service: TestClient) -> None:
    """PRE-1 to 7: context tokens, relative reads and searches, no modifier, no parameter twice."""
    for entry in service.get("/cds-services").json()["services"]:
        for template in entry["prefetch"].values():
            assert TOKEN.findall(template) == ["context.patientId"]
            assert "{" not in TOKEN.sub("", template)
            assert not template.startswith(("/", "http"))
            assert "_include" not in template
            assert ":" not in template
            names = [part.partition("=")[0] for part in template.partition("?")[2].split("&") if part]
            assert len(names) == len(set(names))
