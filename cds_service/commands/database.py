"""What commands on the data base share: settings, the end of failures, days, and a patient's keyed hash."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from datetime import date
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from cds_service.commands.ending import refuse
from cds_service.errors import StartRefused, StoreUnavailable
from cds_service.identity import keyed_hash
from cds_service.records.storage import Store, open_store
from cds_service.settings import Settings, load_settings

Since = Annotated[
    date | None,
    typer.Option(
        "--since", metavar="DATE", parser=date.fromisoformat, help="From this day on (2026-11-22, CDS_TIME_ZONE)."
    ),
]
Until = Annotated[
    date | None,
    typer.Option("--until", metavar="DATE", parser=date.fromisoformat, help="To the end of this day."),
]
PatientId = Annotated[
    str | None,
    typer.Option("--patient-id", metavar="ID", help="The patient's FHIR id; - reads it from standard input."),
]
Result = TypeVar("Result")


def with_store(work: Callable[[Store, Settings], Coroutine[Any, Any, Result]]) -> Result:
    """The result of `work` with the data base of the settings; what cannot be done ends the command with status 2."""
    try:
        settings = load_settings()
        return asyncio.run(_opened(work, settings))
    except FileExistsError:
        refuse("there is a file of that name already; nothing is written over.")
    except (StartRefused, StoreUnavailable) as error:
        refuse(str(error))
    except (OSError, ValueError) as error:
        refuse(f"it cannot be done. {type(error).__name__}: {error}")


def patient_hash(patient_id: str, settings: Settings) -> str:
    """The keyed hash that stands for a patient in the records; `-` reads the id from standard input.

    Raises ValueError where there is no key yet, for a new one would find nothing.
    """
    key_file = settings.hash_key or settings.data_directory / "hash.key"
    if not Path(key_file).exists():
        raise ValueError("the key of the keyed hashes (CDS_HASH_KEY) is not there; without it nobody is found")
    if patient_id == "-":
        patient_id = sys.stdin.readline().strip()
    if not patient_id:
        raise ValueError("the patient's id is empty")
    return keyed_hash(settings.hash_key_bytes, "patient", patient_id)


async def _opened(work: Callable[[Store, Settings], Coroutine[Any, Any, Result]], settings: Settings) -> Result:
    async with open_store(settings.database_url) as store:
        return await work(store, settings)
