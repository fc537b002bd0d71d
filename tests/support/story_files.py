"""Story files: YAML lists of stories, read with YAML 1.2 booleans so that `on:` and `no` stay words."""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from tests.support.story import Story


class StoryError(Exception):
    """A story file that cannot be used; names the file, the story and what is wrong."""


class _StoryLoader(yaml.SafeLoader):
    """SafeLoader whose only booleans are true and false, and that refuses a key given twice."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        if twice := sorted({key for key in keys if keys.count(key) > 1}):
            raise StoryError(f"line {node.start_mark.line + 1}: given twice: {', '.join(twice)}")
        return super().construct_mapping(node, deep)


_StoryLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in rules if tag != "tag:yaml.org,2002:bool"]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_StoryLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


def read_stories(text: str, name: str) -> tuple[Story, ...]:
    """The stories of one YAML text; StoryError (with `name`) for anything that is not one."""
    try:
        nodes = yaml.load(text, Loader=_StoryLoader)  # noqa: S506 - a SafeLoader with fewer booleans
    except (yaml.YAMLError, StoryError) as error:
        raise StoryError(f"{name}: {error}") from error
    if not isinstance(nodes, list):
        raise StoryError(f"{name}: a story file is a list of stories")
    return tuple(_story(node, name) for node in nodes)


def _story(node: Any, name: str) -> Story:
    try:
        return Story.model_validate(node)
    except ValidationError as error:
        label = node.get("id") if isinstance(node, dict) else None
        raise StoryError(f"{name}: story {label or 'without id'}: {error}") from error


def load_stories(folders: Iterable[Path]) -> tuple[Story, ...]:
    """All stories of the *.yaml files in `folders`, by file name; StoryError when an id occurs twice."""
    stories: dict[str, Story] = {}
    for path in sorted(path for folder in folders for path in folder.glob("*.yaml")):
        for story in _stories_of_file(path, path.stat().st_mtime_ns):
            if story.id in stories:
                raise StoryError(f"{path.name}: story id {story.id} occurs twice")
            stories[story.id] = story
    return tuple(stories.values())


@cache
def _stories_of_file(path: Path, _changed: int) -> tuple[Story, ...]:
    """Several test modules read the same files, and YAML is slow: once a process is enough while a file stands."""
    return read_stories(path.read_text(encoding="utf-8"), path.name)
