"""calcinosis-cds doctor: lines, JSON, exit status, and what it refuses to run with."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
import respx
from typer.testing import CliRunner

from cds_service.cli import build_cli
from tests.doctor.reports import BASE, DATE, capability_statement, healthy_ehr
from tests.service.ehr import SEARCH_KEYS

if TYPE_CHECKING:
    from treatment_algorithm.knowledge_base import KnowledgeBase

TOKEN = "opaque-token-4711"


@pytest.fixture(autouse=True)
def _surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, knowledge: "KnowledgeBase") -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("cds_service.commands.doctor_report.load_knowledge", lambda folder: knowledge)
    monkeypatch.setattr("cds_service.commands.doctor_report.time", lambda: 1795348800.0)
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "CDS_PUBLIC_BASE_URL", "CDS_TIME_ZONE", "CDS_PORT"):
        monkeypatch.delenv(name, raising=False)


def run(*arguments: str, status: int = 0) -> str:
    result = CliRunner().invoke(build_cli(), ["doctor", *arguments])
    assert result.exit_code == status, result.output
    assert "Traceback" not in result.output
    return result.output


def test_a_fresh_clone_has_no_finding() -> None:
    output = run()
    assert "\nSettings\nok    names: " in output
    assert output.endswith("10 ok, 0 warn, 0 FAIL\n")
    assert list(Path().iterdir()) == []


def test_a_typing_error_in_the_env_file_is_found() -> None:
    Path(".env").write_text("CDS_PUBLIC_URL=https://cds.example.org\n", encoding="utf-8")
    assert "warn  names: No such setting, so without effect: CDS_PUBLIC_URL" in run(status=1)


def test_a_value_that_cannot_be_used_ends_the_examination_there() -> None:
    Path(".env").write_text("CDS_PORT=none\n", encoding="utf-8")
    output = run(status=1)
    assert "FAIL  CDS_PORT: Cannot be used" in output
    assert output.endswith("0 ok, 0 warn, 1 FAIL\n")


def test_json_has_the_same_checks() -> None:
    Path(".env").write_text("CDS_PORT=none\n", encoding="utf-8")
    assert json.loads(run("--json", status=1)) == {
        "checks": [
            {
                "part": "Settings",
                "about": "CDS_PORT",
                "level": "fail",
                "sentence": "Cannot be used: Input should be a valid integer, unable to parse string as an integer.",
            }
        ],
        "counts": {"ok": 0, "warn": 0, "fail": 1},
    }


def test_an_ehr_is_looked_at(ehr: respx.MockRouter) -> None:
    Path(".env").write_text(f"CDS_ALLOWED_FHIR_SERVERS={BASE}\n", encoding="utf-8")
    healthy_ehr(ehr)
    output = run("--ehr", f"{BASE}/")
    assert f"\nEHR {BASE}\nok    https: " in output
    assert "ok    allow list: " in output
    ehr.get("/metadata").mock(
        return_value=httpx.Response(200, json=capability_statement("3.0.2"), headers={"date": DATE})
    )
    assert "FAIL  FHIR version: " in run("--ehr", BASE, status=1)


def test_a_patient_is_read_with_the_token(ehr: respx.MockRouter) -> None:
    Path("token.txt").write_text(f"{TOKEN}\n", encoding="utf-8")
    healthy_ehr(ehr)
    reads = [ehr.get(f"/{path}") for path in ("Patient/pat-1", *SEARCH_KEYS.values())]
    for read in reads:
        read.mock(return_value=httpx.Response(403))
    output = run("--ehr", BASE, "--token-file", "token.txt", "--patient", "pat-1", status=1)
    assert "FAIL  sample call: The service would answer 412." in output
    sent = [call.request.headers["authorization"] for read in reads for call in read.calls]
    assert sent == [f"Bearer {TOKEN}"] * len(reads)
    assert TOKEN not in output


def test_a_token_is_not_sent_over_plain_http() -> None:
    Path("token.txt").write_text(TOKEN, encoding="utf-8")
    with respx.mock(base_url="http://ehr.example.org/fhir", assert_all_called=False) as router:
        healthy_ehr(router)
        arguments = ("--ehr", "http://ehr.example.org/fhir", "--token-file", "token.txt", "--patient", "1")
        assert "FAIL  sample call: Not made" in run(*arguments, status=1)
        assert not any("authorization" in call.request.headers for call in router.calls)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--patient", "1"),
        ("--token-file", "token.txt", "--ehr", BASE),
        ("--ehr", "ehr.example.org/fhir"),
        ("--ehr", "https://user:secret@ehr.example.org/fhir"),
        ("--ehr", BASE, "--patient", "1", "--token-file", "missing.txt"),
        ("--ehr", BASE, "--patient", "1", "--token-file", "two-words.txt"),
        ("--ehr", BASE, "--patient", "1", "--token-file", "empty.txt"),
        ("--origin", "https://ehr.example.org"),
        ("--service", "configured", "--jwt-key", "key.pem"),
        ("--service", "configured", "--issuer", "x"),
        ("--service", "configured", "--jwt-key", "missing.pem", "--issuer", "x", "--kid", "y"),
        ("--service", "configured", "--jwt-key", "two-words.txt", "--issuer", "x", "--kid", "y"),
        ("--service", "cds.example.org"),
    ],
)
def test_what_it_cannot_run_with(arguments: tuple[str, ...]) -> None:
    Path("two-words.txt").write_text("Bearer secret", encoding="utf-8")
    Path("empty.txt").touch()
    Path("token.txt").write_text(TOKEN, encoding="utf-8")
    assert "secret" not in run(*arguments, status=2)
