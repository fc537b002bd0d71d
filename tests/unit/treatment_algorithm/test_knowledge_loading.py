"""What is wrong in a knowledge file stops the loading, with the file and the line (decision 12)."""

import re
import shutil
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest

from treatment_algorithm.knowledge_base import load_knowledge
from treatment_algorithm.knowledge_errors import KnowledgeError

SHIPPED = Path(str(files("treatment_algorithm"))) / "knowledge"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped knowledge that a test may spoil."""
    copied: Path = shutil.copytree(SHIPPED, tmp_path / "knowledge", ignore=shutil.ignore_patterns("stories"))
    return copied


def line_with(file: Path, text: str) -> int:
    """The number of the first line that holds the text."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def entry(identity: str, *lines: str) -> str:
    """A feature at the end of a file."""
    return "\n".join((f"- id: {identity}", "  title: A test", *lines, ""))


def refused(folder: Path) -> KnowledgeError:
    with pytest.raises(KnowledgeError) as caught:
        load_knowledge(folder)
    return caught.value


def append(file: Path, text: str) -> int:
    """The line on which the appended text begins."""
    before = file.read_text(encoding="utf-8")
    file.write_text(before + text, encoding="utf-8")
    return before.count("\n") + 1


def replace_once(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_copy_loads_and_hashes_as_the_shipped_one(folder: Path) -> None:
    assert load_knowledge(folder).content_hash == load_knowledge(SHIPPED).content_hash


@pytest.mark.parametrize(
    ("when", "offset", "message"),
    [
        ("  when: {conditions: gout}", 2, "unknown word 'conditions'"),
        ("  when: {condition: gout, taking: diltiazem}", 2, "exactly one word"),
        ("  when: gout", 2, "exactly one word"),
        ("  when: {condition: {is: gout, severe: true}}", 2, "severe"),
        ("  when: {condition: {is: gout, standing: actual}}", 2, "actual|Input should be"),
        ("  when: {all: []}", 2, "at least 1"),
        ("  when: {measured: {is: lvef, range: outside}}", 2, "pattern"),
        ("  when: {not: {any: [{condition: gout}, {take: diltiazem}]}}", 2, "unknown word 'take'"),
        ("  when: {condition: gouty}", 0, "unknown concept or set 'gouty'"),
        ("  when: {failed: {of: methotrexat}}", 0, "unknown therapy 'methotrexat'"),
        ("  when: {scenario: SC-UNHEARD}", 0, "unknown scenario 'SC-UNHEARD'"),
        ("  when: {feature: F-LATER}", 0, "F-LATER, which is not defined before it"),
    ],
)
def test_a_feature_that_cannot_be_asked_is_refused_where_it_stands(
    folder: Path, when: str, offset: int, message: str
) -> None:
    first = append(folder / "features.yaml", entry("F-TEST", when))
    error = refused(folder)
    assert (error.file, error.line) == ("features.yaml", first + offset)
    assert re.search(message, error.message)


def test_a_feature_may_only_use_features_before_it(folder: Path) -> None:
    first = append(
        folder / "features.yaml",
        entry("F-EARLY", "  when: {feature: F-LATE}") + entry("F-LATE", "  when: {condition: gout}"),
    )
    error = refused(folder)
    assert (error.file, error.line) == ("features.yaml", first)
    assert "F-LATE" in error.message


def test_a_missing_member_is_named_with_its_entry(folder: Path) -> None:
    first = append(folder / "features.yaml", entry("F-TEST"))
    error = refused(folder)
    assert (error.file, error.line) == ("features.yaml", first)
    assert "when" in error.message


def test_a_member_that_no_model_knows_is_refused(folder: Path) -> None:
    first = append(folder / "features.yaml", entry("F-TEST", "  when: {condition: gout}", "  unless: true"))
    error = refused(folder)
    assert (error.file, error.line) == ("features.yaml", first + 3)


@pytest.mark.parametrize("word", ["yes", "no"])
def test_a_bare_yes_or_no_of_yaml_is_no_word_of_the_vocabulary(folder: Path, word: str) -> None:
    """YAML 1.1 reads a bare yes or no as a boolean; it must not pass for a predicate."""
    first = append(folder / "features.yaml", entry("F-TEST", f"  when: {{{word}: gout}}"))
    error = refused(folder)
    assert (error.file, error.line) == ("features.yaml", first + 2)


@pytest.mark.parametrize("word", ["yes", "no", "on", "off"])
def test_a_bare_yes_or_no_is_no_text(folder: Path, word: str) -> None:
    replace_once(folder / "features.yaml", "title: Calcinosis cutis, current", f"title: {word}")
    error = refused(folder)
    assert error.file == "features.yaml"
    assert error.line == line_with(folder / "features.yaml", f"title: {word}")


def test_an_id_that_stands_twice_is_refused(folder: Path) -> None:
    append(folder / "features.yaml", entry("F-CALC", "  when: {condition: gout}"))
    error = refused(folder)
    assert error.file == "features.yaml"
    assert "F-CALC" in error.message


@pytest.mark.parametrize(
    ("file", "identity", "old", "new", "message"),
    [
        ("scenarios.yaml", "SC-IDIO", "sources: [BOULMAN]", "sources: [BOULMANN]", "unknown source 'BOULMANN'"),
        ("recommendations.yaml", "R-DILT", "drug: diltiazem", "drug: diltiazim", "unknown concept or set 'diltiazim'"),
        ("suggestions.yaml", "surgical-opinion", "referral_surgery,", "referral_surgeon,", "'referral_surgeon'"),
        ("cards/3_local_treatment.yaml", "local", "{source: BALIN}", "{source: BALINN}", "unknown source 'BALINN'"),
        ("cards/3_local_treatment.yaml", "local", "R-NPWT", "R-NPWTT", "unknown recommendation 'R-NPWTT'"),
        ("cards/3_local_treatment.yaml", "local", "anchor: sc-local", "anchor: sc-locale", "anchor 'sc-locale'"),
        (
            "cards/3_local_treatment.yaml",
            "local",
            "use: surgical-opinion",
            "use: surgery",
            "unknown suggestion 'surgery'",
        ),
        (
            "cards/3_local_treatment.yaml",
            "local",
            "action-unsuccessful",
            "action-unheard",
            "unknown override reason 'action-unheard'",
        ),
        ("safety/biologics.yaml", "SAFE-RTX-HBV", "about: rituximab", "about: rituximap", "'rituximap'"),
    ],
)
def test_a_name_that_does_not_exist_is_refused_at_the_entry_that_uses_it(
    folder: Path, file: str, identity: str, old: str, new: str, message: str
) -> None:
    replace_once(folder / file, old, new)
    error = refused(folder)
    assert (error.file, error.line) == (Path(file).name, line_with(folder / file, f"- id: {identity}"))
    assert message in error.message


def test_an_approval_without_reviewer_and_date_is_refused(folder: Path) -> None:
    replace_once(folder / "scenarios.yaml", "- id: SC-IDIO\n", "- id: SC-IDIO\n  review: approved\n")
    error = refused(folder)
    assert (error.file, error.line) == ("scenarios.yaml", line_with(folder / "scenarios.yaml", "- id: SC-IDIO"))
    assert "reviewer" in error.message


def test_what_is_not_yaml_is_refused_with_its_line(folder: Path) -> None:
    first = append(folder / "features.yaml", "- id: [F-TEST\n")
    error = refused(folder)
    assert error.file == "features.yaml"
    assert error.line is not None
    assert error.line >= first


def test_an_error_reads_as_file_line_and_message() -> None:
    assert str(KnowledgeError("features.yaml", 7, "wrong")) == "features.yaml:7: wrong"
    assert str(KnowledgeError("features.yaml", None, "wrong")) == "features.yaml: wrong"


@pytest.mark.parametrize("name", ["features.yaml", "concepts/sets.yaml", "safety/biologics.yaml"])
def test_a_changed_byte_changes_the_hash(folder: Path, name: str, spoil: Callable[[Path], int]) -> None:
    spoil(folder / name)
    assert load_knowledge(folder).content_hash != load_knowledge(SHIPPED).content_hash


@pytest.fixture
def spoil() -> Callable[[Path], int]:
    """Adds what changes nothing but the bytes."""
    return lambda file: file.write_bytes(file.read_bytes() + b"\n")
