"""The command line: a start that is refused ends with a sentence, not a stack trace."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command
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


def test_the_list_says_of_each_command_what_the_command_says_of_itself() -> None:
    listed = get_command(build_cli()).commands  # type: ignore[attr-defined]  # it is a group
    assert len(listed) == 17
    for name, one in listed.items():
        said = " ".join(one.command().help.partition("\n\n")[0].split())
        assert one.help == said, name


def test_the_list_imports_no_command() -> None:
    script = (
        "import sys; from typer.testing import CliRunner; from cds_service.cli import build_cli; "
        "assert 'validate-knowledge' in CliRunner().invoke(build_cli(), ['--help']).output; "
        "print(sorted({'pydantic', 'sqlalchemy', 'fastapi', 'msgspec'} & sys.modules.keys()))"
    )
    assert subprocess.check_output([sys.executable, "-c", script], text=True) == "[]\n"
