"""FHIR Bundles of a whole chart -> the hook request that an EHR would have sent for it.

A Bundle is sorted into the prefetch keys by resource type, and every group is closed: a type that does not occur was
looked for and is not there. Only a next link, an OperationOutcome or an unreadable entry leaves groups open.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from cds_service.commands.chart_entry import ChartEntry, read_entries
from cds_service.hook_request import ORDER_SELECT, PATIENT_VIEW
from fhir_mappings.bundle_reader import PREFETCH_KEYS

KEY_OF_TYPE: Mapping[str, str] = {
    "Patient": "patient",
    "Condition": "conditions",
    "MedicationRequest": "medications",
    "Medication": "medications",
    "MedicationStatement": "statements",
    "AllergyIntolerance": "allergies",
    "Procedure": "procedures",
    "Observation": "observations",
    "ServiceRequest": "referrals",
}
"""The prefetch key under which a resource type is read."""

ORDER_TYPES = ("MedicationRequest", "ServiceRequest")
"""The resource types of draft orders that are read."""

_BUNDLE_TYPES = frozenset({None, "collection", "searchset", "transaction", "batch", "document"})
_UNREADABLE = b'{"resource":null}'
_URN = re.compile(rb'"(urn:(?:uuid|oid):[^"\\]+)"')
# No Practitioner: drafts that a suggestion creates then name no requester.
_USER = "Device/command-line"
_HOOK_INSTANCE = "00000000-0000-4000-8000-000000000000"


class UnusableChart(Exception):
    """The file holds no chart that can be evaluated; the message holds nothing of it."""


class NoDraftOrder(UnusableChart):
    """There is nothing to ask about at an order hook."""

    def __init__(self) -> None:
        super().__init__("the file holds no draft order: no MedicationRequest or ServiceRequest of status draft")


class _Link(msgspec.Struct, frozen=True):
    relation: str | None = None
    url: str | None = None


class _Shell(msgspec.Struct, frozen=True, rename="camel"):
    resource_type: str
    type: str | None = None
    link: tuple[_Link, ...] = ()
    entry: tuple[msgspec.Raw, ...] = ()


@dataclass(slots=True)
class _Group:
    entries: list[bytes] = field(default_factory=list)
    next_url: str | None = None


def bundle_request(bundles: Sequence[bytes], hook: str, patient_id: str | None) -> tuple[bytes, list[ChartEntry]]:
    """The hook request (JSON bytes) for the chart that the Bundles (JSON bytes each) hold together, and its entries.

    `patient_id` chooses among several Patients. At the order hooks the draft MedicationRequests and ServiceRequests
    are the draft orders, all selected. Raises UnusableChart.
    """
    shells = [_shell(bundle) for bundle in bundles]
    own_urls = {link.url for shell in shells for link in shell.link if link.relation == "self"}
    groups = {key: _Group() for key in PREFETCH_KEYS}
    everything: list[ChartEntry] = []
    for shell in shells:
        entries = read_entries(shell.entry)
        everything += entries
        keys = _keys(entries)
        for entry in entries:
            _sort_in(entry, groups, keys)
        cut = next((link.url for link in shell.link if link.relation == "next" and link.url not in own_urls), None)
        if cut is not None:
            for key in keys:
                groups[key].next_url = cut
    chosen = _patient(everything, patient_id)
    prefetch = {key: _bundle(group) for key, group in groups.items()} | {"patient": chosen.raw}
    drafts = [entry for entry in everything if entry.type in ORDER_TYPES and entry.status == "draft"]
    return _with_references(hook_body(hook, chosen.id, prefetch, drafts), everything), everything


def hook_body(hook: str, patient_id: str, prefetch: Mapping[str, bytes], drafts: Sequence[ChartEntry]) -> bytes:
    """The body of a hook call (JSON bytes) with these prefetch values; at the order hooks about `drafts`, all selected.

    Raises NoDraftOrder when an order hook has none.
    """
    context: dict[str, object] = {"patientId": patient_id, "userId": _USER}
    if hook != PATIENT_VIEW:
        context |= _orders(drafts, hook)
    raw = {key: msgspec.Raw(value) for key, value in prefetch.items()}
    body = {"hook": hook, "hookInstance": _HOOK_INSTANCE, "context": context, "prefetch": raw}
    return msgspec.json.encode(body)


def collection(entries: Sequence[bytes], link: bytes = b"") -> bytes:
    """A Bundle of entries (JSON bytes each)."""
    return b'{"resourceType":"Bundle","type":"collection"' + link + b',"entry":[' + b",".join(entries) + b"]}"


def _shell(bundle: bytes) -> _Shell:
    try:
        shell = msgspec.json.decode(bundle, type=_Shell)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise UnusableChart("the file is no FHIR Bundle that can be read") from None
    if shell.resource_type != "Bundle":
        raise UnusableChart("the file holds a resource that is no Bundle; put the chart into a Bundle")
    if shell.type not in _BUNDLE_TYPES:
        raise UnusableChart("a Bundle of this type holds no chart; use a collection, searchset or transaction")
    return shell


def _keys(entries: Iterable[ChartEntry]) -> tuple[str, ...]:
    """The keys that a Bundle stands for: those of a search for one type, else all, because anything may be missing."""
    types = {entry.type for entry in entries if entry.type and entry.type in KEY_OF_TYPE} - {"Medication"}
    return (KEY_OF_TYPE[types.pop()],) if len(types) == 1 else tuple(PREFETCH_KEYS)


def _sort_in(entry: ChartEntry, groups: Mapping[str, _Group], keys: Iterable[str]) -> None:
    if entry.type is None or entry.type == "OperationOutcome":
        for key in keys:
            groups[key].entries.append(_UNREADABLE if entry.type is None else b'{"resource":' + entry.raw + b"}")
    elif entry.type in KEY_OF_TYPE:
        groups[KEY_OF_TYPE[entry.type]].entries.append(b'{"resource":' + entry.raw + b"}")


def _bundle(group: _Group) -> bytes:
    """The group's Bundle; null, known empty, where nothing was found."""
    if not group.entries and group.next_url is None:
        return b"null"
    link = b""
    if group.next_url is not None:
        link = b',"link":' + msgspec.json.encode([{"relation": "next", "url": group.next_url}])
    return collection(group.entries, link)


