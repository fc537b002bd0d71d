"""Texts that must hold wherever the repository is cloned to."""

import re

import pytest

from scripts.readme_blocks import read_blocks
from tests.house.repository import ROOT, text_files

# A folder of the machine that a text was written on: the home folders, and a folder named after the work.
OF_A_MACHINE = re.compile(r"(?<![\w./:@-])/(?:root|work|home/\w+|Users/\w+)/")
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = read_blocks(README)


def test_no_text_names_a_folder_of_the_machine_it_was_written_on() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in text_files()
        if (match := OF_A_MACHINE.search(path.read_text(encoding="utf-8", errors="replace")))
    ]
    assert found == []


@pytest.mark.parametrize("folder", ["root", "home/ada", "work", "Users/ada"])
def test_such_a_folder_is_seen(folder: str) -> None:
    assert OF_A_MACHINE.search(f"see `/{folder}/notes.txt`")


@pytest.mark.parametrize("text", ["https://example.org/work/1", "patchwork/root/x", "./root/x"])
def test_addresses_and_relative_paths_are_not_taken_for_one(text: str) -> None:
    assert not OF_A_MACHINE.search(text)


def test_every_make_command_of_the_readme_is_a_target() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z0-9-]+):", makefile, flags=re.MULTILINE))
    named = set(re.findall(r"(?:^|[`;&] ?)make ([a-z0-9-]+)", README, flags=re.MULTILINE))
    assert {"run", "test"} <= named
    assert named <= targets


@pytest.mark.parametrize("kind", ["serve", "test", "curl"])
def test_the_readme_marks_the_commands_that_are_run(kind: str) -> None:
    assert [block for block in BLOCKS if block.kind == kind]
