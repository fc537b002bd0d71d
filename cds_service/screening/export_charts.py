"""The resources of one patient of an export -> the hook call that an EHR would have made for it."""

from collections.abc import Callable, Iterable, Sequence

from cds_service.commands.bundle_request import KEY_OF_TYPE, UnusableChart, collection, hook_body
from cds_service.commands.chart_entry import read_resource
from cds_service.hook_request import PATIENT_VIEW
from cds_service.screening.spool import Record
from fhir_mappings.export_line import ExportLine
from fhir_mappings.resources import MedicationRequestResource, ObservationResource, ServiceRequestResource

LookUp = Callable[[str], bytes | None]


def record_of(line: ExportLine, codes: frozenset[str], hook: str) -> Record | None:
    """The record of a line; None when no prefetch query of the hook would have brought it.

    `codes`: those of the observations that the knowledge reads; a query by code brings what carries one of them in any
    coding, and the query for referrals brings the active ones (decision 10). What cannot be read is kept.
    """
    if not line.owner:
        return None
    if line.type == "Medication":
        return Record(line.owner, "", line.raw)
    draft = hook != PATIENT_VIEW and _is_draft(line)
    resource = line.resource
    if isinstance(resource, ObservationResource):
        if resource.code is None or not any(coding.code in codes for coding in resource.code.coding):
            return None
    elif isinstance(resource, ServiceRequestResource) and resource.status != "active" and not draft:
        return None
    return Record(line.owner, KEY_OF_TYPE[line.type], line.raw, line.medication, draft)


def export_body(
    patient_id: str, records: Sequence[Record], obtained: Iterable[str], hook: str, look_up: LookUp
) -> bytes:
    """The body of the hook call (JSON bytes) for the records of one patient.

    `obtained`: the prefetch keys whose resource type is in the export; the others are left out of the call, so that
    their groups are open. Raises UnusableChart.
    """
    patient = next((record.raw for record in records if record.key == "patient"), None)
    if patient is None:
        raise UnusableChart("the export holds no Patient of this id")
    prefetch = {key: _value(key, records, look_up) for key in obtained}
    drafts = [read_resource(record.raw) for record in records if record.draft]
    return hook_body(hook, patient_id, prefetch | {"patient": patient}, drafts)


def _value(key: str, records: Iterable[Record], look_up: LookUp) -> bytes:
    own = [record for record in records if record.key == key]
    references = dict.fromkeys(record.medication for record in own if record.medication is not None)
    medications = [raw for raw in map(look_up, references) if raw is not None]
    entries = [b'{"resource":' + raw.strip() + b"}" for raw in (*(record.raw for record in own), *medications)]
    return collection(entries) if entries else b"null"


def _is_draft(line: ExportLine) -> bool:
    return isinstance(line.resource, MedicationRequestResource | ServiceRequestResource) and (
        line.resource.status == "draft"
    )
