"""Knowledge files: YAML bytes into strict models, every complaint with its file and line."""

from collections.abc import Iterator
from importlib.resources.abc import Traversable
from typing import Any, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from treatment_algorithm.knowledge_errors import KnowledgeError

_Model = TypeVar("_Model")


def read_models(file: Traversable, adapter: TypeAdapter[_Model]) -> _Model:
    """The file's content as the adapter's type; KnowledgeError with the line of the first entry that is wrong."""
    text = file.read_text(encoding="utf-8")
    try:
        content = yaml.load(text, Loader=yaml.CSafeLoader)  # CSafeLoader is the safe loader in C
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise KnowledgeError(file.name, mark.line + 1 if mark else None, error.problem or "not YAML") from None
    try:
        return adapter.validate_python(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        path = ".".join(str(part) for part in first["loc"])
        message = " ".join(str(first["msg"]).split())
        raise KnowledgeError(file.name, line_of(text, first["loc"]), f"{path}: {message}") from None


def refuse_repeated_keys(file: str, text: str) -> None:
    """Return if no member stands twice in one mapping of a YAML text; YAML would keep the last and say nothing.

    Raises KnowledgeError with the line of the second one.
    """
    for line, key in _repeated(yaml.compose(text, Loader=yaml.CSafeLoader)):
        raise KnowledgeError(file, line, f"{key} stands here twice")


def line_of(text: str, path: tuple[int | str, ...]) -> int:
    """The line (from 1) of the deepest node of a YAML text that the path leads to."""
    node = yaml.compose(text, Loader=yaml.CSafeLoader)
    line = 1
    for step in path:
        inner = _child(node, step)
        if inner is None:
            break
        node = inner
        line = node.start_mark.line + 1
    return line


def _child(node: Any, step: int | str) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return node.value[step] if isinstance(step, int) and step < len(node.value) else None
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == str(step)), None)
    return None


def _repeated(node: Any) -> Iterator[tuple[int, str]]:
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _repeated(item)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                yield key.start_mark.line + 1, key.value
            seen.add(key.value)
            yield from _repeated(value)


def entry_lines(file: Traversable, key_name: str = "id") -> dict[str, int]:
    """The line of every entry of a file that is a list of entries with an `id` (or another key that names them)."""
    node = yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    if not isinstance(node, yaml.SequenceNode):
        return {}
    return {
        value.value: entry.start_mark.line + 1
        for entry in node.value
        if isinstance(entry, yaml.MappingNode)
        for key, value in entry.value
        if key.value == key_name
    }


def yaml_files(folder: Traversable) -> Iterator[Traversable]:
    """The .yaml files of a folder, by name."""
    yield from sorted((item for item in folder.iterdir() if item.name.endswith(".yaml")), key=lambda item: item.name)
