"""Keyed uuids and pseudonyms, and the key they need (decisions 20 and 25)."""

import stat
import uuid
from pathlib import Path

import pytest

from cds_service.identity import derive_uuid, keyed_hash, load_hash_key

KEY = b"k" * 32


def test_the_same_parts_give_the_same_uuid_and_others_another() -> None:
    first = derive_uuid(KEY, "hook-instance", "service", "R-ASSESS", "pat-1")
    assert first == derive_uuid(KEY, "hook-instance", "service", "R-ASSESS", "pat-1")
    assert first != derive_uuid(KEY, "other-instance", "service", "R-ASSESS", "pat-1")
    assert first != derive_uuid(b"q" * 32, "hook-instance", "service", "R-ASSESS", "pat-1")


def test_a_uuid_is_an_rfc_4122_one_in_lower_case() -> None:
    """CARD-1."""
    value = derive_uuid(KEY, "a")
    assert uuid.UUID(value).variant == uuid.RFC_4122
    assert uuid.UUID(value).version == 5
    assert value == value.lower()


def test_parts_do_not_run_into_each_other() -> None:
    assert derive_uuid(KEY, "ab", "c") != derive_uuid(KEY, "a", "bc")
    assert keyed_hash(KEY, "a", "") != keyed_hash(KEY, "a")


def test_a_random_key_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    key = load_hash_key(None, folder)
    assert load_hash_key(None, folder) == key
    assert len(key) >= 32
    assert [path.name for path in folder.iterdir()] == ["hash.key"]
    assert stat.S_IMODE((folder / "hash.key").stat().st_mode) == 0o600
    assert load_hash_key(None, tmp_path / "elsewhere") != key


def test_a_key_file_is_used_and_never_made(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    with pytest.raises(FileNotFoundError):
        load_hash_key(file, tmp_path)
    file.write_bytes(b"0123456789abcdef\n")
    assert load_hash_key(file, tmp_path) == b"0123456789abcdef"


def test_a_short_key_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_bytes(b"short")
    with pytest.raises(ValueError, match="16"):
        load_hash_key(file, tmp_path)
