"""review: the pack shows what is signed, a verdict is recorded for just that, and the status tells what changed."""

import re
import shutil
from importlib.resources import files
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cds_service.cli import build_cli
from treatment_algorithm.knowledge_base import load_knowledge
from treatment_algorithm.reviews import REVIEWS_FILE, load_reviews

KNOWLEDGE = Path(str(files("treatment_algorithm"))) / "knowledge"
RULE = "SAFE-MTX-PREG"
SIGNED = ("--rule", RULE, "--reviewer", "Dr. Ä. Muster", "--date", "2026-12-01")


def run(*arguments: str, status: int = 0) -> str:
    result = CliRunner().invoke(build_cli(), ["review", *arguments])
    assert result.exit_code == status, result.output
    assert "Traceback" not in result.output
    return result.output


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(KNOWLEDGE, tmp_path / "knowledge"))


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def line_of(output: str, rule: str = RULE) -> str:
    return next(line for line in output.splitlines() if line.startswith(f"{rule} "))


def test_at_first_every_rule_is_never_reviewed() -> None:
    output = run("status")
    assert "never reviewed" in line_of(output)
    assert re.search(
        r"(\d+) rules: 0 approved, 0 changes wanted, 0 changed since the review, \1 never reviewed", output
    )


def test_the_check_fails_while_a_rule_is_not_approved() -> None:
    run("status", "--check", status=1)


def test_a_verdict_is_appended_and_the_comment_of_the_file_stays(copy: Path) -> None:
    before = (copy / REVIEWS_FILE).read_text(encoding="utf-8")
    run("record", *SIGNED, "--knowledge", str(copy))
    run("record", *SIGNED[2:], "--rule", "R-DILT", "--knowledge", str(copy))
    text = (copy / REVIEWS_FILE).read_text(encoding="utf-8")
    assert text.startswith(before)
    assert [(one.rule, one.reviewer, one.verdict) for one in load_reviews(copy)] == [
        (RULE, "Dr. Ä. Muster", "approved"),
        ("R-DILT", "Dr. Ä. Muster", "approved"),
    ]
    assert "approved (Dr. Ä. Muster, 2026-12-01)" in line_of(run("status", "--knowledge", str(copy)))
    assert {rule.id for rule in load_knowledge(copy).rules if rule.review == "approved"} == {RULE, "R-DILT"}


def test_a_verdict_can_be_recorded_where_there_is_no_file_yet(copy: Path) -> None:
    (copy / REVIEWS_FILE).unlink()
    run("record", *SIGNED, "--knowledge", str(copy))
    assert len(load_reviews(copy)) == 1


def test_a_file_that_ends_without_a_line_break_is_continued_on_a_new_line(copy: Path) -> None:
    (copy / REVIEWS_FILE).write_text("# Reviews", encoding="utf-8")
    run("record", *SIGNED, "--knowledge", str(copy))
    assert len(load_reviews(copy)) == 1


def test_the_status_says_what_changed_since_the_review(copy: Path) -> None:
    run("record", *SIGNED, "--knowledge", str(copy))
    edit(copy / "safety" / "immunosuppressants.yaml", "          - condition: lactation\n", "")
    line = line_of(run("status", "--knowledge", str(copy)))
    assert "changed since the review (Dr. Ä. Muster, 2026-12-01); changed: case 1; gone: group lactation" in line


def test_changes_wanted_needs_words_and_is_no_approval(copy: Path) -> None:
    wanted = ("record", *SIGNED, "--verdict", "changes-wanted", "--knowledge", str(copy))
    assert "--comment" in run(*wanted, status=2)
    assert load_reviews(copy) == ()
    run(*wanted, "--comment", "Name the washout: six months")
    assert load_reviews(copy)[0].comment == "Name the washout: six months"
    assert "changes wanted" in line_of(run("status", "--knowledge", str(copy)))


def content_in(page: str, rule: str = RULE) -> str:
    found = re.search(rf"{rule}, content <code>([0-9a-f]{{32}})</code>", page)
    assert found
    return found[1]


