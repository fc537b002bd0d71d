"""Forward-only Alembic migrations, run at start under a lock (reliability.md 2)."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

_LOCK_NUMBER = 842_107_366


def upgrade(connection: Connection) -> None:
    """Bring the tables behind `connection` to the newest revision, inside its open transaction.

    A second worker waits: on SQLite for the transaction's write lock, on PostgreSQL for an advisory lock.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK_NUMBER})
    config = Config()
    config.set_main_option("script_location", "cds_service:records/migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
