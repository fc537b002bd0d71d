"""The data base: SQLite with WAL and synchronous=FULL, or PostgreSQL by URL (decision 25, reliability.md 2)."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Delete,
    Integer,
    LargeBinary,
    MetaData,
    RowMapping,
    Select,
    String,
    Table,
    Text,
    Update,
    delete,
    false,
    func,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite as sqlite_dialect
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from cds_service.errors import StartRefused, StoreUnavailable
from cds_service.records.migrations import Revisions, upgrade
from cds_service.records.sqlite_file import BUSY_MILLISECONDS, READS_ONLY, prepare_sqlite, unusable

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}

metadata = MetaData()

feedback_table = Table(
    "feedback",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("entry_key", String(64), nullable=False, unique=True),
    Column("service", String(64), nullable=False),
    Column("card", String(255), nullable=False, index=True),
    Column("outcome", String(16), nullable=False),
    Column("outcome_timestamp", String(40), nullable=False),
    Column("accepted_suggestions", JSON, nullable=False),
    Column("override_reason_code", String(255)),
    Column("override_reason_system", String(255)),
    Column("user_comment", Text),
    Column("received_at", DateTime(timezone=True), nullable=False, server_default=func.now(), index=True),
    Column("client", String(63)),
)

token_id_table = Table(
    "token_id",
    metadata,
    Column("token_id", String(64), primary_key=True),
    Column("expires", BigInteger, nullable=False, index=True),
)


decision_table = Table(
    "decision",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, index=True),
    Column("hook_instance", String(64), nullable=False, index=True),
    Column("service", String(64), nullable=False),
    Column("client", String(63)),
    Column("patient", String(32), nullable=False, index=True),
    Column("outcome", String(32), nullable=False),
    Column("knowledge_hash", String(128), nullable=False),
    Column("card_count", Integer, nullable=False),
    Column("record", LargeBinary, nullable=False),
)

shown_card_table = Table(
    "shown_card",
    metadata,
    Column("uuid", String(36), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, index=True),
    Column("service", String(64), nullable=False),
    Column("client", String(63)),
    Column("indicator", String(16), nullable=False),
    Column("rules", JSON, nullable=False),
    Column("knowledge", String(32), nullable=False),
)


class Store:
    """The tables behind one engine; every write is one transaction that is on disk when it returns.

    `revisions`: of the tables, as they were found and as they are now.
    """

    def __init__(self, engine: AsyncEngine, revisions: Revisions) -> None:
        self._engine = engine
        self.revisions = revisions
        # SQLite takes one writer, and its waiting is no queue: on a busy event loop the readiness check could starve.
        self._turn = asyncio.Lock() if engine.dialect.name == "sqlite" else None

    async def insert_once(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert all `rows` or none; a row whose unique key is there already is left out.

        Raises StoreUnavailable when the data base is locked, full or away.
        """
        await self.insert_all({table: rows})

    async def insert_all(self, rows: Mapping[Table, Sequence[Mapping[str, Any]]]) -> None:
        """Insert the rows of several tables in one transaction, those left out whose unique key is there already.

        Raises StoreUnavailable.
        """
        async with self._transaction() as connection:
            for table, of_table in rows.items():
                if of_table:
                    await connection.execute(self._insert_once(table), list(of_table))

    async def insert_new(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> frozenset[Any]:
        """Insert `rows` whose primary key is not there yet; the keys that were new. Raises StoreUnavailable."""
        (key,) = table.primary_key
        async with self._transaction() as connection:
            result = await connection.execute(self._insert_once(table).returning(key), list(rows))
            return frozenset(result.scalars())

    async def delete_before(self, table: Table, column: Column[int], limit: int) -> int:
        """Delete the rows whose `column` is below `limit`; how many there were. Raises StoreUnavailable."""
        return await self.change(delete(table).where(column < limit))

    async def change(self, statement: Delete | Update) -> int:
        """Run one statement that deletes or updates; how many rows it met. Raises StoreUnavailable."""
        async with self._transaction() as connection:
            return (await connection.execute(statement)).rowcount

    async def read(self, query: Select[Any]) -> Sequence[RowMapping]:
        """The rows of a query. Raises StoreUnavailable."""
        try:
            async with self._engine.connect() as connection:
                await connection.execution_options(**{READS_ONLY: True})
                rows: Sequence[RowMapping] = (await connection.execute(query)).mappings().all()
                return rows
        except (SQLAlchemyError, OSError):
            raise StoreUnavailable("The records could not be read now.") from None

    async def is_writable(self) -> bool:
        """Whether a transaction that writes can be opened now (readiness); nothing stays written."""
        try:
            async with self._in_turn(), self._engine.connect() as connection:
                await connection.execute(delete(feedback_table).where(false()))
                await connection.rollback()
        except (SQLAlchemyError, OSError):
            return False
        return True

    def _insert_once(self, table: Table) -> postgresql.Insert | sqlite_dialect.Insert:
        if self._engine.dialect.name == "sqlite":
            return sqlite_dialect.insert(table).on_conflict_do_nothing()
        return postgresql.insert(table).on_conflict_do_nothing()

    @asynccontextmanager
    async def _in_turn(self) -> AsyncIterator[None]:
        """One after the other within this process; TimeoutError after the time that SQLite itself would wait."""
        turn = self._turn or asyncio.Lock()
        async with asyncio.timeout(BUSY_MILLISECONDS / 1000):
            await turn.acquire()
        try:
            yield
        finally:
            turn.release()

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection]:
        try:
            async with self._in_turn(), self._engine.begin() as connection:
                yield connection
        except (SQLAlchemyError, OSError):
            raise StoreUnavailable("The entry could not be stored now; send it again.") from None


@asynccontextmanager
async def open_store(database_url: str) -> AsyncIterator[Store]:
    """The store of `database_url`, its tables brought up to date first; closed at the end.

    Raises StartRefused with a sentence that names neither user nor password.
    """
    url = engine_url(database_url)
    engine = create_async_engine(url, hide_parameters=True, pool_pre_ping=url.get_backend_name() != "sqlite")
    if url.get_backend_name() == "sqlite":
        prepare_sqlite(engine, url)
    try:
        try:
            async with engine.begin() as connection:
                revisions = await connection.run_sync(upgrade)
        except (SQLAlchemyError, OSError) as error:
            raise unusable(error) from error
        yield Store(engine, revisions)
    finally:
        await engine.dispose()


def engine_url(database_url: str) -> URL:
    """The SQLAlchemy URL with an asynchronous driver; raises StartRefused for another data base than the two."""
    try:
        url = make_url(database_url)
    except (SQLAlchemyError, ValueError):
        raise StartRefused("CDS_DATABASE_URL is no data base URL.") from None
    name = url.drivername.partition("+")[0]
    if name not in _DRIVERS:
        raise StartRefused("CDS_DATABASE_URL names neither sqlite nor postgresql.")
    return url.set(drivername=_DRIVERS[name])
