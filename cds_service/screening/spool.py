"""The spool: the resources of an export sorted by patient, on disk, in a folder that only its owner can enter.

A task writes pieces; each piece holds one segment for every partition, and a last one for the Medications, which
belong to no patient. All of a patient's resources end in one partition, in the order of the export, whoever wrote them.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

PARTITION_BYTES = 8 * 1024 * 1024
PIECE_BYTES = 8 * 1024 * 1024
_FEWEST, _MOST = 8, 1024


class Record(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One resource: whose it is, its prefetch key, its JSON, the Medication it refers to, whether it is a draft order.

    For a Medication `owner` is its own id, and `key` is empty.
    """

    owner: str
    key: str
    raw: bytes
    medication: str | None = None
    draft: bool = False


_decode_segment = msgspec.msgpack.Decoder(list[Record]).decode


def partitions_for(size: int) -> int:
    """How many partitions an export of `size` bytes gets, so that each fits into memory many times over."""
    return max(_FEWEST, min(_MOST, size // PARTITION_BYTES))


@dataclass(slots=True)
class PieceWriter:
    """Writes the records of one task; a task that is done again writes the same files over."""

    folder: Path
    task: int
    partitions: int
    written: int = 0
    _piece: int = 0
    _held: int = 0
    _segments: dict[int, list[Record]] = field(default_factory=dict)

    def put(self, record: Record) -> None:
        """Keep one record; a full piece goes to disk."""
        place = zlib.crc32(record.owner.encode()) % self.partitions if record.key else self.partitions
        self._segments.setdefault(place, []).append(record)
        self.written += 1
        self._held += len(record.raw)
        if self._held > PIECE_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what is held."""
        if not self._segments:
            return
        encoded = [msgspec.msgpack.encode(self._segments.get(place, [])) for place in range(self.partitions + 1)]
        with open(self.folder / f"{self.task:08d}.{self._piece:04d}.piece", "wb") as file:
            file.write(struct.pack(f"<{self.partitions + 1}Q", *(len(segment) for segment in encoded)))
            file.writelines(encoded)
        self._segments.clear()
        self._piece, self._held = self._piece + 1, 0


def read_partition(folder: Path, partition: int, partitions: int) -> Iterator[list[Record]]:
    """The segments of a partition, in the order of the export; `partitions` itself is that of the Medications."""
    header = struct.Struct(f"<{partitions + 1}Q")
    for path in sorted(folder.glob("*.piece")):
        with open(path, "rb") as file:
            sizes = header.unpack(file.read(header.size))
            file.seek(sum(sizes[:partition]), os.SEEK_CUR)
            yield _decode_segment(file.read(sizes[partition]))
