"""How the data base is opened, and that the migrations make the tables that the code uses (decision 25)."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, select, text

from cds_service.errors import StartRefused
from cds_service.records.storage import Store, engine_url, feedback_table, metadata, open_store, token_id_table


def test_sqlite_keeps_what_it_acknowledges(tmp_path: Path) -> None:
    """reliability.md 2: WAL and synchronous=FULL (2), on every connection."""

    async def pragmas() -> tuple[object, object]:
        async with open_store(f"sqlite:///{tmp_path / 'a.sqlite3'}") as store, store._engine.connect() as connection:
            journal = (await connection.execute(text("PRAGMA journal_mode"))).scalar()
            return journal, (await connection.execute(text("PRAGMA synchronous"))).scalar()

    assert asyncio.run(pragmas()) == ("wal", 2)


def test_the_migrations_make_the_tables_of_the_code(tmp_path: Path) -> None:
    async def migrate() -> None:
        for _ in range(2):
            async with open_store(f"sqlite:///{tmp_path / 'deep' / 'a.sqlite3'}"):
                pass

    asyncio.run(migrate())
    engine = create_engine(f"sqlite:///{tmp_path / 'deep' / 'a.sqlite3'}")
    found = inspect(engine)
    assert set(found.get_table_names()) == {*metadata.tables, "alembic_version"}
    for name, table in metadata.tables.items():
        columns = {column["name"]: (str(column["type"]), column["nullable"]) for column in found.get_columns(name)}
        assert columns == {
            column.name: (str(column.type.compile(engine.dialect)), column.nullable) for column in table.columns
        }
        unique = {tuple(constraint["column_names"]) for constraint in found.get_unique_constraints(name)}
        assert unique == {(column.name,) for column in table.columns if column.unique}
    engine.dispose()


def test_two_workers_that_start_at_once_both_start(tmp_path: Path) -> None:
    async def start() -> None:
        async with open_store(f"sqlite:///{tmp_path / 'a.sqlite3'}") as store:
            assert await store.is_writable()

    async def both() -> None:
        await asyncio.gather(start(), start())

    asyncio.run(both())


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("sqlite:///var/a.sqlite3", "sqlite+aiosqlite"),
        ("postgresql://cds:secret@db/cds", "postgresql+psycopg"),
        ("postgres://db/cds", "postgresql+psycopg"),
    ],
)
def test_a_plain_url_gets_its_asynchronous_driver(url: str, driver: str) -> None:
    assert engine_url(url).drivername == driver


@pytest.mark.parametrize("url", ["mysql://cds:secret@db/cds", "nonsense secret", "secret://"])
def test_another_data_base_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(StartRefused) as caught:
        engine_url(url)
    assert "secret" not in str(caught.value)


def test_a_data_base_that_cannot_be_opened_is_a_plain_sentence(tmp_path: Path) -> None:
    (tmp_path / "folder.sqlite3").mkdir()

    async def start() -> None:
        async with open_store(f"sqlite:///{tmp_path / 'folder.sqlite3'}"):
            pass

    with pytest.raises(StartRefused, match="CDS_DATABASE_URL"):
        asyncio.run(start())


def test_reading_waits_for_nobody_who_writes(tmp_path: Path) -> None:
    async def read_beside_a_writer() -> int:
        file = tmp_path / "a.sqlite3"
        async with open_store(f"sqlite:///{file}") as store:
            with closing(sqlite3.connect(file, isolation_level=None)) as writer:
                writer.execute("BEGIN IMMEDIATE")
                async with asyncio.timeout(1):
                    return len(await store.read(select(feedback_table)))

    assert asyncio.run(read_beside_a_writer()) == 0


def test_who_asks_first_is_served_first(tmp_path: Path) -> None:
    """SQLite lets anyone in who asks at the right moment: a busy service would look as if it were not ready."""
    done: list[int] = []

    async def ask(store: Store, number: int) -> None:
        if number % 3:
            await store.delete_before(token_id_table, token_id_table.c.expires, 0)
        else:
            assert await store.is_writable()
        done.append(number)

    async def all_at_once() -> None:
        async with open_store(f"sqlite:///{tmp_path / 'a.sqlite3'}") as store:
            await asyncio.gather(*(ask(store, number) for number in range(30)))

    asyncio.run(all_at_once())
    assert done == list(range(30))
