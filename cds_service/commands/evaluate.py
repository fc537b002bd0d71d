"""`calcinosis-cds evaluate`: the cards of a chart file, or what is invalid in it."""

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import typer

from cds_service.commands.card_paper import print_cards
from cds_service.commands.ending import found
from cds_service.commands.file_evaluation import FileEvaluation, open_file
from cds_service.commands.paper import Paper
from cds_service.errors import PreconditionFailed

HookName = Literal["patient-view", "order-select", "order-sign"]
ChartPath = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        help="A FHIR R4 Bundle with the whole chart (collection, searchset, transaction), a JSON list of such "
        "Bundles, or a recorded CDS Hooks request; - reads standard input.",
    ),
]
Hook = Annotated[
    HookName | None,
    typer.Option("--hook", help="For a Bundle: the hook to answer (patient-view if not given). At the order hooks "
                 "its draft MedicationRequests and ServiceRequests are the orders."),
]  # fmt: skip
PatientId = Annotated[
    str | None, typer.Option("--patient", metavar="ID", help="Which patient, when a Bundle holds several.")
]
Today = Annotated[
    date | None,
    typer.Option(
        "--today",
        metavar="DATE",
        parser=date.fromisoformat,
        help="Evaluate as on this day (2026-11-22); if not given, today in CDS_TIME_ZONE.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Check = Annotated[
    bool,
    typer.Option("--check", help="Instead of the cards, list what is invalid in the chart: resource, element, "
                 "kind of problem, never a value."),
]  # fmt: skip


def evaluate(
    file: ChartPath,
    hook: Hook = None,
    patient: PatientId = None,
    today: Today = None,
    as_json: AsJson = False,
    check: Check = False,
) -> None:
    """Evaluate a chart file and print its cards; no server runs, nothing is fetched or stored.

    In a Bundle every kind of data counts as complete: what is not there is not there. With --json the answer of the
    hook as a CDS Client gets it. Exit status 0; 1 when --check finds something; 2 when the file cannot be used.

    Example: calcinosis-cds evaluate chart.json --hook order-select --today 2026-11-22
    """
    evaluation = open_file(file, hook, patient, today)
    if check:
        _check(evaluation, as_json)
    elif as_json:
        print_json({"cards": evaluation.decide().cards})
    else:
        print_cards(evaluation.decide(), evaluation.knowledge, Paper())


def print_json(content: object) -> None:
    """The content as indented JSON on standard output."""
    typer.echo(msgspec.json.format(msgspec.json.encode(content), indent=2))


def _check(evaluation: FileEvaluation, as_json: bool) -> None:
    from cds_service.commands.chart_check import ChartFinding, check_entries, issue_findings
    from cds_service.commands.offline import decide_offline

    entries = evaluation.file.entries
    findings = check_entries(entries)
    try:
        decision = decide_offline(evaluation.file, evaluation.knowledge, evaluation.settings, evaluation.today)
        findings += issue_findings(decision.features.issues)
    except PreconditionFailed as error:
        findings.append(ChartFinding(error.prefetch_key, "", "is required and could not be read"))
    if as_json:
        print_json([{"resource": one.resource, "element": one.element, "kind": one.kind} for one in findings])
    else:
        paper = Paper()
        for one in findings:
            place = f"{one.resource} {one.element}".strip()
            paper.line(f"{place}: {one.kind}", hanging=2)
        paper.line(f"{len(findings)} findings in {len(entries)} entries." if findings else _all_well(len(entries)))
    found(bool(findings))


def _all_well(entries: int) -> str:
    return f"Nothing invalid found in {entries} entries."
