"""`calcinosis-cds feedback export`: what clinicians did with the cards, as CSV or NDJSON."""

import json
from typing import Annotated, Literal

import typer

from cds_service.commands.database import Since, Until, with_store
from cds_service.commands.export_file import OutputFile, counting, export_to
from cds_service.records.feedback_export import columns, csv_line, read_feedback
from cds_service.records.period import Period
from cds_service.records.storage import Store
from cds_service.settings import Settings

Format = Annotated[Literal["csv", "ndjson"], typer.Option("--format", help="One line an entry, in either.")]
WithoutComments = Annotated[
    bool, typer.Option("--without-comments", help="Leave out the clinicians' free text, which is patient data.")
]


def feedback_commands() -> typer.Typer:
    """The commands under `feedback`."""
    commands = typer.Typer(no_args_is_help=True, help="What clinicians did with the cards.")
    commands.callback()(_about)
    commands.command("export")(export_feedback)
    return commands


def export_feedback(
    as_format: Format = "csv",
    since: Since = None,
    until: Until = None,
    without_comments: WithoutComments = False,
    output: OutputFile = None,
) -> None:
    """Write the feedback with the rules, the knowledge version and the indicator of its cards.

    `card_known` says whether this service showed the card to the client that reports about it.
    """

    async def work(store: Store, settings: Settings) -> None:
        period = Period(since, until, settings.time_zone)
        names = columns(comments=not without_comments)
        with export_to(output) as file, counting("entries") as count:
            if as_format == "csv":
                file.write(csv_line(names))
            number = 0
            async for entry in read_feedback(store, period, comments=not without_comments):
                file.write(csv_line(list(entry.values())) if as_format == "csv" else f"{json.dumps(entry)}\n")
                number += 1
                count(number)

    with_store(work)


def _about() -> None:
    """What clinicians did with the cards."""
