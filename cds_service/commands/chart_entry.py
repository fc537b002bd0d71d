"""ChartEntry: one entry of a Bundle, told apart by type and id and otherwise left as it came."""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

_BROKEN = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)
_SAFE_ID = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")


@dataclass(frozen=True, slots=True)
class ChartEntry:
    """A resource as JSON bytes; `type` is None where the entry could not be read at all.

    `position`: its place in its Bundle, from 0. `id` is empty where there is none.
    """

    position: int
    type: str | None = None
    id: str = ""
    status: str = ""
    raw: bytes = b"null"
    full_url: str = ""

    @property
    def has_urn(self) -> bool:
        """Whether other entries may refer to it by a `urn:` fullUrl."""
        return self.full_url.startswith("urn:") and bool(self.type and self.id) and set(self.id) <= _SAFE_ID


class _Request(msgspec.Struct, frozen=True):
    method: str | None = None


class _Entry(msgspec.Struct, frozen=True, rename="camel"):
    resource: msgspec.Raw = msgspec.Raw(b"null")
    full_url: str | None = None
    request: _Request | None = None


class _Head(msgspec.Struct, frozen=True, rename="camel"):
    resource_type: str
    id: str | None = None


class _Status(msgspec.Struct, frozen=True):
    status: str | None = None


def read_entries(raw_entries: Iterable[msgspec.Raw]) -> list[ChartEntry]:
    """The entries that hold a resource; deletions of a transaction hold none. Nothing is raised for what they hold."""
    entries = (_read(position, raw) for position, raw in enumerate(raw_entries))
    return [entry for entry in entries if entry is not None]


def read_resource(raw: bytes, position: int = 0, full_url: str = "") -> ChartEntry:
    """One resource as an entry; a resource without an id takes that of its `urn:uuid:` fullUrl."""
    try:
        head = msgspec.json.decode(raw, type=_Head)
    except _BROKEN:
        return ChartEntry(position)
    identity = head.id or ""
    if not identity and full_url.startswith("urn:uuid:"):
        identity = full_url.removeprefix("urn:uuid:")
        raw = msgspec.json.encode(msgspec.json.decode(raw) | {"id": identity})
    return ChartEntry(position, head.resource_type, identity, _status(raw), raw, full_url)


def _read(position: int, raw: msgspec.Raw) -> ChartEntry | None:
    try:
        entry = msgspec.json.decode(raw, type=_Entry)
    except _BROKEN:
        return ChartEntry(position)
    resource = bytes(entry.resource)
    if resource == b"null":
        deletion = entry.request is not None and entry.request.method == "DELETE"
        return None if deletion else ChartEntry(position)
    return read_resource(resource, position, entry.full_url or "")


def _status(raw: bytes) -> str:
    try:
        return msgspec.json.decode(raw, type=_Status).status or ""
    except _BROKEN:
        return ""
