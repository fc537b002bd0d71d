"""The files of a screening, cut into tasks of some megabytes, and the lines of a cut."""

import gzip
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

CHUNK_BYTES = 8 * 1024 * 1024
LONGEST_LINE = 64 * 1024 * 1024
_LINES = (".ndjson", ".jsonl")
_GZIPPED = ".gz"
# What exporting programs put beside the data.
_NO_DATA = frozenset({"manifest.json", "log.ndjson"})
_GUESSED_RATIO = 8


class NoSuchInput(Exception):
    """A path that holds nothing to screen; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Slice:
    """The lines of a file that begin in the bytes from `start` up to `end`, or, with `whole`, a file that is one JSON.

    A gzip file is always one slice: it cannot be entered in its middle.
    """

    path: str
    start: int
    end: int
    whole: bool = False

    @property
    def gzipped(self) -> bool:
        """Whether it has to be unpacked."""
        return self.path.endswith(_GZIPPED)


@dataclass(frozen=True, slots=True)
class ReadTask:
    """Some megabytes of input, read by one process at a time; `number` gives the order."""

    number: int
    slices: tuple[Slice, ...]

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(part.end - part.start for part in self.slices)


@dataclass(frozen=True, slots=True)
class Line:
    """A line and its number in its slice, from 1; `data` is None where it is longer than any line may be."""

    number: int
    data: bytes | None


def input_files(paths: Iterable[Path]) -> tuple[Path, ...]:
    """The files to read: those named, and those of the folders named (.ndjson, .jsonl, .json, also .gz), sorted.

    Raises NoSuchInput.
    """
    files: list[Path] = []
    for path in paths:
        found = [path]
        if path.is_dir():
            found = sorted(file for file in path.rglob("*") if file.is_file() and _is_data(file))
            if not found:
                raise NoSuchInput("a folder holds no .ndjson and no .json file")
        elif not path.is_file():
            raise NoSuchInput("a file is not there, or is no file")
        files += found
    return tuple(dict.fromkeys(files))


def read_tasks(files: Iterable[Path]) -> Iterator[ReadTask]:
    """The files cut into tasks; small files share one. The same files give the same tasks."""
    number, gathered, size = 0, list[Slice](), 0
    for part in (part for file in files for part in _slices(file)):
        if gathered and size + part.end - part.start > CHUNK_BYTES:
            yield ReadTask(number, tuple(gathered))
            number, gathered, size = number + 1, [], 0
        gathered.append(part)
        size += part.end - part.start
    if gathered:
        yield ReadTask(number, tuple(gathered))


def estimated_bytes(files: Iterable[Path]) -> int:
    """How many bytes of JSON the files hold; a guess for gzip files."""
    return sum(file.stat().st_size * (_GUESSED_RATIO if file.suffix == _GZIPPED else 1) for file in files)


def lines_of(part: Slice) -> Iterator[Line]:
    """The lines that begin in the slice; a whole file is one line.

    Raises OSError, and what gzip raises for data that it cannot unpack: EOFError, zlib.error.
    """
    with gzip.open(part.path, "rb") if part.gzipped else open(part.path, "rb") as file:
        if part.whole:
            data = file.read(LONGEST_LINE)
            yield Line(1, None if len(data) == LONGEST_LINE else data.removeprefix(BOM_UTF8))
            return
        if part.start:
            # The line that the byte before belongs to is the last slice's.
            file.seek(part.start - 1)
            file.readline()
        number = 0
        while part.gzipped or file.tell() < part.end:
            data = file.readline(LONGEST_LINE)
            if not data:
                break
            number += 1
            if len(data) == LONGEST_LINE and not data.endswith(b"\n"):
                _to_the_end_of_the_line(file.readline)
                yield Line(number, None)
            else:
                yield Line(number, data.removeprefix(BOM_UTF8))


def _to_the_end_of_the_line(readline: Callable[[int], bytes]) -> None:
    while (rest := readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
        pass


def _slices(file: Path) -> Iterator[Slice]:
    size = file.stat().st_size
    whole = _kind(file) not in _LINES
    if whole or file.suffix == _GZIPPED:
        yield Slice(str(file), 0, size, whole)
    else:
        for start in range(0, size, CHUNK_BYTES):
            yield Slice(str(file), start, min(start + CHUNK_BYTES, size))


def _kind(file: Path) -> str:
    return Path(file.stem).suffix if file.suffix == _GZIPPED else file.suffix


def _is_data(file: Path) -> bool:
    return _kind(file) in (*_LINES, ".json") and file.name not in _NO_DATA
