"""calcinosis-cds explain: each rule with what decided it, each proof with its entry, what is unknown."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from cds_service.cli import build_cli
from tests.support.worked_cards import FOLDER, request

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from treatment_algorithm.knowledge_base import KnowledgeBase

DAY = "2026-11-22"


@pytest.fixture(autouse=True)
def _surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, knowledge: "KnowledgeBase") -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("cds_service.commands.file_evaluation.load_knowledge", lambda folder: knowledge)
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)


def explained(example: str, *more: str) -> str:
    path = str(FOLDER / f"example-{example}.request.json")
    result = CliRunner().invoke(build_cli(), ["explain", path, "--today", DAY, *more])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def already_treated() -> str:
    """Worked card 7: a child with calcinosis on prednisolone and methotrexate."""
    return explained("7")


def part(text: str, heading: str) -> str:
    """The lines under a heading."""
    return text.split(f"\n{heading}\n", 1)[1].split("\n\n", 1)[0]


def test_the_head_says_day_scenario_and_cards(already_treated: str) -> None:
    assert already_treated.startswith(f"Hook patient-view, {DAY}, knowledge ")
    assert "Scenario: SC-ACTIVE (" in already_treated
    assert "Cards: info\n" in already_treated


def test_a_feature_stands_with_its_proof(already_treated: str) -> None:
    features = part(already_treated, "Features")
    assert (
        "yes     F-CALC  Calcinosis cutis, current\n          Condition/jdm-7-calcinosis, 12 Nov 2026, active"
        in features
    )
    assert "unknown F-SYMP" in features


def test_a_therapy_line_says_since_when_and_why_it_failed(already_treated: str) -> None:
    """evidence.md 2.2: calcinosis after nine months of methotrexate and prednisolone is one failed line."""
    lines = part(already_treated, "Therapy lines").splitlines()
    assert [line.split(":")[0].strip() for line in lines] == ["prednisolone", "methotrexate"]
    assert "failed" not in lines[0]
    assert "since 20 Feb 2026, current; failed: calcinosis dated after the minimum trial" in lines[1]


def test_a_recorded_reason_is_told_from_a_date() -> None:
    assert "failed: a recorded reason" in part(explained("3"), "Therapy lines")


def test_a_rule_stands_with_its_deciding_condition(already_treated: str) -> None:
    rules = part(already_treated, "Rules")
    assert "  yes     SC-ACTIVE " in rules
    intensify = next(line for line in rules.splitlines() if " R-INTENSIFY " in line)
    assert intensify.startswith("  no ")
    assert intensify.endswith("decided by: F-SPARING")
    assert "not asked, no order at this hook: OS-DILT" in rules


def test_every_rule_of_the_trace_stands_once(already_treated: str) -> None:
    trace = json.loads(explained("7", "--json"))
    told = already_treated.split("\nRules\n", 1)[1].replace(",", " ").split()
    for rule in trace["rules"]:
        assert told.count(rule["id"]) >= 1, rule["id"]


def test_what_is_unknown_is_grouped_by_what_would_decide_it(already_treated: str) -> None:
    unknown = part(already_treated, "What is unknown and would decide").splitlines()
    assert any(line.strip().startswith("F-LOC (") and line.endswith(": SC-LOCAL") for line in unknown)


def test_a_complete_chart_has_no_gap(already_treated: str) -> None:
    assert "none: every group was read completely" in already_treated.split("\nData gaps\n")[1]


def test_json_is_the_object_of_the_service(client: "TestClient") -> None:
    ours: dict[str, Any] = json.loads(explained("7", "--json"))
    theirs = client.post("/api/evaluate", json=request("7")).json()
    assert ours.keys() == theirs.keys()
    for member in ours.keys() - {"cards"}:
        assert ours[member] == theirs[member], member
    assert [card["summary"] for card in ours["cards"]] == [card["summary"] for card in theirs["cards"]]


def test_a_gap_is_named(tmp_path: Path) -> None:
    body = request("7")
    del body["prefetch"]["allergies"]
    path = tmp_path / "request.json"
    path.write_text(json.dumps(body), encoding="utf-8")
    result = CliRunner().invoke(build_cli(), ["explain", str(path), "--today", DAY])
    gaps = result.output.split("\nData gaps\n")[1]
    assert "could not be read: allergies (not obtained)" in gaps
    assert "allergies: not-obtained" in gaps
