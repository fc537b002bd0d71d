"""The data base: reachable, and its tables at the newest revision; nothing is changed in it."""

from pathlib import Path

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine

from cds_service.doctor.check import Check, fail, ok, warn
from cds_service.errors import StartRefused
from cds_service.records.migrations import migration_config
from cds_service.records.sqlite_file import refuse_network_path
from cds_service.records.storage import engine_url

_ABOUT = "data base"


async def check_data_base(database_url: str) -> Check:
    """One check; no user, password or host in it."""
    try:
        url = engine_url(database_url)
    except StartRefused as refusal:
        return fail(_ABOUT, str(refusal))
    embedded = url.get_backend_name() == "sqlite"
    if embedded and (not url.database or url.database == ":memory:"):
        return warn(_ABOUT, "SQLite in memory: what is stored is gone when the service stops.")
    if embedded and (unmade := _unmade(Path(str(url.database)))):
        return unmade
    engine = create_async_engine(url, hide_parameters=True)
    try:
        async with engine.connect() as connection:
            current, newest = await connection.run_sync(_revisions)
    except (SQLAlchemyError, OSError) as error:
        return fail(
            _ABOUT, f"It cannot be used ({type(error).__name__}): check address, user, password file and rights."
        )
    finally:
        await engine.dispose()
    if current is None:
        return ok(_ABOUT, "Reachable and empty: the first start makes the tables.")
    if current != newest:
        return warn(
            _ABOUT, f"Its tables are at revision {current}, this version wants {newest}: the next start brings them up."
        )
    kind = "SQLite, for one machine" if embedded else "PostgreSQL"
    return ok(_ABOUT, f"Reachable ({kind}), tables at the newest revision.")


def _unmade(file: Path) -> Check | None:
    try:
        refuse_network_path(file)
    except StartRefused as refusal:
        return fail(_ABOUT, str(refusal))
    if file.exists():
        return None
    if file.parent.exists() and not file.parent.is_dir():
        return fail(_ABOUT, "The folder of the SQLite file is a file.")
    return ok(_ABOUT, "SQLite, not made yet: the first start makes it.")


def _revisions(connection: Connection) -> tuple[str | None, str | None]:
    newest = ScriptDirectory.from_config(migration_config()).get_current_head()
    return MigrationContext.configure(connection).get_current_revision(), newest
