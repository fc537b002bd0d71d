"""Forward-only Alembic migrations, run at start under a lock (reliability.md 2).

Each only adds, so that workers of the version before go on working while others start: what they insert still fits.
"""

from dataclasses import dataclass

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from cds_service.errors import StartRefused

_LOCK_NUMBER = 842_107_366


@dataclass(frozen=True, slots=True)
class Revisions:
    """The revision that the tables had, None when there were none, and the one they have now."""

    before: str | None
    now: str


def upgrade(connection: Connection) -> Revisions:
    """Bring the tables behind `connection` to the newest revision, inside its open transaction.

    A second worker waits: on SQLite for the transaction's write lock, on PostgreSQL for an advisory lock. Raises
    StartRefused when the tables are newer than this version of the software.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK_NUMBER})
    config = migration_config()
    scripts = ScriptDirectory.from_config(config)
    newest = str(scripts.get_current_head())
    before = MigrationContext.configure(connection).get_current_revision()
    if before is not None and before not in {script.revision for script in scripts.walk_revisions()}:
        raise StartRefused(
            f"The data base is newer than this version of the software: its tables are at revision {before}, this "
            f"version knows revisions up to {newest}. Start the newer version, or restore the backup from before it."
        )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    return Revisions(before, newest)


def migration_config() -> Config:
    """Alembic's settings: where the revisions are."""
    config = Config()
    config.set_main_option("script_location", "cds_service:records/migrations")
    return config
