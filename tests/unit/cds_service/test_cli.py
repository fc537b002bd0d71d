"""The command line: a start that is refused ends with a sentence, not a stack trace."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cds_service.cli import build_cli


def test_serve_says_why_it_does_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CDS_CLIENT_AUTH", "required")
    result = CliRunner().invoke(build_cli(), ["serve"])
    assert result.exit_code == 2
    assert "needs the file of the trusted clients (CDS_TRUSTED_CLIENTS)" in result.output
    assert "Traceback" not in result.output


def test_serve_names_a_setting_that_cannot_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CDS_PORT", "many")
    result = CliRunner().invoke(build_cli(), ["serve"])
    assert result.exit_code == 2
    assert "port" in result.output
