"""calcinosis-cds scenarios, diff and demo: many cases by every rule, two versions of the knowledge, the first look."""

import csv
import io
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner, Result

from cds_service.cli import build_cli
from cds_service.commands.demo import demo
from cds_service.settings import Settings
from tests.unit.cds_service.charts import CALCINOSIS, DERMATOMYOSITIS, PREDNISOLONE, bundle, drug, patient, write
from treatment_algorithm.knowledge_base import knowledge_folder

if TYPE_CHECKING:
    from treatment_algorithm.knowledge_base import KnowledgeBase

REQUESTS = Path(__file__).resolve().parents[3] / "demo" / "hook-requests"
AV_BLOCK = REQUESTS / "order-select.diltiazem-av-block.json"
UNTREATED = REQUESTS / "patient-view.dm-untreated.json"
DAY = ("--today", "2026-11-22")


@pytest.fixture(autouse=True)
def _knowledge(monkeypatch: pytest.MonkeyPatch, knowledge: "KnowledgeBase") -> None:
    """The knowledge that is loaded already: loading it is most of a command's time."""
    monkeypatch.setattr("cds_service.commands.file_evaluation.load_knowledge", lambda folder: knowledge)


def run(*words: object) -> Result:
    return CliRunner().invoke(build_cli(), [str(word) for word in words])


def other_knowledge(folder: Path, before: str, after: str) -> Path:
    """A copy of the knowledge in which one sentence says something else."""
    other = folder / "knowledge"
    shutil.copytree(str(knowledge_folder()), other)
    file = other / "sentences.yaml"
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")
    return other


def test_every_demo_request_is_a_case_and_every_rule_a_column() -> None:
    done = run("scenarios", "--format", "csv", *DAY)
    assert done.exit_code == 0, done.output
    rows = list(csv.DictReader(io.StringIO(done.output)))
    assert [row["case"] for row in rows] == [file.stem for file in sorted(REQUESTS.glob("*.json"))]
    (blocked,) = [row for row in rows if row["case"] == AV_BLOCK.stem]
    assert blocked["SAFE-DILT-AVB"] == "card"
    assert blocked["cards"].startswith("critical: ")


def test_the_text_names_cards_and_says_when_there_is_nothing_to_say(tmp_path: Path) -> None:
    spoken = run("scenarios", AV_BLOCK, *DAY).output
    assert "order-select.diltiazem-av-block (order-select)" in spoken
    assert "critical: " in spoken
    silent = run("scenarios", REQUESTS / "order-select.paracetamol.json", *DAY).output
    assert "evaluated, nothing to say" in silent


def test_a_case_that_cannot_be_evaluated_does_not_look_like_nothing_to_say(tmp_path: Path) -> None:
    request = json.loads(UNTREATED.read_text(encoding="utf-8"))
    del request["prefetch"]["conditions"]
    file = tmp_path / "call.json"
    file.write_text(json.dumps(request), encoding="utf-8")
    done = run("scenarios", file, *DAY)
    assert "no answer (412)" in done.output
    assert "nothing to say" not in done.output
    (case,) = json.loads(run("scenarios", file, "--json", *DAY).output)["cases"]
    assert case["refused"]
    assert "No answer (412)" in run("scenarios", file, "--format", "html", *DAY).output


def test_a_chart_is_a_case_at_opening_and_at_each_order_hook_where_it_holds_a_draft(tmp_path: Path) -> None:
    draft = drug(PREDNISOLONE, "draft") | {"status": "draft"}
    plain = write(tmp_path, bundle(patient(), CALCINOSIS, DERMATOMYOSITIS))
    hooks = [case["hook"] for case in json.loads(run("scenarios", plain, "--json", *DAY).output)["cases"]]
    assert hooks == ["patient-view"]
    ordered = write(tmp_path, bundle(patient(), CALCINOSIS, DERMATOMYOSITIS, draft))
    hooks = [case["hook"] for case in json.loads(run("scenarios", ordered, "--json", *DAY).output)["cases"]]
    assert hooks == ["patient-view", "order-select", "order-sign"]


def test_the_page_needs_nothing_beside_it_and_reads_names_as_text(tmp_path: Path) -> None:
    file = tmp_path / "<script>alert(1)<"
    file = file.with_suffix(".json")
    shutil.copy(UNTREATED, file)
    page = tmp_path / "page.html"
    assert run("scenarios", file, "--format", "html", "--output", page, *DAY).exit_code == 0
    text = page.read_text(encoding="utf-8")
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)&lt;" in text
    assert "http://" not in text
    assert "src=" not in text


@pytest.mark.parametrize("content", ["", "{", '{"resourceType": "Bundle", "Wilhelmina": 1}'])
def test_a_file_that_cannot_be_used_ends_with_2_and_is_named_without_its_content(tmp_path: Path, content: str) -> None:
    file = tmp_path / "chart.json"
    file.write_text(content, encoding="utf-8")
    for command in (("scenarios", file), ("diff", tmp_path, tmp_path, file)):
        done = run(*command)
        assert done.exit_code == 2, done.output
        assert "chart.json" in done.output
        assert "Wilhelmina" not in done.output


def test_the_same_knowledge_answers_the_same() -> None:
    done = run("diff", knowledge_folder(), knowledge_folder(), AV_BLOCK, UNTREATED, *DAY)
    assert done.exit_code == 0, done.output
    assert "2 cases" in done.output
    assert "0 answered differently" in done.output


def test_a_changed_sentence_is_found_where_it_was_said_and_nowhere_else(tmp_path: Path) -> None:
    said = "Confirm disease activity first"
    other = other_knowledge(tmp_path, said, "Confirm disease activity before")
    answers = json.loads(run("scenarios", "--json", *DAY).output)["cases"]
    done = run("diff", knowledge_folder(), other, "--json", *DAY)
    assert done.exit_code == 1, done.output
    told = json.loads(done.output)
    assert told["cases"] == len(answers)
    assert told["before"]["hash"] != told["after"]["hash"]
    changed = {change["case"] for change in told["changed"]}
    assert {part for change in told["changed"] for one in change["changed"] for part in one["parts"]} == {"detail"}
    speaking = {file.stem for file in REQUESTS.glob("*.json") if said in evaluated(file)}
    assert changed == speaking
    assert speaking


def evaluated(file: Path) -> str:
    return run("evaluate", file, "--json", *DAY).output


def test_a_folder_without_knowledge_ends_with_2(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        done = run("diff", knowledge_folder(), folder, AV_BLOCK)
        assert done.exit_code == 2
        assert str(folder) in done.output.replace("\n", "")


def test_the_demo_serves_on_this_machine_with_no_setting_of_a_real_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDS_ENVIRONMENT", "production")
    monkeypatch.setenv("CDS_SITE_FILE", "/etc/site.yaml")
    monkeypatch.setenv("CDS_HOST", "0.0.0.0")  # noqa: S104  what must not be taken over
    seen: list[Settings] = []

    def serve(settings: Settings, started: Any) -> None:
        seen.append(settings)
        started()

    monkeypatch.setattr("cds_service.commands.demo.run_server", serve)
    demo(port=8123, browser=False)
    (settings,) = seen
    assert (settings.environment, settings.host, settings.port) == ("development", "127.0.0.1", 8123)
    assert (settings.client_auth, settings.site_file, settings.public_base_url) == (
        "off",
        None,
        "http://127.0.0.1:8123",
    )
    assert "calcinosis-cds-demo-" in settings.database_url