def _patient(entries: Iterable[ChartEntry], patient_id: str | None) -> ChartEntry:
    patients = {entry.id: entry for entry in reversed(list(entries)) if entry.type == "Patient"}
    if patient_id is not None:
        if patient_id not in patients:
            raise UnusableChart("no Patient of the file has the id that --patient gives")
        return patients[patient_id]
    if not patients:
        raise UnusableChart("the file holds no Patient")
    if len(patients) > 1:
        raise UnusableChart(f"the file holds {len(patients)} Patients; choose one with --patient ID")
    (patient,) = patients.values()
    if not patient.id:
        raise UnusableChart("the Patient of the file has no id")
    return patient


def _orders(drafts: Sequence[ChartEntry], hook: str) -> dict[str, object]:
    if not drafts:
        raise NoDraftOrder
    bundle = {"resourceType": "Bundle", "entry": [{"resource": msgspec.Raw(draft.raw)} for draft in drafts]}
    selections = {"selections": [f"{draft.type}/{draft.id}" for draft in drafts]} if hook == ORDER_SELECT else {}
    return {"draftOrders": bundle, **selections}


def _with_references(body: bytes, entries: Iterable[ChartEntry]) -> bytes:
    """The body with `urn:` references turned into `Type/id` of the entries that carry them as fullUrl (FHIR R4)."""
    known = {entry.full_url.encode(): f'"{entry.type}/{entry.id}"'.encode() for entry in entries if entry.has_urn}
    return _URN.sub(lambda match: known.get(match[1], match[0]), body) if known else body
