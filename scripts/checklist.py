"""The checklist of docs/conformance/checklist.yaml: every requirement with its level, and why one has no test."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
CHECKLIST = "docs/conformance/checklist.yaml"
LEVELS = frozenset({"SHALL", "SHALL*", "SHOULD", "SHOULD*", "MAY", "HOUSE"})
# What may stand in the place of a test.
STANDINGS = ("by_review", "not_applicable", "not_met", "pending")
_MEMBERS = frozenset({"id", "level", "since", "text", "note", "evidence", *STANDINGS})


@dataclass(frozen=True, slots=True)
class Requirement:
    """One id; `standing` is one of STANDINGS with its `reason`, or None when tests have to show it.

    `evidence`: files that a review rests on. `note` goes with the tests, for what they cannot show.
    """

    id: str
    level: str
    since: str
    text: str
    standing: str | None = None
    reason: str = ""
    note: str = ""
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """Requirements about one thing, in the order of the page."""

    title: str
    requirements: tuple[Requirement, ...]


def read_checklist(text: str) -> tuple[Section, ...]:
    """The sections of a checklist file; raises ValueError that names the entry for anything that is not one."""
    sections = tuple(
        Section(str(node["section"]), tuple(_requirement(entry) for entry in node["requirements"]))
        for node in _list(yaml.safe_load(text))
    )
    ids = [one.id for one in requirements(sections)]
    if twice := sorted({identity for identity in ids if ids.count(identity) > 1}):
        raise ValueError(f"given twice: {', '.join(twice)}")
    return sections


def load_checklist(root: Path = ROOT) -> tuple[Section, ...]:
    """The checklist of the repository at `root`."""
    return read_checklist((root / CHECKLIST).read_text(encoding="utf-8"))


def requirements(sections: Sequence[Section]) -> Iterator[Requirement]:
    """Every requirement, in order."""
    for section in sections:
        yield from section.requirements


def _list(node: Any) -> list[Any]:
    if not isinstance(node, list):
        raise ValueError("a checklist is a list of sections")
    return node


def _requirement(entry: Mapping[str, Any]) -> Requirement:
    name = entry.get("id", "an entry without id")
    if unknown := sorted(entry.keys() - _MEMBERS):
        raise ValueError(f"{name}: unknown: {', '.join(unknown)}")
    if missing := [member for member in ("id", "level", "since", "text") if not entry.get(member)]:
        raise ValueError(f"{name}: missing: {', '.join(missing)}")
    if entry["level"] not in LEVELS:
        raise ValueError(f"{name}: the level is {entry['level']}")
    standings = [standing for standing in STANDINGS if standing in entry]
    if len(standings) > 1:
        raise ValueError(f"{name}: more than one reason: {', '.join(standings)}")
    standing = standings[0] if standings else None
    if standing is not None and not str(entry[standing] or "").strip():
        raise ValueError(f"{name}: {standing} without a reason")
    if (standing == "by_review") is not bool(entry.get("evidence")):
        raise ValueError(f"{name}: evidence goes with by_review, and by_review needs it")
    return Requirement(
        id=entry["id"],
        level=entry["level"],
        since=str(entry["since"]),
        text=entry["text"],
        standing=standing,
        reason=entry[standing] if standing else "",
        note=entry.get("note", ""),
        evidence=tuple(entry.get("evidence", ())),
    )
