"""`calcinosis-cds scenarios`: many cases by every rule, as text, an HTML page, CSV or JSON."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import typer

from cds_service.commands.case_files import read_cases
from cds_service.commands.ending import refuse
from cds_service.commands.evaluate import Today
from cds_service.commands.file_evaluation import open_all
from cds_service.commands.offline import offline_service
from cds_service.commands.paper import Paper
from cds_service.commands.progress import followed
from cds_service.commands.scenario_matrix import Cell, ScenarioMatrix, scenario_matrix

Files = Annotated[
    list[Path] | None,
    typer.Argument(metavar="[FILES]", help="Charts (FHIR R4 Bundles), recorded CDS Hooks requests, folders of them "
                   "(*.json). If none are given, the recorded requests of the demo."),
]  # fmt: skip
Format = Annotated[
    Literal["text", "html", "csv", "json"],
    typer.Option("--format", help="text: a line for each case; html: a page to read and print; csv: a table."),
]
AsJson = Annotated[bool, typer.Option("--json", help="The same as --format json.")]
Output = Annotated[Path | None, typer.Option("--output", metavar="FILE", help="Where to write; else standard output.")]

_LISTED: tuple[tuple[str, Cell], ...] = (("on a card", "card"), ("unknown", "unknown"), ("off", "off"))


def scenarios(
    files: Files = None, as_format: Format = "text", as_json: AsJson = False, today: Today = None, output: Output = None
) -> None:
    """Show which rules speak in which cases: a matrix of charts and orders by rules.

    A recorded request is one case. A Bundle is one at patient-view, and with draft orders one at each order hook. No
    server runs, nothing is fetched or stored. Exit status 0; 2 when a file cannot be used.

    Example: calcinosis-cds scenarios --format html --output scenarios.html
    """
    matrix = _matrix(files or [], today)
    chosen = "json" if as_json else as_format
    if chosen == "text" and output is None:
        _print(matrix, Paper())
        return
    text = _text(matrix, chosen)
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        refuse(f"the file cannot be written: {error.strerror}")
    typer.echo(f"{output} written", err=True)


def _matrix(files: list[Path], today: date | None) -> ScenarioMatrix:
    cases, knowledge, settings, day = open_all(lambda: read_cases(files), today)
    return scenario_matrix(followed(cases, "cases"), offline_service(knowledge, settings, day))


def _text(matrix: ScenarioMatrix, chosen: str) -> str:
    # The page templates take a while to import, and the other commands do without.
    from cds_service.commands.scenario_page import scenario_csv, scenario_page

    if chosen == "html":
        return scenario_page(matrix)
    if chosen == "csv":
        return "".join(scenario_csv(matrix))
    if chosen == "text":
        return "".join(f"{line}\n" for line in _lines(matrix))
    return msgspec.json.format(msgspec.json.encode(matrix.as_json()), indent=2).decode() + "\n"


def _print(matrix: ScenarioMatrix, paper: Paper) -> None:
    for line in _lines(matrix):
        text = line.lstrip()
        paper.line(text, indent=len(line) - len(text), hanging=2)


def _lines(matrix: ScenarioMatrix) -> Iterator[str]:
    for row in matrix.rows:
        yield f"{row.case} ({row.hook}): {', '.join(row.scenarios) or 'no scenario'}"
        if row.refused:
            yield f"  no answer (412): {row.refused}"
            continue
        for indicator, summary in row.cards:
            yield f"  {indicator}: {summary}"
        if not row.cards:
            yield "  evaluated, nothing to say"
        for title, cell in _LISTED:
            if rules := row.rules(cell):
                yield f"  {title}: {', '.join(rules)}"
    yield ""
    yield f"{len(matrix.rows)} cases, {len(matrix.titles)} rules; {len(matrix.silent)} rules say yes in none of them."
