"""`calcinosis-cds replay`: recorded decisions made again, with this or another knowledge, and what would change."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import Progress

from cards.normal_form import digest_of
from cds_service.commands.ending import found, refuse
from cds_service.errors import StartRefused, StoreUnavailable
from cds_service.records.decision_log import read_decisions
from cds_service.records.decision_record import DecisionRecord, replayed
from cds_service.records.storage import open_store
from cds_service.settings import Settings, load_settings
from cds_service.site import knowledge_of_site
from treatment_algorithm.knowledge_base import KnowledgeBase, knowledge_folder, load_knowledge
from treatment_algorithm.knowledge_errors import KnowledgeError

OtherKnowledge = Annotated[
    Path | None, typer.Option("--knowledge", metavar="FOLDER", help="Another folder of knowledge files.")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a changed decision, and a last one with counts.")]
OneCall = Annotated[str | None, typer.Option("--hook-instance", metavar="UUID", help="The calls of one hookInstance.")]


@dataclass(frozen=True, slots=True)
class Change:
    """A decision that comes out differently: `rules` are those that answer otherwise, as 'R-X: yes, was unknown'."""

    at: str
    service: str
    hook_instance: str
    cards_before: int
    cards_now: int
    rules: tuple[str, ...]
    unreadable: bool = False


def replay(knowledge: OtherKnowledge = None, hook_instance: OneCall = None, as_json: AsJson = False) -> None:
    """Decide every recorded call again, and list those whose cards would say something else.

    With --knowledge: what a new version of the rules would change for the calls of the past. Cards are compared in
    their normal form, without uuids, dates of drafts and ids. Exit status 0: the same cards throughout; 1: some
    changed; 2: the data base or the knowledge cannot be used.
    """
    try:
        settings = load_settings()
        shipped = knowledge_folder() if knowledge is None else knowledge
        base = knowledge_of_site(load_knowledge(shipped), settings.site_file)
        read, changes = asyncio.run(_compare(settings, base, hook_instance))
    except (StartRefused, StoreUnavailable) as error:
        refuse(str(error))
    except KnowledgeError as error:
        refuse(f"the knowledge is not sound. {error}")
    except (OSError, ValueError) as error:
        refuse(f"it cannot be replayed. {type(error).__name__}: {error}")
    for change in changes:
        typer.echo(json.dumps(asdict(change)) if as_json else _line(change))
    counts = {"replayed": read, "changed": len(changes), "knowledge": base.version, "hash": base.content_hash}
    if as_json:
        typer.echo(json.dumps(counts))
    else:
        typer.echo(f"{read} decisions replayed with knowledge {base.version}, {len(changes)} changed", err=True)
    found(bool(changes))


def compare(record: DecisionRecord, knowledge: KnowledgeBase) -> Change | None:
    """What `knowledge` makes of a record otherwise; None when the cards say the same."""
    call = (record.at, record.service, record.hook_instance, len(record.cards))
    try:
        assessment, cards = replayed(record, knowledge)
    except msgspec.ValidationError:
        return Change(*call, 0, (), unreadable=True)
    if digest_of(cards) == record.digest:
        return None
    answers = {result.rule_id: str(result.truth) for result in assessment.rules}
    return Change(*call, len(cards), tuple(_differences(record, answers)))


def _differences(record: DecisionRecord, answers: dict[str, str]) -> Iterator[str]:
    for rule in dict.fromkeys((*record.rules, *answers)):
        before = record.rules[rule].result if rule in record.rules else "not there"
        now = answers.get(rule, "not there")
        if now != before:
            yield f"{rule}: {now}, was {before}"


async def _compare(settings: Settings, knowledge: KnowledgeBase, hook_instance: str | None) -> tuple[int, list[Change]]:
    read, changes = 0, list[Change]()
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("decisions", total=None)
        async with open_store(settings.database_url) as store:
            async for record in read_decisions(store, hook_instance):
                if record.outcome != "decided":
                    continue
                read += 1
                progress.update(task, completed=read, description=f"{read} decisions")
                if change := compare(record, knowledge):
                    changes.append(change)
    return read, changes


def _line(change: Change) -> str:
    if change.unreadable:
        what = "its features cannot be read by this version"
    else:
        what = f"{change.cards_before} cards, now {change.cards_now}; {'; '.join(change.rules) or 'wording'}"
    return f"{change.at} {change.service} {change.hook_instance}: {what}"
