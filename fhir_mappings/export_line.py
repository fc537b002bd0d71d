"""One line of a Bulk FHIR export -> whose it is, and the resource cut down to the elements the algorithm reads."""

from dataclasses import dataclass

import msgspec

from fhir_mappings.elements import Reference
from fhir_mappings.references import type_and_id
from fhir_mappings.resources import (
    ChartResource,
    MedicationRequestResource,
    MedicationResource,
    MedicationStatementResource,
)

LineResource = ChartResource | MedicationResource
_BROKEN = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)
_OF_A_PATIENT = frozenset(
    {
        "Condition",
        "MedicationRequest",
        "MedicationStatement",
        "AllergyIntolerance",
        "Procedure",
        "Observation",
        "ServiceRequest",
    }
)
READ_TYPES = _OF_A_PATIENT | {"Patient", "Medication"}
"""The resource types of an export that are read."""


class UnreadableLine(ValueError):
    """Nothing can be made of a line; the message is one of a few constant phrases."""


@dataclass(frozen=True, slots=True)
class ExportLine:
    """What one line holds.

    `owner`: the patient's id, the Medication's own id for a Medication, "" for what belongs to nobody who is screened.
    `raw`: JSON bytes that read as the whole line reads, and are the line itself where it cannot be read. `medication`:
    the `Medication/id` that it refers to. `resource`: None where it cannot be read.
    """

    type: str
    owner: str = ""
    raw: bytes = b""
    medication: str | None = None
    resource: LineResource | None = None


class _Head(msgspec.Struct, frozen=True, rename="camel"):
    resource_type: str
    id: msgspec.Raw = msgspec.Raw(b"null")
    subject: msgspec.Raw = msgspec.Raw(b"null")
    patient: msgspec.Raw = msgspec.Raw(b"null")


# A union, because only in a union does the decoder insist on the resourceType.
_decode_resource = msgspec.json.Decoder(LineResource).decode
_decode_head = msgspec.json.Decoder(_Head).decode
_decode_reference = msgspec.json.Decoder(Reference | None).decode
_decode_text = msgspec.json.Decoder(str | None).decode


def read_export_line(line: bytes) -> ExportLine:
    """What a line of NDJSON holds; types that are not read have no owner.

    A resource with a wrong element keeps its line, so that it opens its group as it does at a hook (decision 6).
    Raises UnreadableLine when it is no JSON object with a resourceType, or does not tell whose it is.
    """
    try:
        head = _decode_head(line)
    except _BROKEN:
        raise UnreadableLine("no FHIR resource") from None
    if head.resource_type not in READ_TYPES:
        return ExportLine(head.resource_type)
    owner = _owner(head)
    if owner is None:
        return ExportLine(head.resource_type)
    try:
        resource: LineResource = _decode_resource(line)
    except _BROKEN:
        return ExportLine(head.resource_type, owner, line)
    return ExportLine(head.resource_type, owner, msgspec.json.encode(resource), _medication(resource), resource)


def _owner(head: _Head) -> str | None:
    """The id of the patient or Medication; None when the resource is about something that is no patient."""
    try:
        if head.resource_type in ("Patient", "Medication"):
            owner: str | None = _decode_text(head.id)
        else:
            subject = _decode_reference(head.subject) or _decode_reference(head.patient)
            whose = type_and_id(subject.reference if subject else None)
            kind, _, owner = (whose or "Patient/").partition("/")
            if kind != "Patient":
                return None
    except _BROKEN:
        owner = None
    if not owner:
        raise UnreadableLine("no id" if head.resource_type in ("Patient", "Medication") else "no patient named")
    return owner


def _medication(resource: LineResource) -> str | None:
    if not isinstance(resource, MedicationRequestResource | MedicationStatementResource):
        return None
    reference = resource.medication_reference.reference if resource.medication_reference else None
    literal = type_and_id(reference)
    return literal if literal and literal.startswith("Medication/") else None
