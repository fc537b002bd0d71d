"""What is past its term is blanked or deleted, by the command and by the service; the rest stays (decision 25)."""

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cds_service.cli import build_cli
from cds_service.records.retention import DailyPurge, Purged, Terms, due, purge
from cds_service.records.storage import open_store
from tests.service.ehr import json_lines, running_service

NOW = 1_795_340_050.0
DAY = 86_400.0
TERMS = Terms(feedback_comment_days=90, decision_days=2190)


def at(days_ago: float, now: float = NOW) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(now - days_ago * DAY))


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CDS_DATABASE_URL", f"sqlite:///{tmp_path / 'test.sqlite3'}")
    assert CliRunner().invoke(build_cli(), ["migrate"]).exit_code == 0
    return tmp_path / "test.sqlite3"


def fill(file: Path, now: float = NOW) -> None:
    """Comments of 89, 91 and 3000 days, an entry without comment; decisions and cards of 2189 and 2191 days."""
    with closing(sqlite3.connect(file)) as connection, connection:
        for card, days, comment in (("new", 89, "a"), ("old", 91, "b"), ("older", 3000, "c"), ("none", 91, None)):
            connection.execute(
                "INSERT INTO feedback (entry_key, service, card, outcome, outcome_timestamp, accepted_suggestions, "
                "user_comment, received_at) VALUES (?, 's', ?, 'overridden', 't', '[]', ?, ?)",
                (card, card, comment, at(days, now)),
            )
        for name, days in (("new", 2189), ("old", 2191)):
            connection.execute(
                "INSERT INTO decision (at, hook_instance, service, patient, outcome, knowledge_hash, card_count, "
                "record) VALUES (?, ?, 's', 'p', 'decided', 'h', 0, x'00')",
                (at(days, now), name),
            )
            connection.execute(
                "INSERT INTO shown_card VALUES (?, ?, 's', NULL, 'info', '[]', '1')", (name, at(days, now))
            )


def kept(file: Path) -> dict[str, list[object]]:
    with closing(sqlite3.connect(file)) as connection:
        queries = {
            "comments": "SELECT user_comment FROM feedback ORDER BY id",
            "decisions": "SELECT hook_instance FROM decision",
            "cards": "SELECT uuid FROM shown_card",
        }
        return {name: [row[0] for row in connection.execute(query)] for name, query in queries.items()}


ALL = {"comments": ["a", "b", "c", None], "decisions": ["new", "old"], "cards": ["new", "old"]}
PURGED = {"comments": ["a", None, None, None], "decisions": ["new"], "cards": ["new"]}


def test_old_comments_are_blanked_and_old_decisions_deleted(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In batches of one: each batch goes on where the last one ended."""
    monkeypatch.setattr("cds_service.records.retention._BATCH", 1)
    fill(file)

    async def story() -> None:
        async with open_store(f"sqlite:///{file}") as store:
            assert await due(store, TERMS, NOW) == Purged(2, 1, 1)
            assert kept(file) == ALL
            assert await purge(store, TERMS, NOW) == Purged(2, 1, 1)
            assert await purge(store, TERMS, NOW) == Purged(0, 0, 0)

    asyncio.run(story())
    assert kept(file) == PURGED


def test_the_command_says_what_it_would_do_and_what_it_did(file: Path) -> None:
    fill(file, time.time())
    would = CliRunner().invoke(build_cli(), ["purge", "--dry-run"])
    assert "2 comments older than 90 days would be blanked" in would.stdout
    assert "1 decisions and 1 shown cards older than 2190 days would be deleted" in would.stdout
    assert kept(file) == ALL
    did = CliRunner().invoke(build_cli(), ["purge"])
    assert did.stdout == would.stdout.replace("would be ", "")
    assert kept(file) == PURGED


def test_the_terms_are_settings(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDS_FEEDBACK_COMMENT_DAYS", "1")
    monkeypatch.setenv("CDS_DECISION_DAYS", "3000")
    fill(file, time.time())
    CliRunner().invoke(build_cli(), ["purge"])
    assert kept(file) == {"comments": [None] * 4, "decisions": ["new", "old"], "cards": ["new", "old"]}


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cds_service.records.retention._FIRST_SECONDS", 0.0)


@pytest.mark.usefixtures("at_once")
def test_the_service_purges_by_itself(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fill(file, time.time())
    with running_service(file.parent) as service:
        until = time.monotonic() + 10
        while kept(file) != PURGED and time.monotonic() < until:
            assert service.get("/readyz").status_code == 200
    assert kept(file) == PURGED
    (line,) = [line for line in json_lines(capsys.readouterr().out) if line["event"] == "purged"]
    assert (line["comments"], line["decisions"], line["cards"]) == (2, 1, 1)


class Heard:
    """A logger that lets go who waits for its line."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, object]]] = []
        self.heard = asyncio.Event()

    def info(self, event: str, **fields: object) -> None:
        self.lines.append((event, fields))
        self.heard.set()

    warning = error = info


@pytest.mark.usefixtures("at_once")
def test_a_purge_that_fails_is_logged_and_harms_nobody(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DROP TABLE decision")

    async def story() -> None:
        logger = Heard()
        async with open_store(f"sqlite:///{file}") as store:
            daily = DailyPurge(store, TERMS, lambda: NOW, logger)
            daily.start()
            await asyncio.wait_for(logger.heard.wait(), 10)
            assert logger.lines == [("purge-failed", {"error": "store-unavailable"})]
            await asyncio.wait_for(daily.close(), 5)

    asyncio.run(story())
