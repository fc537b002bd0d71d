"""Knowledge that can never speak, or compares without a unit, does not load."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from treatment_algorithm.dead_entries import dead_entries
from treatment_algorithm.knowledge_base import KnowledgeBase, knowledge_folder, load_knowledge
from treatment_algorithm.knowledge_errors import KnowledgeError


def test_nothing_in_the_product_s_knowledge_is_dead(knowledge: KnowledgeBase) -> None:
    assert list(dead_entries(knowledge)) == []


def appended(file: str, text: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        with (folder / file).open("a", encoding="utf-8") as target:
            target.write(text)

    return spoil


def replaced(file: str, old: str, new: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        path = folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return spoil


SPOILT = {
    "a word that no text uses": (
        appended("words.yaml", "- {id: lonely, variants: alone}\n"),
        "words.yaml",
        "no text uses",
    ),
    "a feature that nothing asks for": (
        appended("features.yaml", "- id: F-LONELY\n  title: Nobody asks\n  when: {feature: F-DM}\n"),
        "features.yaml",
        "asks for this feature",
    ),
    "a suggestion that nothing offers": (
        appended(
            "suggestions.yaml",
            "- id: lonely\n  label: Nobody offers this\n  actions: [{type: delete, description: Remove it}]\n",
        ),
        "suggestions.yaml",
        "offers this suggestion",
    ),
    "a number without a unit": (
        replaced("features.yaml", "{is: pain_severity_0_10, at_least: 1", "{is: hbsag, at_least: 1"),
        "features.yaml",
        "gives it no unit",
    ),
    "a variant after one that always holds": (
        replaced(
            "words.yaml", "- id: newness\n  variants:\n", "- id: newness\n  variants:\n    - {text: Calcinosis}\n"
        ),
        "words.yaml",
        "no variant after number 1",
    ),
    "a case after one that always acts": (
        replaced(
            "safety/immunosuppressants.yaml",
            "  cases:\n",
            "  cases:\n    - {when: {always: true}, action: mention, ordered: Always}\n",
        ),
        "immunosuppressants.yaml",
        "no case after number 1",
    ),
}


@pytest.mark.parametrize(("spoil", "file", "message"), SPOILT.values(), ids=SPOILT.keys())
def test_dead_knowledge_is_refused_with_file_and_line(
    spoil: Callable[[Path], None], file: str, message: str, tmp_path: Path
) -> None:
    folder = tmp_path / "knowledge"
    shutil.copytree(str(knowledge_folder()), folder)
    spoil(folder)
    with pytest.raises(KnowledgeError, match=message) as caught:
        load_knowledge(folder)
    assert caught.value.file == file
    assert caught.value.line is not None
