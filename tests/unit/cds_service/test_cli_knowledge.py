"""validate-knowledge and generated-docs: complaints with file and line, and a document that cannot grow old unseen."""

import shutil
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from cds_service.cli import build_cli

if TYPE_CHECKING:
    from treatment_algorithm.knowledge_base import KnowledgeBase

KNOWLEDGE = Path(str(files("treatment_algorithm"))) / "knowledge"


def run(*arguments: str, status: int = 0) -> str:
    result = CliRunner().invoke(build_cli(), list(arguments))
    assert result.exit_code == status, result.output
    assert "Traceback" not in result.output
    return result.output


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(KNOWLEDGE, tmp_path / "knowledge", ignore=shutil.ignore_patterns("stories")))


def edit(file: Path, old: str, new: str) -> int:
    """Replace the first occurrence; the line (from 1) on which it stands."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_the_shipped_knowledge_is_sound() -> None:
    output = run("validate-knowledge")
    assert output.startswith("Knowledge ")
    assert "draft, not reviewed by a clinician" in output
    assert "11 scenarios" in output


def test_every_complaint_stands_with_file_and_line(copy: Path) -> None:
    banned = edit(copy / "suggestions.yaml", "label: Refer for a surgical opinion", "label: You must operate")
    word = edit(copy / "words.yaml", "text: juvenile dermatomyositis}", 'text: "dermatomyositis {nonsense}"}')
    edit(copy / "suggestions.yaml", "code: diltiazem", "code: calcinosis_cutis")
    output = run("validate-knowledge", str(copy), status=1)
    assert f"suggestions.yaml:{banned}: surgical-opinion: label: L9: 'must'" in output
    assert f"words.yaml:{word}: disease: variants: unknown placeholder '{{nonsense}}'" in output
    assert "draft-diltiazem: code 'calcinosis_cutis' has no verified code of http://www.nlm.nih.gov" in output
    assert "Knowledge " in output


def test_a_file_that_is_not_in_form_is_one_complaint(copy: Path) -> None:
    line = edit(copy / "scenarios.yaml", "kind: silent", "kind: loud")
    assert run("validate-knowledge", str(copy), status=1).startswith(f"scenarios.yaml:{line}: ")


def test_a_missing_file_is_told_from_a_wrong_one(copy: Path) -> None:
    (copy / "words.yaml").unlink()
    assert "words.yaml" in run("validate-knowledge", str(copy), status=2)


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    run("validate-knowledge", str(tmp_path / "nowhere"), status=2)


def test_the_documents_are_current_once_they_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, knowledge: "KnowledgeBase"
) -> None:
    monkeypatch.setattr("cds_service.commands.generated_docs.load_knowledge", lambda folder: knowledge)
    folder = str(tmp_path)
    assert run("generated-docs", "--check", "--folder", folder, status=1).count("not current") == 3
    run("generated-docs", "--folder", folder)
    assert run("generated-docs", "--check", "--folder", folder).count("is current") == 3
    target = tmp_path / "scopes.md"
    target.write_text(target.read_text(encoding="utf-8") + "changed by hand\n", encoding="utf-8")
    output = run("generated-docs", "--check", "--folder", folder, status=1)
    assert f"{target} is not current" in output
    assert f"{tmp_path / 'clinical-knowledge.md'} is current" in output


def test_a_folder_that_is_not_there_is_no_place_for_documents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, knowledge: "KnowledgeBase"
) -> None:
    monkeypatch.setattr("cds_service.commands.generated_docs.load_knowledge", lambda folder: knowledge)
    run("generated-docs", "--folder", str(tmp_path / "docs"), status=2)


@pytest.mark.parametrize("command", ["serve", "evaluate", "explain", "validate-knowledge", "generated-docs"])
def test_every_command_explains_itself(command: str) -> None:
    assert len(run(command, "--help").split()) > 20
