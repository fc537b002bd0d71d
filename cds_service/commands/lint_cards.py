"""`calcinosis-cds lint-cards`: the rules for cards, held against the cards that recorded hook requests get."""

import json
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from cds_service.clock import site_clock
from cds_service.commands.ending import found, refuse
from cds_service.commands.evaluate import Today
from cds_service.errors import BadRequest, PreconditionFailed
from cds_service.settings import Settings, load_settings
from treatment_algorithm.knowledge_base import KnowledgeBase, knowledge_folder, load_knowledge
from treatment_algorithm.knowledge_errors import KnowledgeError

Requests = Annotated[
    list[Path],
    typer.Argument(metavar="FILE...", help="Recorded CDS Hooks requests, or folders of them (*.json)."),
]


def lint_cards(files: Requests, today: Today = None) -> None:
    """Hold the cards of recorded hook requests against the rules L1 to L25 of the card style.

    A line for each thing that is wrong: file, rule, what. Exit status 0; 1 when something is wrong; 2 when a file
    cannot be used. Example: calcinosis-cds lint-cards demo/hook-requests
    """
    # fhir.resources takes a while to import, and the other commands do without.
    from cds_service.card_lint.answered import BASE_URL

    try:
        settings = load_settings()
        knowledge = load_knowledge(knowledge_folder())
    except KnowledgeError as error:
        refuse(f"the knowledge is not sound. {error}")
    except ValueError as error:
        refuse(f"a setting cannot be used. {error}")
    day = site_clock(settings.time_zone)() if today is None else today
    # Links are judged at a fixed public address, whatever this machine is called.
    settings = settings.model_copy(update={"public_base_url": BASE_URL})
    paths = list(_files(files))
    complaints = [f"{path.name}: {said}" for path in paths for said in _complaints(path, knowledge, settings, day)]
    for complaint in complaints:
        typer.echo(complaint)
    typer.echo(f"{len(paths)} requests, {len(complaints)} complaints", err=True)
    found(bool(complaints))


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        yield from sorted(path.glob("*.json")) if path.is_dir() else (path,)


def _complaints(path: Path, knowledge: KnowledgeBase, settings: Settings, today: date) -> list[str]:
    from cds_service.card_lint.answered import answer
    from cds_service.card_lint.lint import lint_answer

    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        return lint_answer(answer(body, knowledge, settings, today))
    except PreconditionFailed as error:
        return [f"no cards: {error.diagnostics}"]
    except (OSError, ValueError, BadRequest):
        refuse(f"{path.name} is no recorded hook request.")
