"""`calcinosis-cds lint-cards`: clean requests, a request without cards, a file that is no request."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cds_service.cli import build_cli

REQUESTS = Path(__file__).parents[3] / "demo" / "hook-requests"


@pytest.fixture
def run() -> CliRunner:
    return CliRunner()


def test_the_cards_of_recorded_requests_are_clean(run: CliRunner) -> None:
    files = [str(REQUESTS / name) for name in ("patient-view.json", "order-select.json", "order-sign.json")]
    result = run.invoke(build_cli(), ["lint-cards", *files, "--today", "2026-11-22"])
    assert result.exit_code == 0
    assert "3 requests, 0 complaints" in result.output


def test_a_request_that_gets_no_answer_is_a_complaint(run: CliRunner, tmp_path: Path) -> None:
    body = json.loads((REQUESTS / "patient-view.json").read_text(encoding="utf-8"))
    del body["prefetch"]["conditions"]
    file = tmp_path / "no-conditions.json"
    file.write_text(json.dumps(body), encoding="utf-8")
    result = run.invoke(build_cli(), ["lint-cards", str(file), "--today", "2026-11-22"])
    assert result.exit_code == 1
    assert "no-conditions.json: no cards:" in result.output


@pytest.mark.parametrize("text", ["not JSON", "[]", '{"resourceType": "Bundle"}'])
def test_a_file_that_is_no_request_is_refused_without_its_text(run: CliRunner, tmp_path: Path, text: str) -> None:
    file = tmp_path / "other.json"
    file.write_text(text, encoding="utf-8")
    result = run.invoke(build_cli(), ["lint-cards", str(file)])
    assert result.exit_code == 2
    assert "other.json is no recorded hook request" in result.output
    assert "Bundle" not in result.output
