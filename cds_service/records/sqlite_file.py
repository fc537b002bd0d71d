"""The SQLite file: on a local disk, with WAL and synchronous=FULL (decision 25, reliability.md 2)."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine

from cds_service.errors import StartRefused
from cds_service.records.mount_points import network_file_system, read_mounts

BUSY_MILLISECONDS = 5000
READS_ONLY = "calcinosis_cds_reads_only"
"""The execution option of a connection that only reads: it takes no write lock and waits for nobody."""

_WAL_TRIES, _WAL_PAUSE_SECONDS = 20, 0.02


def prepare_sqlite(engine: AsyncEngine, url: URL) -> None:
    """Make the folder, turn the file to write-ahead logging and set up every connection of `engine`.

    Raises StartRefused, also for a file on a network file system.
    """
    if url.database and url.database != ":memory:":
        file = Path(url.database)
        refuse_network_path(file)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unusable(error) from error
        _turn_to_wal(url.database)
    event.listen(engine.sync_engine, "connect", _set_pragmas)
    event.listen(engine.sync_engine, "begin", _begin_immediate)


def refuse_network_path(file: Path) -> None:
    """Return if `file` is on this machine's own disks, as far as can be seen; else raise StartRefused.

    The locks and the shared memory of write-ahead logging do not work between machines: what two of them write there
    can be lost after it was acknowledged.
    """
    kind = network_file_system(file, read_mounts())
    if kind is not None:
        raise StartRefused(
            f"The SQLite file of CDS_DATABASE_URL is on a network file system ({kind}). SQLite is for one machine and "
            "a local disk: use a local path, or PostgreSQL."
        )


def unusable(error: Exception) -> StartRefused:
    """The plain sentence for a data base that cannot be opened; nothing of its address."""
    return StartRefused(f"The data base of CDS_DATABASE_URL cannot be used ({type(error).__name__}).")


def _turn_to_wal(database: str) -> None:
    """Write-ahead logging, once for the file. SQLite does not wait for this lock, so workers that start together try.

    Whoever comes too late finds it done. Raises StartRefused.
    """
    for tries_left in reversed(range(_WAL_TRIES)):
        try:
            with closing(sqlite3.connect(database)) as connection:
                connection.execute("PRAGMA journal_mode=WAL")
                return
        except sqlite3.Error as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or not tries_left:
                raise unusable(error) from error
            time.sleep(_WAL_PAUSE_SECONDS)


def _set_pragmas(connection: Any, _record: object) -> None:
    # The driver's own BEGIN comes too late to lock; ours (below) takes the write lock at once, so that two workers
    # wait for each other instead of failing with "database is locked".
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (f"busy_timeout={BUSY_MILLISECONDS}", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Any) -> None:
    reads = connection.get_execution_options().get(READS_ONLY, False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
