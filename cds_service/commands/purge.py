"""`calcinosis-cds purge`: what is past its term is blanked or deleted, now."""

from time import time
from typing import Annotated

import typer

from cds_service.commands.database import with_store
from cds_service.records.retention import Terms, due
from cds_service.records.retention import purge as purge_store
from cds_service.records.storage import Store
from cds_service.settings import Settings

DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]


def purge(dry_run: DryRun = False) -> None:
    """Blank comments older than CDS_FEEDBACK_COMMENT_DAYS, delete decisions older than CDS_DECISION_DAYS.

    The running service does the same once a day.
    """

    async def work(store: Store, settings: Settings) -> None:
        purged = await (due if dry_run else purge_store)(
            store, Terms(settings.feedback_comment_days, settings.decision_days), time()
        )
        done = "would be " if dry_run else ""
        typer.echo(f"{purged.comments} comments older than {settings.feedback_comment_days} days {done}blanked")
        older = f"older than {settings.decision_days} days {done}deleted"
        typer.echo(f"{purged.decisions} decisions and {purged.cards} shown cards {older}")

    with_store(work)
