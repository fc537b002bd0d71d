"""A Bundle that holds several patients -> one Bundle for each of them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

import msgspec

from cds_service.commands.chart_entry import ChartEntry, read_entries
from fhir_mappings.elements import Reference
from fhir_mappings.references import type_and_id

_BROKEN = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)
_URN = "urn:"


class _Shell(msgspec.Struct, frozen=True, rename="camel"):
    resource_type: str
    type: str | None = None
    link: msgspec.Raw = msgspec.Raw(b"[]")
    entry: tuple[msgspec.Raw, ...] = ()


class _Named(msgspec.Struct, frozen=True, rename="camel"):
    subject: Reference | None = None
    patient: Reference | None = None
    medication_reference: Reference | None = None


def single_charts(bundle: bytes) -> Iterator[bytes]:
    """The Bundle itself when it holds at most one Patient, else a Bundle for each Patient, in their order.

    Each gets the entries that name its patient, the Medications they refer to, and every entry that cannot be read,
    since it may be anyone's. Entries that name nobody, or somebody else, go to nobody. What is no Bundle is given back.
    """
    try:
        shell = msgspec.json.decode(bundle, type=_Shell)
    except _BROKEN:
        yield bundle
        return
    entries = {entry.position: entry for entry in read_entries(shell.entry)}
    patients = dict.fromkeys(entry.id for entry in entries.values() if entry.type == "Patient" and entry.id)
    if len(patients) < 2:
        yield bundle
        return
    owned = _by_patient(entries, patients)
    for patient in patients:
        parts = [shell.entry[position] for position in owned[patient]]
        yield msgspec.json.encode(
            {"resourceType": shell.resource_type, "type": shell.type, "link": shell.link, "entry": parts}
        )


def _by_patient(entries: Mapping[int, ChartEntry], patients: Mapping[str, None]) -> dict[str, list[int]]:
    """Patient id -> positions of entries, in the order of the Bundle."""
    literal = {entry.full_url: f"{entry.type}/{entry.id}" for entry in entries.values() if entry.has_urn}
    medications = {f"Medication/{entry.id}": place for place, entry in entries.items() if entry.type == "Medication"}
    owned: dict[str, set[int]] = defaultdict(set)
    for place, entry in entries.items():
        if entry.type in (None, "OperationOutcome"):
            for patient in patients:
                owned[patient].add(place)
        elif entry.type == "Patient":
            owned[entry.id].add(place)
        elif entry.type != "Medication":
            named = _named(entry.raw)
            owner = _literal(named.subject or named.patient, literal).removeprefix("Patient/")
            if owner in patients:
                owned[owner].add(place)
                if (medication := medications.get(_literal(named.medication_reference, literal))) is not None:
                    owned[owner].add(medication)
    return {patient: sorted(owned[patient]) for patient in patients}


def _literal(reference: Reference | None, literal: Mapping[str, str]) -> str:
    text = (reference.reference if reference else None) or ""
    return literal.get(text, "") if text.startswith(_URN) else type_and_id(text) or ""


def _named(raw: bytes) -> _Named:
    try:
        return msgspec.json.decode(raw, type=_Named)
    except _BROKEN:
        return _Named()