def test_a_verdict_on_another_content_than_the_pack_s_is_refused(copy: Path) -> None:
    signed = content_in(run("pack", "--rule", RULE, "--knowledge", str(copy)))
    edit(copy / "safety" / "immunosuppressants.yaml", "          - condition: lactation\n", "")
    assert "Make a new pack" in run("record", *SIGNED, "--content", signed, "--knowledge", str(copy), status=2)
    assert load_reviews(copy) == ()
    now = content_in(run("pack", "--rule", RULE, "--knowledge", str(copy)))
    run("record", *SIGNED, "--content", now[:12], "--knowledge", str(copy))
    assert load_reviews(copy)[0].content == now


@pytest.mark.parametrize("content", ["", "0", "zzzzzzzzzzzz"])
def test_a_content_that_says_nothing_is_refused(content: str, copy: Path) -> None:
    run("record", *SIGNED, "--content", content, "--knowledge", str(copy), status=2)


@pytest.mark.parametrize(
    "arguments",
    [
        ("pack", "--rule", "SAFE-NONE"),
        ("record", "--rule", "SAFE-NONE", "--reviewer", "A", "--date", "2026-12-01"),
        ("record", "--rule", RULE, "--reviewer", " ", "--date", "2026-12-01"),
        ("record", "--rule", RULE, "--reviewer", "A", "--date", "tomorrow"),
        ("record", "--rule", RULE, "--reviewer", "A", "--date", "2026-12-01", "--verdict", "maybe"),
        ("record", "--rule", RULE, "--date", "2026-12-01"),
    ],
)
def test_what_cannot_be_done_is_refused_and_writes_nothing(arguments: tuple[str, ...], copy: Path) -> None:
    before = (copy / REVIEWS_FILE).read_bytes()
    run(*arguments, "--knowledge", str(copy), status=2)
    assert (copy / REVIEWS_FILE).read_bytes() == before


def test_no_folder_and_no_target_are_told(tmp_path: Path) -> None:
    run("status", "--knowledge", str(tmp_path / "nowhere"), status=2)
    run("status", "--knowledge", str(tmp_path), status=2)
    run("pack", "--rule", RULE, "--out", str(tmp_path / "nowhere" / "pack.html"), status=2)


def test_knowledge_that_is_not_sound_is_not_reviewed(copy: Path) -> None:
    edit(copy / "scenarios.yaml", "kind: silent", "kind: loud")
    assert "not sound" in run("status", "--knowledge", str(copy), status=2)


def test_a_review_of_a_rule_that_is_gone_is_named(copy: Path) -> None:
    run("record", *SIGNED, "--knowledge", str(copy))
    edit(copy / REVIEWS_FILE, f"rule: {RULE}", "rule: SAFE-GONE")
    output = run("status", "--knowledge", str(copy))
    assert "Reviews of rules that are not there: SAFE-GONE" in output
    assert "never reviewed" in line_of(output)


def test_a_pack_with_a_story_that_cannot_be_read_is_refused(copy: Path) -> None:
    (copy / "stories" / "bad.yaml").write_text("a: 1", encoding="utf-8")
    assert "bad.yaml" in run("pack", "--rule", RULE, "--knowledge", str(copy), status=2)


def test_a_file_that_cannot_be_written_is_told(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_space(*arguments: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "open", no_space)
    assert "No space left" in run("record", *SIGNED, "--knowledge", str(copy), status=2)


@pytest.mark.parametrize("command", ["pack", "record", "status"])
def test_every_command_explains_itself(command: str) -> None:
    assert len(run(command, "--help").split()) > 20


def test_the_pack_goes_to_a_file(tmp_path: Path) -> None:
    target = tmp_path / "pack.html"
    assert "written" in run("pack", "--rule", RULE, "--out", str(target))
    assert target.read_text(encoding="utf-8").startswith("<!doctype html>")
