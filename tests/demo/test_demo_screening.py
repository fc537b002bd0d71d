"""`calcinosis-cds screen` decides for every demo patient as the hook itself does, from Bundles and from an export."""

import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from typer.testing import CliRunner

from cds_service.cli import build_cli
from cds_service.commands.offline import Offline
from demo.build_requests import chart_files
from tests.conftest import PUBLIC_BASE_URL
from tests.demo.demo_files import REQUEST_FILES, Json, request_bytes, resources
from tests.support.exports import write_export

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from treatment_algorithm.knowledge_base import KnowledgeBase

DAY = "2026-11-22"
CHARTS = chart_files()
# What belongs to one call, not to what is said: who asked, from which visit, and the ids derived from that.
OF_ONE_CALL = ("uuid", "requester", "encounter")
Decided = dict[str, dict[str, Any]]


def what_is_said(node: Any) -> Any:
    """Cards without what belongs to one call."""
    if isinstance(node, dict):
        return {
            name: what_is_said(value)
            for name, value in node.items()
            if name not in OF_ONE_CALL and not (name == "id" and str(value).startswith("cds-"))
        }
    return [what_is_said(one) for one in node] if isinstance(node, list) else node


@pytest.fixture
def screened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, knowledge: "KnowledgeBase") -> Callable[..., Decided]:
    """What `screen` decides for each patient: cards as they would be answered, and the row of the local file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CDS_PUBLIC_BASE_URL", PUBLIC_BASE_URL)
    monkeypatch.setattr("cds_service.commands.screen.load_knowledge", lambda folder: knowledge)
    monkeypatch.setattr("cds_service.screening.screening.load_knowledge", lambda folder: knowledge)
    cards: dict[str, Any] = {}
    plain = Offline.decide

    async def recorded(offline: Offline, request: Any) -> Any:
        decision = await plain(offline, request)
        cards[request.context.patient_id] = json.loads(msgspec.json.encode(decision.cards))
        return decision

    monkeypatch.setattr(Offline, "decide", recorded)

    def run(*arguments: str) -> Decided:
        cards.clear()
        rows = tmp_path / "rows.ndjson"
        result = CliRunner().invoke(
            build_cli(), ["screen", *arguments, "--today", DAY, "--workers", "1", "--patients", str(rows)]
        )
        assert result.exit_code == 0, result.output
        kept = {row["patient"]: row for row in map(json.loads, rows.read_text().splitlines())}
        return {
            patient: {"cards": what_is_said(found), "fired": kept.get(patient, {}).get("rules")}
            for patient, found in cards.items()
        }

    return run


def answered_by_the_hook(client: "TestClient", files: list[str], order: Sequence[Json] = ()) -> Decided:
    """The same from the service over HTTP; a patient with a silent scenario and no card has no row.

    `order`: the resources as the other side reads them. Which of two entries that say the same is cited goes by the
    order in which the EHR sends them, so the hook gets them in that order.
    """
    places = {json.dumps(resource, sort_keys=True): place for place, resource in enumerate(order)}
    answers: Decided = {}
    for file in files:
        body = json.loads(request_bytes(file))
        for key, value in body["prefetch"].items():
            if places and key != "patient" and "entry" in value:
                value["entry"].sort(key=lambda entry: places[json.dumps(entry["resource"], sort_keys=True)])
        answer = client.post("/api/evaluate", json=body).json()
        fired = [rule["id"] for rule in answer["rules"] if rule["result"] == "yes"]
        silent = not answer["cards"] and set(fired) <= {"SC-NONE", "SC-UNCERT", "SC-PAST"}
        patient = body["context"]["patientId"]
        assert patient not in answers
        answers[patient] = {"cards": what_is_said(answer["cards"]), "fired": None if silent else fired}
    return answers


OPENED = [f"patient-view.{name}.json" for name in CHARTS]


@pytest.fixture(scope="module")
def opened(client: "TestClient") -> Decided:
    """The hook's answer for every demo patient at patient-view."""
    answers = answered_by_the_hook(client, OPENED)
    assert len(answers) == len(CHARTS)
    assert sum(bool(one["cards"]) for one in answers.values()) > len(CHARTS) / 2
    return answers


def every_resource() -> list[Json]:
    return [resource for path in CHARTS.values() for resource in resources(path)]


def test_a_bundle_for_each_patient(screened: Callable[..., Decided], opened: Decided) -> None:
    assert differences(screened(*map(str, CHARTS.values())), opened) == []


def test_one_bundle_with_all_patients(screened: Callable[..., Decided], client: "TestClient", tmp_path: Path) -> None:
    entries = [entry for path in CHARTS.values() for entry in json.loads(path.read_text())["entry"]]
    random.Random(7).shuffle(entries)  # noqa: S311  always the same order
    (tmp_path / "all.json").write_text(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}))
    expected = answered_by_the_hook(client, OPENED, [entry["resource"] for entry in entries])
    assert differences(screened(str(tmp_path / "all.json")), expected) == []


def test_lines_of_bundles(screened: Callable[..., Decided], opened: Decided, tmp_path: Path) -> None:
    file = tmp_path / "charts.ndjson"
    file.write_text("".join(json.dumps(json.loads(path.read_text())) + "\n" for path in CHARTS.values()))
    assert differences(screened(str(file)), opened) == []


@pytest.mark.parametrize("seed", [1, 2])
def test_an_export_with_the_resources_shuffled_over_its_files(
    screened: Callable[..., Decided], client: "TestClient", tmp_path: Path, seed: int
) -> None:
    folder = write_export(tmp_path / "export", every_resource(), seed)
    order = [json.loads(line) for file in sorted(folder.iterdir()) for line in file.read_text().splitlines()]
    assert differences(screened(str(folder)), answered_by_the_hook(client, OPENED, order)) == []


@pytest.mark.parametrize("file", [file for file in REQUEST_FILES if file.startswith("order-sign.")])
def test_orders_before_signing(
    screened: Callable[..., Decided], client: "TestClient", tmp_path: Path, file: str
) -> None:
    body = json.loads(request_bytes(file))
    drafts = [entry["resource"] for entry in body["context"]["draftOrders"]["entry"]]
    searches = [value for key, value in body["prefetch"].items() if key != "patient"]
    chart = [body["prefetch"]["patient"], *(one["resource"] for found in searches for one in found.get("entry", ()))]
    folder = write_export(tmp_path / "export", [*chart, *drafts])
    for kind in ("MedicationStatement", "AllergyIntolerance", "Procedure", "Observation", "ServiceRequest"):
        (folder / f"{kind}.ndjson").touch()
    assert differences(screened(str(folder), "--hook", "order-sign"), answered_by_the_hook(client, [file])) == []


def differences(one: Any, other: Any, place: str = "") -> list[str]:
    """Where two answers differ, as paths."""
    if type(one) is type(other) and isinstance(one, dict) and set(one) == set(other):
        return [said for name in one for said in differences(one[name], other[name], f"{place}/{name}")]
    if type(one) is type(other) and isinstance(one, list) and len(one) == len(other):
        return [
            said for n, pair in enumerate(zip(one, other, strict=True)) for said in differences(*pair, f"{place}/{n}")
        ]
    return [] if one == other else [f"{place}: {one!r} is not {other!r}"]
