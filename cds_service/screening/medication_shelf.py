"""The Medications of an export, on disk by id: a formulary may be larger than what a process should hold."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from cds_service.screening.spool import Record

_FILE = "medications.sqlite3"


def shelve_medications(folder: Path, segments: Iterable[Iterable[Record]]) -> None:
    """Write the Medications into a file of `folder`; of two with one id the first counts."""
    with closing(sqlite3.connect(folder / _FILE)) as shelf, shelf:
        shelf.execute("PRAGMA journal_mode = OFF")
        shelf.execute("CREATE TABLE medication (reference TEXT PRIMARY KEY, raw BLOB) WITHOUT ROWID")
        for segment in segments:
            rows = ((f"Medication/{record.owner}", record.raw) for record in segment)
            shelf.executemany("INSERT OR IGNORE INTO medication VALUES (?, ?)", rows)


class MedicationShelf:
    """Looks Medications up; one reader for each process."""

    def __init__(self, folder: Path) -> None:
        self._shelf = sqlite3.connect(f"{(folder / _FILE).as_uri()}?mode=ro", uri=True)

    def get(self, reference: str) -> bytes | None:
        """The Medication (JSON bytes) of a `Medication/id`, None when the export has none."""
        row = self._shelf.execute("SELECT raw FROM medication WHERE reference = ?", (reference,)).fetchone()
        return None if row is None else bytes(row[0])

    def close(self) -> None:
        """Close the file."""
        self._shelf.close()
