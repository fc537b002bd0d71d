"""`calcinosis-cds replay`: recorded decisions made again, with this or another knowledge, and what would change."""

import asyncio
import json
from collections.abc import Iterator, Mapping
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
from cds_service.wiring import trusted_clients_of
from treatment_algorithm.knowledge_base import KnowledgeBase, knowledge_folder, load_knowledge
from treatment_algorithm.knowledge_errors import KnowledgeError

OtherKnowledge = Annotated[
    Path | None, typer.Option("--knowledge", metavar="FOLDER", help="Another folder of knowledge files.")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a changed decision, and a last one with counts.")]
OneCall = Annotated[str | None, typer.Option("--hook-instance", metavar="UUID", help="The calls of one hookInstance.")]


@dataclass(frozen=True, slots=True)
class Change:
    """A decision that comes out differently: `rules` are those that answer otherwise, as 'R-X: yes, was unknown'.

    `other_site_file`: it was made under another site file than the one of today.
    """

    at: str
    service: str
    hook_instance: str
    cards_before: int
    cards_now: int
    rules: tuple[str, ...]
    unreadable: bool = False
    other_site_file: bool = False


def replay(knowledge: OtherKnowledge = None, hook_instance: OneCall = None, as_json: AsJson = False) -> None:
    """Decide every recorded call again, and list those whose cards would say something else.

    With --knowledge: what a new version of the rules would change for the calls of the past. Cards are compared in
    their normal form, without uuids, dates of drafts and ids. The site files of today decide, each client's own for its
    calls; a change under another one is marked. Exit status 0: the same cards throughout; 1: some
    changed; 2: the data base or the knowledge cannot be used.
    """
    try:
        settings = load_settings()
        shipped = knowledge_folder() if knowledge is None else knowledge
        base = load_knowledge(shipped)
        of_client = _knowledge_by_client(settings, base)
        read, changes = asyncio.run(_compare(settings, of_client, hook_instance))
    except (StartRefused, StoreUnavailable) as error:
        refuse(str(error))
    except KnowledgeError as error:
        refuse(f"the knowledge is not sound. {error}")
    except (OSError, ValueError) as error:
        refuse(f"it cannot be replayed. {type(error).__name__}: {error}")
    for change in changes:
        typer.echo(json.dumps(asdict(change)) if as_json else _line(change))
    counts = {
        "replayed": read,
        "changed": len(changes),
        "knowledge": base.version,
        "hash": of_client[None].content_hash,
    }
    if as_json:
        typer.echo(json.dumps(counts))
    else:
        typer.echo(f"{read} decisions replayed with knowledge {base.version}, {len(changes)} changed", err=True)
    found(bool(changes))


def compare(record: DecisionRecord, knowledge: KnowledgeBase) -> Change | None:
    """What `knowledge` makes of a record otherwise; None when the cards say the same."""
    call = (record.at, record.service, record.hook_instance, len(record.cards))
    elsewhere = record.site_hash != knowledge.site.file_hash
    try:
        assessment, cards = replayed(record, knowledge)
    except msgspec.ValidationError:
        return Change(*call, 0, (), unreadable=True, other_site_file=elsewhere)
    if digest_of(cards) == record.digest:
        return None
    answers = {result.rule_id: str(result.truth) for result in assessment.rules}
    differences = tuple(_differences(record, answers))
    return Change(*call, len(cards), differences, other_site_file=elsewhere)


def _knowledge_by_client(settings: Settings, base: KnowledgeBase) -> dict[str | None, KnowledgeBase]:
    """The knowledge of today by the client's name, that of CDS_SITE_FILE under None."""
    files = {client.name: client.site_file for client in trusted_clients_of(settings) or () if client.site_file}
    made = {file: knowledge_of_site(base, file) for file in {settings.site_file, *files.values()}}
    return {None: made[settings.site_file], **{name: made[file] for name, file in files.items()}}


def _differences(record: DecisionRecord, answers: dict[str, str]) -> Iterator[str]:
    for rule in dict.fromkeys((*record.rules, *answers)):
        before = record.rules[rule].result if rule in record.rules else "not there"
        now = answers.get(rule, "not there")
        if now != before:
            yield f"{rule}: {now}, was {before}"


async def _compare(
    settings: Settings, of_client: Mapping[str | None, KnowledgeBase], hook_instance: str | None
) -> tuple[int, list[Change]]:
    read, changes = 0, list[Change]()
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("decisions", total=None)
        async with open_store(settings.database_url) as store:
            async for record in read_decisions(store, hook_instance):
                if record.outcome != "decided":
                    continue
                read += 1
                progress.update(task, completed=read, description=f"{read} decisions")
                if change := compare(record, of_client.get(record.client, of_client[None])):
                    changes.append(change)
    return read, changes


def _line(change: Change) -> str:
    if change.unreadable:
        what = "its features cannot be read by this version"
    else:
        what = f"{change.cards_before} cards, now {change.cards_now}; {'; '.join(change.rules) or 'wording'}"
    site = "; decided under another site file" if change.other_site_file else ""
    return f"{change.at} {change.service} {change.hook_instance}: {what}{site}"
