"""The one-shot loader of the demonstration: what it sends, in which order, and when it says that it failed."""

import json
from pathlib import Path
from typing import Any

import pytest

from deploy.loader import load

BASE = "http://fhir.example.org/fhir"


class FhirServer:
    """A server in place of the network: it answers 503 to the first `starting` calls, and refuses `refused` ids."""

    def __init__(self, starting: int = 0, refused: frozenset[str] = frozenset()) -> None:
        self.starting = starting
        self.refused = refused
        self.stored: list[str] = []

    def __call__(self, method: str, url: str, body: dict[str, Any] | None = None) -> int:
        if self.starting:
            self.starting -= 1
            return 503
        if method == "GET":
            assert url == f"{BASE}/metadata"
            return 200
        assert body is not None
        assert url == f"{BASE}/{body['resourceType']}/{body['id']}"
        if body["id"] in self.refused:
            return 422
        self.stored.append(url.removeprefix(f"{BASE}/"))
        return 201


def write(folder: Path, name: str, content: object) -> None:
    (folder / name).write_text(json.dumps(content), encoding="utf-8")


@pytest.fixture
def charts(tmp_path: Path) -> Path:
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {"resource": {"resourceType": "MedicationRequest", "id": "m"}},
            {"resource": {"resourceType": "Condition", "id": "c"}},
            {"resource": {"resourceType": "Patient", "id": "p"}},
        ],
    }
    write(tmp_path, "a.json", bundle)
    write(tmp_path, "b.json", {"resourceType": "Patient", "id": "p"})
    return tmp_path


def test_the_patient_is_stored_before_what_refers_to_it_and_once(
    charts: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server = FhirServer()
    monkeypatch.setattr(load, "_send", server)
    assert load.main([str(charts), "--base", f"{BASE}/"]) == 0
    assert server.stored == ["Patient/p", "Condition/c", "MedicationRequest/m"]
    assert capsys.readouterr().out == f"3 of 3 resources stored in {BASE}\n"


def test_it_waits_until_the_server_answers(charts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = FhirServer(starting=3)
    waits: list[float] = []
    monkeypatch.setattr(load, "_send", server)
    monkeypatch.setattr("time.sleep", waits.append)
    assert load.main([str(charts), "--base", BASE]) == 0
    assert len(waits) == 3
    assert len(server.stored) == 3


def test_a_server_that_never_answers_is_a_failure(
    charts: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(load, "_send", FhirServer(starting=10**6))
    assert load.main([str(charts), "--base", BASE, "--wait", "0"]) == 1
    assert "/metadata did not answer" in capsys.readouterr().err


def test_a_refused_resource_is_named_and_the_others_are_stored(
    charts: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server = FhirServer(refused=frozenset({"c"}))
    monkeypatch.setattr(load, "_send", server)
    assert load.main([str(charts), "--base", BASE]) == 1
    assert server.stored == ["Patient/p", "MedicationRequest/m"]
    assert capsys.readouterr().err == "refused: Condition/c: 422\n"


@pytest.mark.parametrize(
    "content", [{"resourceType": "Patient"}, {"id": "p"}, {"resourceType": "Bundle", "entry": [{}]}]
)
def test_a_chart_without_type_or_id_is_refused_before_anything_is_sent(
    tmp_path: Path, content: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = FhirServer()
    monkeypatch.setattr(load, "_send", server)
    write(tmp_path, "a.json", content)
    assert load.main([str(tmp_path), "--base", BASE]) == 1
    assert server.stored == []


def test_an_empty_folder_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no resource"):
        load.read_resources(tmp_path)


def test_only_http_addresses_are_called(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        load.main([str(tmp_path), "--base", "file:///etc"])
