"""CDS_SITE_FILE: what a running service does with it, and that it does not start with a wrong one (decision 4)."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from cds_service.app import create_app
from cds_service.cli import build_cli
from cds_service.decide import decide
from cds_service.errors import StartRefused
from cds_service.settings import Settings
from tests.service.ehr import product_knowledge, running_service

ROOT = Path(__file__).parents[2]
SITE = ROOT / "demo" / "site.yaml"
SICK = "https://hospital.example/problems"
UNTREATED = ROOT / "demo" / "hook-requests" / "patient-view.dm-localized-ulcerated.json"
RXNORM_DILTIAZEM = {"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "3443", "display": "Diltiazem"}


def answer(client: TestClient, request: Any) -> list[Any]:
    response = client.post("/cds-services/calcinosis-patient-view", json=request)
    assert response.status_code == 200, response.text
    return list(response.json()["cards"])


def drafts(cards: list[Any]) -> list[Any]:
    actions = [action for card in cards for one in card.get("suggestions", ()) for action in one["actions"]]
    resources = [action["resource"] for action in actions]
    return [one["medicationCodeableConcept"] for one in resources if one["resourceType"] == "MedicationRequest"]


def refused(folder: Path, file: Path) -> str:
    settings = Settings(_env_file=None, database_url=f"sqlite:///{folder / 'x.sqlite3'}", site_file=file)
    with pytest.raises(StartRefused) as caught:
        create_app(settings, knowledge=product_knowledge())
    return str(caught.value)


def test_a_draft_carries_the_sites_orderable_first_and_the_ingredient_second(tmp_path: Path) -> None:
    """card-style.md rule 17."""
    request = json.loads(UNTREATED.read_text(encoding="utf-8"))
    with running_service(tmp_path, decide, site_file=SITE) as client:
        (drug,) = drafts(answer(client, request))
    assert drug["text"] == "Diltiazem, oral (hospital formulary)"
    own = {"system": "https://hospital.example/orderables", "code": "ORD-2207", "display": "Diltiazem, oral"}
    assert drug["coding"] == [own, RXNORM_DILTIAZEM]


def test_without_a_site_file_the_draft_is_the_ingredient_alone(tmp_path: Path) -> None:
    request = json.loads(UNTREATED.read_text(encoding="utf-8"))
    with running_service(tmp_path, decide) as client:
        (drug,) = drafts(answer(client, request))
    assert drug["coding"] == [RXNORM_DILTIAZEM]


def locally_coded(request: dict[str, Any], system: str) -> dict[str, Any]:
    """The request with its conditions under codes of the hospital, without texts."""
    request = deepcopy(request)
    codes = {"calcinosis": "D-0417", "dermatomyositis": "D-0533"}
    for entry in request["prefetch"]["conditions"]["entry"]:
        told = json.dumps(entry["resource"]["code"]).lower()
        code = next((code for name, code in codes.items() if name in told), "D-9999")
        entry["resource"]["code"] = {"coding": [{"system": system, "code": code}]}
    return request


def test_a_chart_in_the_hospitals_own_codes_is_understood(tmp_path: Path) -> None:
    request = json.loads(UNTREATED.read_text(encoding="utf-8"))
    with running_service(tmp_path, decide, site_file=SITE) as client:
        (card,) = answer(client, locally_coded(request, SICK))
        assert "calcinosis" in card["summary"].lower()
        assert answer(client, locally_coded(request, "https://hospital.example/other")) == []
    with running_service(tmp_path, decide) as client:
        assert answer(client, locally_coded(request, SICK)) == []


def test_codes_of_observations_are_asked_for(tmp_path: Path) -> None:
    with running_service(tmp_path, site_file=SITE) as client:
        (service, *_) = client.get("/cds-services").json()["services"]
    assert "L-HBSAG" in service["prefetch"]["observations"].partition("&code=")[2].partition("&")[0].split(",")


def test_a_wrong_file_stops_the_start_with_file_and_line(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text("codes:\n  - {system: 'urn:x', code: A, concept: gout_of_the_toe, display: x}\n", encoding="utf-8")
    told = refused(tmp_path, file)
    assert told == "The site file (CDS_SITE_FILE) is wrong. own.yaml:2: unknown concept 'gout_of_the_toe'"


def test_a_file_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    assert refused(tmp_path, tmp_path / "none.yaml").startswith("The site file (CDS_SITE_FILE) cannot be read: ")
    assert refused(tmp_path, tmp_path).startswith("The site file (CDS_SITE_FILE) cannot be read: ")


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(build_cli(), list(arguments))
    return result.exit_code, result.output


def test_validate_knowledge_checks_a_site_file(tmp_path: Path) -> None:
    status, output = run("validate-knowledge", "--site", str(SITE))
    assert (status, output.rstrip().splitlines()[-2]) == (0, "6 codes of the site, 1 of them orderables")
    file = tmp_path / "own.yaml"
    file.write_text("codes:\n  - {system: 'urn:x', code: A, concept: acne, display: x}\n", encoding="utf-8")
    assert run("validate-knowledge", "--site", str(file)) == (1, "own.yaml:2: unknown concept 'acne'\n")
    assert run("validate-knowledge", "--site", str(tmp_path / "none.yaml"))[0] == 2


def test_evaluate_uses_the_site_file_of_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDS_SITE_FILE", str(SITE))
    status, output = run("evaluate", str(UNTREATED), "--json")
    assert status == 0
    assert "ORD-2207" in output
    monkeypatch.setenv("CDS_SITE_FILE", str(tmp_path / "none.yaml"))
    assert run("evaluate", str(UNTREATED))[0] == 2
