"""`calcinosis-cds migrate`: the tables brought up to date before the service starts."""

import typer

from cds_service.commands.database import with_store
from cds_service.records.storage import Store
from cds_service.settings import Settings


def migrate() -> None:
    """Bring the tables of CDS_DATABASE_URL to the newest revision; the service does the same when it starts.

    Tables that are newer than this version are refused, exit status 2.
    """

    async def work(store: Store, _settings: Settings) -> None:
        revisions = store.revisions
        if revisions.before is None:
            typer.echo(f"tables made, revision {revisions.now}")
        elif revisions.before == revisions.now:
            typer.echo(f"nothing to do: the tables are at the newest revision, {revisions.now}")
        else:
            typer.echo(f"tables brought from revision {revisions.before} to {revisions.now}")

    with_store(work)
