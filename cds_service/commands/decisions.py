"""`calcinosis-cds decisions`: what was told about a patient, exported or deleted (decision 25)."""

from typing import Annotated

import msgspec
import typer

from cds_service.commands.database import PatientId, Since, Until, patient_hash, with_store
from cds_service.commands.ending import refuse
from cds_service.commands.export_file import OutputFile, counting, export_to
from cds_service.records.decision_log import read_decisions
from cds_service.records.patient_deletion import count_decisions, delete_patient
from cds_service.records.period import Period
from cds_service.records.storage import Store, decision_table
from cds_service.settings import Settings

PatientHash = Annotated[
    str | None, typer.Option("--patient-hash", metavar="HASH", help="The patient's keyed hash, as the log has it.")
]
OneCall = Annotated[str | None, typer.Option("--hook-instance", metavar="UUID", help="The calls of one hookInstance.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def decision_commands() -> typer.Typer:
    """The commands under `decisions`."""
    commands = typer.Typer(no_args_is_help=True, help="The decision log: what was told, and why.")
    commands.command("export")(export_decisions)
    commands.command("delete")(delete_decisions)
    return commands


def export_decisions(
    since: Since = None,
    until: Until = None,
    patient_id: PatientId = None,
    patient_hash_: PatientHash = None,
    hook_instance: OneCall = None,
    output: OutputFile = None,
) -> None:
    """Write recorded calls as NDJSON, oldest first: all, of one patient, or of one hookInstance.

    The patient's id is hashed with the key of the service before it is looked for.
    """
    if patient_id is not None and patient_hash_ is not None:
        refuse("either --patient-id or --patient-hash, not both.")

    async def work(store: Store, settings: Settings) -> None:
        wanted = Period(since, until, settings.time_zone).conditions(decision_table.c.at)
        patient = patient_hash_ if patient_id is None else patient_hash(patient_id, settings)
        if patient is not None:
            wanted.append(decision_table.c.patient == patient)
        with export_to(output) as file, counting("decisions") as count:
            number = 0
            async for record in read_decisions(store, hook_instance, wanted):
                file.write(f"{msgspec.json.encode(record).decode()}\n")
                number += 1
                count(number)

    with_store(work)


def delete_decisions(patient_id: PatientId = None, patient_hash_: PatientHash = None, yes: Yes = False) -> None:
    """Delete everything recorded about a patient: decisions, shown cards, and the comments on those cards."""
    if (patient_id is None) == (patient_hash_ is None):
        refuse("say whose: --patient-id or --patient-hash.")
    if patient_id == "-" and not yes:
        refuse("an id from standard input leaves nobody to ask: --yes is needed.")

    async def work(store: Store, settings: Settings) -> None:
        patient = patient_hash_ if patient_id is None else patient_hash(patient_id, settings)
        number = await count_decisions(store, str(patient))
        if number and not yes:
            typer.confirm(f"Delete {number} decisions for good?", abort=True, err=True)
        deleted = await delete_patient(store, str(patient))
        typer.echo(
            f"{deleted.decisions} decisions and {deleted.cards} shown cards deleted, "
            f"{deleted.comments} comments blanked"
        )

    with_store(work)
