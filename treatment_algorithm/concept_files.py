"""Reading the concept files: YAML and CSV in, plain entries with their line numbers out.

Only the form is checked here; what the entries mean together is checked by concept_table.
"""

import csv
import io
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path

import yaml

from treatment_algorithm.code_index import CODE_FORMS, PREFIX_SYSTEMS
from treatment_algorithm.knowledge_errors import KnowledgeError

Folder = Traversable | Path

_CODE_COLUMNS = ["concept", "kind", "system", "code", "display", "match", "provenance", "status"]
_NAME_COLUMNS = ["name", "concepts", "provenance", "status"]
_STATUSES = frozenset({"verified", "single-source"})
_MATCHES = frozenset({"exact", "descendants"})
_FLAGS = frozenset({"lookalike", "residual"})


@dataclass(frozen=True, slots=True)
class ConceptEntry:
    """One concept as a YAML file has it; `ingredients` are the first of its `names`."""

    file: str
    line: int
    key: str
    label: str
    names: tuple[str, ...]
    ingredients: tuple[str, ...]
    lookalike: bool
    residual: bool


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """One line of codes.csv."""

    line: int
    concept: str
    kind: str
    system: str
    code: str
    display: str
    descendants: bool
    provenance: str
    status: str


@dataclass(frozen=True, slots=True)
class NameEntry:
    """One line of names.csv: a name, the concepts that it stands for together, where it was seen."""

    line: int
    name: str
    concepts: tuple[str, ...]
    provenance: str
    status: str


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One name with its list, as in sets.yaml and shared_names.yaml."""

    file: str
    line: int
    key: str
    members: tuple[str, ...]


def read_concepts(folder: Folder, file: str) -> list[ConceptEntry]:
    """The concepts of one YAML file; raises KnowledgeError at the first entry that is not label, names and flags."""
    return [_concept(file, key, node) for key, node in _mapping(file, _root(folder, file))]


def read_lists(folder: Folder, file: str) -> list[ListEntry]:
    """The lists of one YAML file; raises KnowledgeError when one is empty or no list of words."""
    entries = []
    for key, node in _mapping(file, _root(folder, file)):
        members = _words(file, node)
        if not members:
            raise KnowledgeError(file, _line(node), f"{key.value} is empty")
        entries.append(ListEntry(file, _line(key), key.value, members))
    return entries


def read_codes(folder: Folder, file: str) -> list[CodeEntry]:
    """The rows of codes.csv; raises KnowledgeError for a row whose system, code, match or status is not possible."""
    lines = io.StringIO((folder / file).read_text(encoding="utf-8"), newline="")
    reader = csv.reader(lines, strict=True)
    if next(reader, None) != _CODE_COLUMNS:
        raise KnowledgeError(file, 1, f"the columns must be {','.join(_CODE_COLUMNS)}")
    return [_code(file, reader.line_num, row) for row in reader]


def read_names(folder: Folder, file: str) -> list[NameEntry]:
    """The rows of names.csv; KnowledgeError for a row that is incomplete, out of order, or not in lower case."""
    reader = csv.reader(io.StringIO((folder / file).read_text(encoding="utf-8"), newline=""), strict=True)
    if next(reader, None) != _NAME_COLUMNS:
        raise KnowledgeError(file, 1, f"the columns must be {','.join(_NAME_COLUMNS)}")
    names: list[NameEntry] = []
    for row in reader:
        name = _name(file, reader.line_num, row)
        if names and names[-1].name >= name.name:
            raise KnowledgeError(file, name.line, f"{name.name!r} stands twice or out of order")
        names.append(name)
    return names


def _name(file: str, line: int, row: list[str]) -> NameEntry:
    if len(row) != len(_NAME_COLUMNS) or not all(row):
        raise KnowledgeError(file, line, f"a row has {len(_NAME_COLUMNS)} columns, none empty")
    name, concepts, provenance, status = row
    if name != " ".join(name.lower().split()):
        raise KnowledgeError(file, line, f"name {name!r} is not in lower case with single blanks")
    _check_status(file, line, status)
    return NameEntry(line, name, tuple(concepts.split()), provenance, status)


def _check_status(file: str, line: int, status: str) -> None:
    if status not in _STATUSES:
        raise KnowledgeError(file, line, f"status {status} is not one of {', '.join(sorted(_STATUSES))}")


def _code(file: str, line: int, row: list[str]) -> CodeEntry:
    if len(row) != len(_CODE_COLUMNS) or not all(row):
        raise KnowledgeError(file, line, f"a row has {len(_CODE_COLUMNS)} columns, none empty")
    concept, kind, system, code, display, match, provenance, status = row
    form = CODE_FORMS.get(system)
    if form is None:
        raise KnowledgeError(file, line, f"unknown system {system}")
    if form.fullmatch(code) is None:
        raise KnowledgeError(file, line, f"{code} is no code of {system}")
    if match not in _MATCHES or (match == "descendants" and system not in PREFIX_SYSTEMS):
        raise KnowledgeError(file, line, f"match {match} is not possible in {system}")
    _check_status(file, line, status)
    return CodeEntry(line, concept, kind, system, code, display, match == "descendants", provenance, status)


def _concept(file: str, key: yaml.ScalarNode, node: yaml.Node) -> ConceptEntry:
    label = ""
    names: tuple[str, ...] = ()
    ingredients: tuple[str, ...] = ()
    flags = dict.fromkeys(_FLAGS, False)
    for field, value in _mapping(file, node):
        if field.value == "label":
            label = _word(file, value)
        elif field.value == "names":
            names = _words(file, value)
        elif field.value == "ingredients":
            ingredients = _words(file, value)
        elif field.value in _FLAGS:
            flags[field.value] = _yes(file, value)
        else:
            raise KnowledgeError(file, _line(field), f"{key.value} has an unknown field {field.value}")
    if not label:
        raise KnowledgeError(file, _line(key), f"{key.value} has no label")
    names = ingredients + names
    for name in names:
        if name != " ".join(name.lower().split()):
            raise KnowledgeError(file, _line(key), f"name {name!r} is not in lower case with single blanks")
    return ConceptEntry(file, _line(key), key.value, label, names, ingredients, flags["lookalike"], flags["residual"])


def _root(folder: Folder, file: str) -> yaml.Node:
    try:
        node: yaml.Node | None = yaml.compose((folder / file).read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise KnowledgeError(file, line, str(error.problem)) from error
    if node is None:
        raise KnowledgeError(file, None, "the file is empty")
    return node


def _mapping(file: str, node: yaml.Node) -> list[tuple[yaml.ScalarNode, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        raise KnowledgeError(file, _line(node), "a mapping is expected here")
    seen: set[str] = set()
    for key, _ in node.value:
        _word(file, key)
        if key.value in seen:
            raise KnowledgeError(file, _line(key), f"{key.value} stands here twice")
        seen.add(key.value)
    return list(node.value)


def _words(file: str, node: yaml.Node) -> tuple[str, ...]:
    if not isinstance(node, yaml.SequenceNode):
        raise KnowledgeError(file, _line(node), "a list is expected here")
    words = tuple(_word(file, item) for item in node.value)
    if len(set(words)) != len(words):
        raise KnowledgeError(file, _line(node), "a word stands in this list twice")
    return words


def _word(file: str, node: yaml.Node) -> str:
    # Anything that YAML would read as a number, a date or a truth is refused: it was meant as a word.
    if not isinstance(node, yaml.ScalarNode) or node.tag != "tag:yaml.org,2002:str" or not node.value.strip():
        raise KnowledgeError(file, _line(node), "a word is expected here")
    return str(node.value)


def _yes(file: str, node: yaml.Node) -> bool:
    if node.tag != "tag:yaml.org,2002:bool" or node.value not in ("true", "false"):
        raise KnowledgeError(file, _line(node), "true or false is expected here")
    return bool(node.value == "true")


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
