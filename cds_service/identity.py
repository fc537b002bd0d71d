"""Keyed hashes: stable uuids for cards, and pseudonyms for patients in logs (decisions 20 and 25)."""

import hashlib
import hmac
import os
import secrets
import uuid
from pathlib import Path

_SHORTEST_KEY = 16
_KEY_BYTES = 32


def derive_uuid(key: bytes, *parts: str) -> str:
    """The RFC 4122 uuid (lower case, version 5 layout) that belongs to `parts` under `key`.

    The same key and parts give the same uuid; without the key it cannot be computed from the parts (decision 20).
    """
    return str(uuid.UUID(bytes=_digest(key, parts)[:16], version=5))


def keyed_hash(key: bytes, *parts: str) -> str:
    """A pseudonym of `parts` under `key`: 32 hexadecimal digits (decision 25)."""
    return _digest(key, parts)[:16].hex()


def load_hash_key(key_file: Path | None, data_directory: Path) -> bytes:
    """The key of `key_file`, or the random one kept in `data_directory` (made on the first call, mode 0600).

    Raises OSError when a file cannot be read or written, ValueError when the key has fewer than 16 bytes.
    """
    path = key_file or data_directory / "hash.key"
    if key_file is None and not path.exists():
        _make_key(path)
    key = path.read_bytes().strip()
    if len(key) < _SHORTEST_KEY:
        raise ValueError(f"the hash key file holds fewer than {_SHORTEST_KEY} bytes")
    return key


def _make_key(path: Path) -> None:
    """Two workers that start at once end with one key: the file appears whole, and only the first one's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_hex(_KEY_BYTES).encode())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _digest(key: bytes, parts: tuple[str, ...]) -> bytes:
    # Each part goes in with its length, so that ("ab", "c") and ("a", "bc") differ.
    message = b"".join(len(data).to_bytes(8, "big") + data for data in (part.encode() for part in parts))
    return hmac.new(key, message, hashlib.sha256).digest()
