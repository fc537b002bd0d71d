"""calcinosis-cds screen: counts for people and programs; ids in the local file alone; no line is fatal."""

import gzip
import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from cds_service.cli import build_cli
from cds_service.commands.offline import Offline
from cds_service.screening import export_files
from tests.support.exports import write_export
from tests.unit.cds_service.charts import CALCINOSIS, DAY, DERMATOMYOSITIS, PREDNISOLONE, bundle, drug, patient

if TYPE_CHECKING:
    from treatment_algorithm.knowledge_base import KnowledgeBase

SECRET = "Wilhelmina"
CHART = (patient(), CALCINOSIS, DERMATOMYOSITIS, drug(PREDNISOLONE, "steroid"))


@pytest.fixture(autouse=True)
def _surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, knowledge: "KnowledgeBase") -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    for place in ("commands.screen", "screening.screening"):
        monkeypatch.setattr(f"cds_service.{place}.load_knowledge", lambda folder: knowledge)


def run(*arguments: str, status: int = 0) -> str:
    result = CliRunner().invoke(build_cli(), ["screen", *arguments, "--today", DAY, "--workers", "1"])
    assert result.exit_code == status, result.output
    assert SECRET not in result.output
    return result.output


def counted(*arguments: str, status: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(*arguments, "--json", status=status))
    return found


def fired(found: dict[str, Any]) -> dict[str, Any]:
    return {rule["id"]: rule["fired"] for rule in found["rules"] if rule["fired"]}


def chart_of(identity: str, *resources: dict[str, Any]) -> list[dict[str, Any]]:
    """The resources as those of another patient."""
    text = json.dumps(resources).replace("Patient/p", f"Patient/{identity}").replace('"id": "p"', f'"id": "{identity}"')
    return list(json.loads(text))


def export(folder: Path, *charts: list[dict[str, Any]]) -> Path:
    return write_export(folder, [resource for chart in charts for resource in chart])


def test_counts_and_rates_by_rule_and_scenario(tmp_path: Path) -> None:
    charts = [chart_of(f"p{number}", *CHART) for number in range(3)]
    found = counted(str(export(tmp_path / "e", *charts, chart_of("q", patient()))))
    assert found["patients"] | {"not_evaluated": {}} == found["patients"]
    assert (found["patients"]["evaluated"], found["patients"]["with_cards"]) == (4, 3)
    rules = {rule["id"]: rule for rule in found["rules"]}
    assert (rules["SC-ACTIVE"]["fired"], rules["SC-ACTIVE"]["per_1000"]) == (3, 750.0)
    assert rules["R-INTENSIFY"]["on_a_card"] == 3
    assert found["cards"] == {"info": 3, "warning": 0, "critical": 0}
    scenarios = {one["id"]: one for one in found["scenarios"]}
    assert (scenarios["SC-ACTIVE"]["patients"], scenarios["SC-ACTIVE"]["fired"]["R-INTENSIFY"]) == (3, 3)
    assert scenarios["SC-NONE"]["patients"] == 1


def test_a_type_that_the_export_does_not_hold_is_unknown_for_everyone(tmp_path: Path) -> None:
    folder = export(tmp_path / "e", [patient(), CALCINOSIS, DERMATOMYOSITIS])
    found = counted(str(folder))
    assert "MedicationRequest" in found["input"]["not_obtained"]
    assert "R-INTENSIFY" not in fired(found)
    (folder / "MedicationRequest.ndjson").touch()
    found = counted(str(folder))
    assert "MedicationRequest" not in found["input"]["not_obtained"]
    assert "R-INTENSIFY" in fired(found)


