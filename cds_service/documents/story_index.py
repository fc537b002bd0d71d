"""StoryIndex: which story shows which rule; of a story only its id, title, kind and rules are read."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Any

import yaml

from treatment_algorithm.knowledge_errors import KnowledgeError
from treatment_algorithm.knowledge_files import yaml_files

KINDS = ("fires", "near-miss", "data-missing")
"""What a story shows of its rules: that they fire, that they just do not, that they admit missing data."""


@dataclass(frozen=True, slots=True)
class StoryEntry:
    """One story: its file, id, title, kind (one of KINDS) and the IDs that it is about."""

    file: str
    id: str
    title: str
    kind: str
    about: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoryIndex:
    """All stories, in the order of their files."""

    stories: tuple[StoryEntry, ...]

    def of(self, ids: Iterable[str], kind: str | None = None) -> tuple[StoryEntry, ...]:
        """The stories that are about any of the IDs, of one kind or of all."""
        wanted = frozenset(ids)
        return tuple(
            story for story in self.stories if wanted & set(story.about) and (kind is None or story.kind == kind)
        )


def load_stories(folder: Traversable) -> StoryIndex:
    """The stories of a folder (none if there is no such folder); KnowledgeError for a file that holds none."""
    files = yaml_files(folder) if folder.is_dir() else ()
    return StoryIndex(tuple(story for file in files for story in _stories(file)))


def _stories(file: Traversable) -> Iterator[StoryEntry]:
    try:
        entries = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)  # the safe loader in C
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise KnowledgeError(file.name, mark.line + 1 if mark else None, error.problem or "not YAML") from None
    if not isinstance(entries, list):
        raise KnowledgeError(file.name, None, "a story file is a list of stories")
    for entry in entries:
        yield _story(entry, file.name)


def _story(entry: Any, file: str) -> StoryEntry:
    if not isinstance(entry, Mapping) or not {"id", "title", "kind", "about"} <= entry.keys():
        raise KnowledgeError(file, None, "a story has an id, a title, a kind and rules that it is about")
    about = entry["about"]
    return StoryEntry(
        file=file,
        id=str(entry["id"]),
        title=" ".join(str(entry["title"]).split()),
        kind=str(entry["kind"]),
        about=(about,) if isinstance(about, str) else tuple(str(name) for name in about),
    )
