"""`calcinosis-cds diff`: which charts and orders two folders of knowledge answer differently."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from cds_service.commands.case_files import Case, read_cases
from cds_service.commands.ending import found, refuse
from cds_service.commands.evaluate import Today
from cds_service.commands.file_evaluation import open_all
from cds_service.commands.knowledge_diff import CaseDiff, differences
from cds_service.commands.offline import Offline, offline_service
from cds_service.commands.paper import Paper
from cds_service.commands.progress import followed
from cds_service.errors import StartRefused
from cds_service.site import knowledge_of_site
from treatment_algorithm.knowledge_base import load_knowledge
from treatment_algorithm.knowledge_errors import KnowledgeError

Before = Annotated[Path, typer.Argument(metavar="BEFORE", help="A folder of knowledge files.")]
After = Annotated[Path, typer.Argument(metavar="AFTER", help="Another one.")]
Files = Annotated[
    list[Path] | None,
    typer.Argument(metavar="[FILES]", help="Charts, recorded requests, folders of them (*.json); else the demo's."),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object: the versions, the counts, and every change.")]


def diff(before: Before, after: After, files: Files = None, today: Today = None, as_json: AsJson = False) -> None:
    """Show what two knowledge versions answer differently: cards that go, come, or say something else.

    Cards are compared in their normal form. The site file of CDS_SITE_FILE is laid over both. Exit status 0: the same
    answers throughout; 1: some differ; 2: knowledge or charts cannot be used.

    Example: calcinosis-cds diff old-knowledge new-knowledge charts/
    """
    cases, old, new = _opened(before, after, files or [], today)
    changes = list(differences(followed(cases, "cases"), old, new))
    if as_json:
        typer.echo(json.dumps(_json(cases, old, new, changes), indent=2))
    else:
        _print(cases, old, new, changes, Paper())
    found(bool(changes))


def _opened(before: Path, after: Path, files: list[Path], today: date | None) -> tuple[list[Case], Offline, Offline]:
    cases, _, settings, day = open_all(lambda: read_cases(files), today)
    opened = []
    for folder in (before, after):
        try:
            knowledge = knowledge_of_site(load_knowledge(folder), settings.site_file)
        except KnowledgeError as error:
            refuse(f"the knowledge in {folder} is not sound. {error}")
        except OSError as error:
            refuse(f"there is no knowledge in {folder}: {error.strerror}")
        except StartRefused as refusal:
            refuse(f"with the knowledge in {folder}: {refusal}")
        opened.append(offline_service(knowledge, settings, day))
    return cases, opened[0], opened[1]


def _json(cases: list[Case], old: Offline, new: Offline, changes: list[CaseDiff]) -> dict[str, object]:
    versions = {
        name: {"version": one.knowledge.version, "hash": one.knowledge.content_hash}
        for name, one in (("before", old), ("after", new))
    }
    return {**versions, "cases": len(cases), "changed": [change.as_json() for change in changes]}


def _print(cases: list[Case], old: Offline, new: Offline, changes: list[CaseDiff], paper: Paper) -> None:
    for change in changes:
        paper.line(f"{change.case} ({change.hook})", style="bold")
        for line in _lines(change):
            paper.line(line, indent=2, hanging=2)
    versions = f"{old.knowledge.version} ({_short(old)}) and {new.knowledge.version} ({_short(new)})"
    paper.line(f"{len(cases)} cases with knowledge {versions}: {len(changes)} answered differently.")


def _lines(change: CaseDiff) -> Iterator[str]:
    for indicator, summary in change.gone:
        yield f"- {indicator}: {summary}"
    for indicator, summary in change.came:
        yield f"+ {indicator}: {summary}"
    for summary, parts in change.changed:
        yield f"~ {summary}: {', '.join(parts)}"


def _short(service: Offline) -> str:
    return service.knowledge.content_hash[:12]
