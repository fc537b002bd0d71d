"""The SQLite file: not on a network disk, and what a crash in the middle of a write leaves of it (reliability.md 2)."""

import asyncio
import shutil
from pathlib import Path

import pytest
from sqlalchemy import select, text

from cds_service.errors import StartRefused
from cds_service.records import sqlite_file
from cds_service.records.mount_points import network_file_system, read_mounts
from cds_service.records.storage import open_store, token_id_table

MOUNTS = r"""/dev/vda1 / ext4 rw,relatime 0 0
nas:/data /srv/nas nfs4 rw,vers=4.2 0 0
/dev/vdb1 /srv/nas/local xfs rw 0 0
//files/share /mnt/with\040blank cifs rw 0 0
tmpfs /mnt/hidden tmpfs rw 0 0
nas:/x /mnt/hidden nfs rw 0 0
broken
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/cds/a.sqlite3", None),
        ("/srv/nas/deep/not-there-yet/a.sqlite3", "nfs4"),
        ("/srv/nas/local/a.sqlite3", None),
        ("/srv/nas-of-another-name/a.sqlite3", None),
        ("/mnt/with blank/a.sqlite3", "cifs"),
        ("/mnt/hidden/a.sqlite3", "nfs"),
    ],
)
def test_the_innermost_mount_tells_where_a_file_lies(path: str, kind: str | None) -> None:
    assert network_file_system(Path(path), MOUNTS) == kind


def test_a_link_to_a_network_disk_is_one(tmp_path: Path) -> None:
    (tmp_path / "data").symlink_to("/srv/nas")
    assert network_file_system(tmp_path / "data" / "a.sqlite3", MOUNTS) == "nfs4"


def test_this_machine_says_what_is_mounted() -> None:
    assert network_file_system(Path("/proc/self"), read_mounts()) is None


def test_sqlite_on_a_network_disk_is_refused_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_file, "read_mounts", lambda: f"nas:/x {tmp_path} nfs rw 0 0\n")

    async def start() -> None:
        async with open_store(f"sqlite:///{tmp_path / 'data' / 'a.sqlite3'}"):
            pass

    with pytest.raises(StartRefused, match=r"network file system \(nfs\)"):
        asyncio.run(start())
    assert list(tmp_path.iterdir()) == []


async def write(file: Path, copy: Path) -> None:
    """Ten rows that are in the file, ten more that are in the log alone; both copied as a crash leaves them."""
    async with open_store(f"sqlite:///{file}") as store:
        await store.insert_new(token_id_table, [{"token_id": f"a{number}", "expires": 1} for number in range(10)])
        async with store._engine.connect() as connection:
            await connection.exec_driver_sql("ROLLBACK")
            assert (await connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))).one()[0] == 0
        for number in range(10):
            await store.insert_new(token_id_table, [{"token_id": f"b{number}", "expires": 1}])
        for name in (file.name, f"{file.name}-wal"):
            shutil.copy(file.with_name(name), copy / name)


async def found(file: Path) -> list[str]:
    async with open_store(f"sqlite:///{file}") as store:
        async with store._engine.connect() as connection:
            assert (await connection.execute(text("PRAGMA integrity_check"))).scalar() == "ok"
        rows = await store.read(select(token_id_table.c.token_id).order_by(token_id_table.c.token_id))
        return [row["token_id"] for row in rows]


@pytest.mark.parametrize("part", [0.0, 0.001, 0.3, 0.5, 0.77, 0.999, 1.0])
def test_a_torn_log_opens_and_loses_nothing_that_was_checkpointed(tmp_path: Path, part: float) -> None:
    """What was written later is there up to the tear, in order; nothing is there by halves."""
    copy = tmp_path / "after-the-crash"
    copy.mkdir()
    asyncio.run(write(tmp_path / "a.sqlite3", copy))
    log = (copy / "a.sqlite3-wal").read_bytes()
    (copy / "a.sqlite3-wal").write_bytes(log[: int(len(log) * part)])
    rows = asyncio.run(found(copy / "a.sqlite3"))
    checkpointed, later = rows[:10], rows[10:]
    assert checkpointed == [f"a{number}" for number in range(10)]
    assert later == [f"b{number}" for number in range(len(later))]
    assert len(later) in {0.0: [0], 0.001: [0], 1.0: [10]}.get(part, range(1, 10))