def test_a_medication_that_stands_in_its_own_file_is_found(tmp_path: Path) -> None:
    coded = drug(PREDNISOLONE, "steroid")
    product = {"resourceType": "Medication", "id": "m", "code": coded.pop("medicationCodeableConcept")}
    coded["medicationReference"] = {"reference": "Medication/m"}
    together = counted(str(export(tmp_path / "e", list(CHART))))
    apart = counted(str(export(tmp_path / "f", [patient(), CALCINOSIS, DERMATOMYOSITIS, coded, product])))
    assert fired(apart) == fired(together)
    assert fired(counted(str(export(tmp_path / "g", [patient(), CALCINOSIS, DERMATOMYOSITIS, coded])))) != fired(apart)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (f'{{"resourceType": "Condition", "note": "{SECRET}"', "no FHIR resource"),
        (f'"{SECRET}"', "no FHIR resource"),
        (f'{{"name": "{SECRET}"}}', "no FHIR resource"),
        (f'{{"resourceType": "Condition", "code": {{"text": "{SECRET}"}}}}', "no patient named"),
        (f'{{"resourceType": "Condition", "subject": "{SECRET}"}}', "no patient named"),
        (f'{{"resourceType": "Patient", "name": [{{"text": "{SECRET}"}}]}}', "no id"),
        (f'{{"resourceType": "Bundle", "type": "message", "id": "{SECRET}"}}', "holds no chart"),
        ("[" * 300, "nested deeper"),
        ("\xff", "UTF-8"),
    ],
)
def test_a_line_that_cannot_be_used_is_listed_by_file_and_line(tmp_path: Path, line: str, kind: str) -> None:
    folder = export(tmp_path / "e", list(CHART))
    file = folder / "Condition.9.ndjson"
    sound = json.dumps(CALCINOSIS).encode()
    file.write_bytes(b"\n" + sound + b"\n" + line.encode("latin-1") + b"\n" + sound + b"\n")
    found = counted(str(folder), status=1)
    (problem,) = found["input"]["problems"]
    assert (problem["file"], problem["line"]) == (str(file), 3)
    assert kind in problem["kind"]
    assert fired(found)["SC-ACTIVE"] == 1
    assert f"{file}:3: " in run(str(folder), status=1)


def test_lines_are_numbered_in_their_file_wherever_it_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = export(tmp_path / "e", list(CHART))
    file = folder / "Condition.9.ndjson"
    file.write_text("".join("{}\n\n" if number % 3 else json.dumps(CALCINOSIS) + "\n" for number in range(30)))
    monkeypatch.setattr("cds_service.screening.export_files.CHUNK_BYTES", 100)
    cut = counted(str(folder), status=1)
    assert len(list(export_files.read_tasks([file]))) > 20
    monkeypatch.undo()
    numbers = [number for number, line in enumerate(file.read_text().split("\n"), 1) if line == "{}"]
    assert [problem["line"] for problem in cut["input"]["problems"]] == numbers


def test_an_element_that_cannot_be_read_opens_its_group_as_at_the_hook(tmp_path: Path) -> None:
    broken = drug(PREDNISOLONE, "other") | {"status": {"text": SECRET}}
    sound = fired(counted(str(export(tmp_path / "e", list(CHART)))))
    found = counted(str(export(tmp_path / "f", [*CHART, broken])))
    assert found["input"]["unusable_lines"] == 0
    bundled = tmp_path / "chart.json"
    bundled.write_text(json.dumps(bundle(*CHART, broken)))
    for kind in ("AllergyIntolerance", "Procedure", "Observation", "ServiceRequest", "MedicationStatement"):
        (tmp_path / "f" / f"{kind}.ndjson").touch()
    assert counted(str(tmp_path / "f"))["rules"] == counted(str(bundled))["rules"]
    assert fired(found) != sound


def test_ids_stand_in_the_local_file_alone(tmp_path: Path) -> None:
    folder = export(tmp_path / "e", chart_of("Ada-1", *CHART), chart_of("Bert-2", patient()))
    rows = tmp_path / "rows.ndjson"
    rows.write_text("old")
    rows.chmod(0o644)
    output = run(str(folder), "--patients", str(rows)) + run(str(folder), "--json")
    assert "Ada-1" not in output
    assert stat.S_IMODE(rows.stat().st_mode) == 0o600
    (row,) = [json.loads(line) for line in rows.read_text().splitlines()]
    assert row["patient"] == "Ada-1"
    assert {"SC-ACTIVE", "R-INTENSIFY"} <= set(row["rules"])
    assert row["cards"] == 1


def test_a_rule_in_shadow_is_counted_and_one_that_is_off_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = export(tmp_path / "e", list(CHART))
    (tmp_path / "site.yaml").write_text(
        'rules:\n  R-INTENSIFY: {state: shadow, because: "trial"}\n  R-DILT: {state: off, because: "trial"}\n'
    )
    monkeypatch.setenv("CDS_SITE_FILE", str(tmp_path / "site.yaml"))
    rules = {rule["id"]: rule for rule in counted(str(folder))["rules"]}
    found = rules["R-INTENSIFY"]
    assert (found["state"], found["fired"], found["on_a_card"], found["on_a_card_in_shadow"]) == ("shadow", 1, 0, 1)
    assert (rules["R-DILT"]["state"], rules["R-DILT"]["fired"]) == ("off", 0)
    assert "R-INTENSIFY (shadow)" in run(str(folder))


