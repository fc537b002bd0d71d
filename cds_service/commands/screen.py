"""`calcinosis-cds screen`: how often each rule would fire over many charts, before anyone sees a card."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import Progress

from cds_service.clock import site_clock
from cds_service.commands.ending import found, refuse
from cds_service.commands.evaluate import AsJson, HookName, Today, print_json
from cds_service.commands.paper import Paper
from cds_service.commands.screen_paper import print_screening
from cds_service.errors import StartRefused
from cds_service.screening.export_files import NoSuchInput, input_files
from cds_service.screening.published import published
from cds_service.screening.run import NothingToScreen, Question, ScreeningReport, run
from cds_service.screening.task_result import PatientRow
from cds_service.screening.workers import WorkersLost
from cds_service.settings import load_settings
from cds_service.site import knowledge_of_site
from treatment_algorithm.knowledge_base import knowledge_folder, load_knowledge
from treatment_algorithm.knowledge_errors import KnowledgeError

Files = Annotated[
    list[Path],
    typer.Argument(metavar="FILES", help="FHIR R4 Bundles (.json), NDJSON of Bundles, Bulk FHIR exports (.ndjson, one "
                   "resource a line), folders of these; also .gz."),
]  # fmt: skip
Hook = Annotated[HookName, typer.Option("--hook", help="The hook to answer; at the order hooks: about draft orders.")]
Patients = Annotated[
    Path | None,
    typer.Option("--patients", metavar="FILE", help="Write the ids of the patients with a card or a rule that fired, "
                 "and which rules, as NDJSON that only you can read. They stand nowhere else."),
]  # fmt: skip
Smallest = Annotated[
    int, typer.Option("--smallest", metavar="N", min=1, help="Show counts below N as <N, without a rate.")
]
WorkerCount = Annotated[
    int | None, typer.Option("--workers", metavar="N", min=1, help="Processes; if not given, one for each core.")
]


def screen(
    files: Files,
    hook: Hook = "patient-view",
    today: Today = None,
    patients: Patients = None,
    smallest: Smallest = 1,
    workers: WorkerCount = None,
    as_json: AsJson = False,
) -> None:
    """Screen many charts: how often would each rule fire, at what rate per 1,000, and for whom.

    The decision is the service's own; no server runs, nothing is fetched or stored. A resource type that an export
    does not hold is unknown for everyone. Exit status 0; 1 when some lines or patients could not be read; 2 when the
    files cannot be used at all.

    Example: calcinosis-cds screen export/ --patients matches.ndjson
    """
    try:
        settings = load_settings()
        knowledge = knowledge_of_site(load_knowledge(knowledge_folder()), settings.site_file)
        question = Question(hook, site_clock(settings.time_zone)() if today is None else today, settings)
        with _ended_tidily(), _rows(patients) as keep, _progress() as progress:
            report = run(question, input_files(files), workers or os.cpu_count() or 1, keep, progress)
    except (NoSuchInput, NothingToScreen, WorkersLost) as error:
        refuse(f"{error}.")
    except StartRefused as refusal:
        refuse(str(refusal))
    except KnowledgeError as error:
        refuse(f"the knowledge is not sound. {error}")
    except OSError as error:
        refuse(f"a file cannot be read or written: {error.strerror}.")
    except ValueError as error:
        refuse(f"a setting cannot be used. {error}")
    if _nothing(report):
        refuse("the files hold no chart that can be evaluated.")
    result = published(report, question, knowledge, smallest)
    if as_json:
        print_json(result)
    else:
        print_screening(result, Paper())
    found(not report.sound)


def _nothing(report: ScreeningReport) -> bool:
    tally = report.tally
    return not (tally.evaluated or tally.without_orders or tally.refused)


@contextmanager
def _ended_tidily() -> Iterator[None]:
    """Inside, SIGTERM ends the command as Ctrl-C does: the temporary files are taken away."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _rows(path: Path | None) -> Iterator[Callable[[PatientRow], None]]:
    """What takes the rows of the local file; without a file they are dropped."""
    if path is None:
        yield lambda row: None
        return
    encode = msgspec.json.Encoder().encode
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        # One that was there already may be readable to others.
        os.fchmod(file.fileno(), 0o600)
        yield lambda row: _write(file.write, encode(row))


def _write(write: Callable[[bytes], int], row: bytes) -> None:
    write(row + b"\n")


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on standard error where that is a terminal."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        tasks = {name: bar.add_task(name, total=None, start=False) for name in ("reading", "deciding")}

        def show(name: str, done: int, total: int) -> None:
            bar.start_task(tasks[name])
            bar.update(tasks[name], completed=done, total=total)

        yield show
