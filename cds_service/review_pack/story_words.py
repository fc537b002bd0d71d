"""Stories as a reviewer reads them: the patient in a few lines, and what the service must do."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Any

import yaml

from cds_service.documents.story_index import StoryEntry, StoryIndex, load_stories
from treatment_algorithm.knowledge_files import yaml_files

_NOT_TOLD = frozenset({"id", "about", "kind", "title", "expect"})
_KINDS = {
    "fires": "the rule fires",
    "near-miss": "the rule just does not fire",
    "data-missing": "data are missing",
}
_EXPECTED = {
    "fired": "fires",
    "not_fired": "does not fire",
    "unknown": "unknown for lack of data",
    "cards": "number of cards",
    "indicator": "most urgent card",
    "on_card": "named on a card",
    "not_on_card": "not named on a card",
    "suggestions": "offered",
    "says": "a card says",
    "never_says": "no card says",
    "status": "HTTP status",
}
_QUOTED = frozenset({"says", "never_says"})


@dataclass(frozen=True, slots=True)
class StoryTold:
    """A story: its entry in the index, what it shows, (what, words) of the chart, and (what, words) of the answer."""

    entry: StoryEntry
    shows: str
    chart: tuple[tuple[str, str], ...]
    expected: tuple[tuple[str, str], ...]


def load_told(folder: Traversable) -> tuple[StoryTold, ...]:
    """The stories of a folder in the order of its files, none without a folder; KnowledgeError for a file of none."""
    index: StoryIndex = load_stories(folder)
    files = yaml_files(folder) if folder.is_dir() else ()
    # The index has read the same files: what is here is a list of mappings with these members.
    raw = (entry for file in files for entry in yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader))
    return tuple(_told(entry, written) for entry, written in zip(index.stories, raw, strict=True))


def stories_about(stories: Iterable[StoryTold], identity: str) -> tuple[StoryTold, ...]:
    """The stories that are about an ID."""
    return tuple(story for story in stories if identity in story.entry.about)


def _told(entry: StoryEntry, written: Mapping[str, Any]) -> StoryTold:
    chart = ((spaced(name), _in_words(value)) for name, value in written.items() if name not in _NOT_TOLD)
    return StoryTold(entry, _KINDS.get(entry.kind, entry.kind), tuple(chart), tuple(_expected(written)))


def spaced(name: str) -> str:
    """A name of the story files as words."""
    return name.replace("_", " ")


def _expected(written: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    expect = written.get("expect")
    for name, value in expect.items() if isinstance(expect, Mapping) else ():
        items = value if isinstance(value, list) else [value]
        words = [f"“{item}”" if name in _QUOTED else spaced(str(item)) for item in items]
        yield _EXPECTED.get(name, spaced(name)), ", ".join(words) or "nothing"


def _in_words(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(_in_words(item) for item in value) or "none"
    if isinstance(value, Mapping):
        named = [spaced(str(value["is"]))] if "is" in value else []
        return ", ".join([*named, *(_member(name, inner) for name, inner in value.items() if name != "is")])
    return spaced(str(value))


def _member(name: str | bool, value: Any) -> str:
    # YAML 1.1 reads the bare key `on` as a truth.
    name = "on" if name is True else str(name)
    if isinstance(value, bool):
        return spaced(name) if value else f"not {spaced(name)}"
    # What an entry says word for word, an underscore and all.
    words = value if isinstance(value, str) else _in_words(value)
    return f"{spaced(name)} {words}"