def test_small_cells_are_withheld_with_their_rates(tmp_path: Path) -> None:
    charts = [chart_of(f"p{number}", *CHART) for number in range(3)]
    folder = export(tmp_path / "e", *charts, *(chart_of(f"q{number}", patient()) for number in range(5)))
    found = counted(str(folder), "--smallest", "5")
    rules = {rule["id"]: rule for rule in found["rules"]}
    assert (rules["SC-ACTIVE"]["fired"], rules["SC-ACTIVE"]["per_1000"]) == ("<5", "")
    assert (rules["SC-NONE"]["fired"], rules["SC-NONE"]["per_1000"]) == (5, 625.0)
    assert rules["SC-META"]["fired"] == 0
    numbers = [value for one in (*found["rules"], *found["scenarios"]) for value in one.values()]
    assert not {1, 2, 3, 4} & {value for value in numbers if isinstance(value, int)}
    assert "With a card: <5\n" in run(str(folder), "--smallest", "5")


def test_patients_that_cannot_be_evaluated_are_counted_by_kind(tmp_path: Path) -> None:
    nobody = chart_of("r", CALCINOSIS)
    broken = chart_of("s", patient(), CALCINOSIS | {"code": 7})
    rows = tmp_path / "rows.ndjson"
    found = counted(str(export(tmp_path / "e", list(CHART), nobody, broken)), "--patients", str(rows), status=1)
    assert found["patients"]["evaluated"] == 1
    assert found["patients"]["not_evaluated"] == {
        "The prefetch key 'conditions' was not given and could not be read.": 1,
        "the export holds no Patient of this id": 1,
    }
    problems = {row["patient"] for row in map(json.loads, rows.read_text().splitlines()) if "problem" in row}
    assert problems == {"r", "s"}


def test_a_chart_that_fails_costs_only_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain: Callable[..., Any] = Offline.decide

    async def failing(offline: Offline, request: Any) -> Any:
        if request.context.patient_id == "r":
            raise ZeroDivisionError(SECRET)
        return await plain(offline, request)

    monkeypatch.setattr(Offline, "decide", failing)
    found = counted(str(export(tmp_path / "e", list(CHART), chart_of("r", *CHART))), status=1)
    assert found["patients"]["evaluated"] == 1
    assert found["patients"]["not_evaluated"] == {"the evaluation failed unexpectedly": 1}


def test_packed_files_are_read_and_a_torn_one_is_told(tmp_path: Path) -> None:
    folder = export(tmp_path / "e", list(CHART))
    plain = counted(str(folder))
    for file in list(folder.iterdir()):
        (folder / f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes()))
        file.unlink()
    packed = counted(str(folder))
    assert packed | {"input": {}} == plain | {"input": {}}
    torn = next(folder.glob("MedicationRequest*"))
    torn.write_bytes(torn.read_bytes()[:-12])
    assert counted(str(folder), status=1)["input"]["problems"][0]["kind"] == "the file cannot be read on"


def test_without_conditions_nothing_is_decided(tmp_path: Path) -> None:
    assert "no Condition resources" in run(str(export(tmp_path / "e", [patient()])), status=2)


@pytest.mark.parametrize("content", ["", "{}\n", '{"resourceType": "Encounter"}\n'])
def test_files_without_a_chart_are_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "x.ndjson").write_text(content)
    assert "no chart that can be evaluated" in run(str(tmp_path / "x.ndjson"), status=2)


def test_a_file_that_is_not_there_is_refused() -> None:
    assert "a file is not there" in run("nowhere.ndjson", status=2)


def test_nothing_stays_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    plain: Callable[..., Any] = Offline.decide

    async def looking(offline: Offline, request: Any) -> Any:
        seen.extend(stat.S_IMODE(path.stat().st_mode) for path in spools(tmp_path))
        return await plain(offline, request)

    monkeypatch.setattr(Offline, "decide", looking)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    run(str(export(tmp_path / "e", list(CHART))))
    assert seen == [0o700]
    assert spools(tmp_path) == []


def spools(folder: Path) -> list[Path]:
    return list(folder.glob("calcinosis-cds-screen-*"))
