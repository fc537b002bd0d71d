"""Upgrades of the tables: said, refused when the data base is newer, and no harm to workers of the version before."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, Table, create_engine
from typer.testing import CliRunner, Result

from cds_service.cli import build_cli
from cds_service.records.migrations import migration_config, upgrade

REVISIONS = [script.revision for script in ScriptDirectory.from_config(migration_config()).walk_revisions()][::-1]


def to_revision(connection: Connection, revision: str) -> None:
    config = migration_config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CDS_DATABASE_URL", f"sqlite:///{tmp_path / 'a.sqlite3'}")
    return tmp_path / "a.sqlite3"


def migrate() -> Result:
    return CliRunner().invoke(build_cli(), ["migrate"])


def set_revision(file: Path, revision: str) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))


def test_migrate_says_from_which_revision_to_which(file: Path) -> None:
    engine = create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        to_revision(connection, "0002")
    engine.dispose()
    assert migrate().stdout == f"tables brought from revision 0002 to {REVISIONS[-1]}\n"
    assert migrate().stdout == f"nothing to do: the tables are at the newest revision, {REVISIONS[-1]}\n"


def test_migrate_makes_the_tables(file: Path) -> None:
    result = migrate()
    assert (result.exit_code, result.stdout) == (0, f"tables made, revision {REVISIONS[-1]}\n")
    assert file.exists()


def test_tables_that_are_newer_than_the_software_are_refused_in_a_sentence(file: Path) -> None:
    migrate()
    set_revision(file, "9999")
    result = migrate()
    assert (result.exit_code, result.stdout) == (2, "")
    assert "The data base is newer than this version of the software" in result.stderr
    assert "9999" in result.stderr


@pytest.mark.parametrize("revision", REVISIONS[2:-1])
def test_workers_of_an_earlier_version_go_on_writing(tmp_path: Path, revision: str) -> None:
    """What they insert, into the columns that their tables had, still fits the newest tables."""
    engine = create_engine(f"sqlite:///{tmp_path / 'a.sqlite3'}")
    with engine.begin() as connection:
        to_revision(connection, revision)
        earlier = MetaData()
        earlier.reflect(connection)
        upgrade(connection)
        for name in ("feedback", "decision", "shown_card", "token_id"):
            connection.execute(earlier.tables[name].insert().values(row_of(earlier.tables[name])))
    engine.dispose()


def row_of(table: Table) -> dict[str, object]:
    """A row with a value in every column that the earlier version knew."""
    moment = datetime(2026, 11, 22, tzinfo=UTC)
    python_types = {int: 1, str: "x", bytes: b"x", object: [], datetime: moment}
    return {column.name: python_types[column.type.python_type] for column in table.columns}
