"""One prefetch value or search page -> the resources in it, each broken entry costing only itself (decisions 6, 7, 10).

The whole Bundle is decoded strictly first; only when that fails is it taken apart entry by entry.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import msgspec

from fhir_mappings.resources import (
    AllergyIntoleranceResource,
    ChartResource,
    ConditionResource,
    MedicationRequestResource,
    MedicationResource,
    MedicationStatementResource,
    ObservationResource,
    OperationOutcomeResource,
    PatientResource,
    ProcedureResource,
    ServiceRequestResource,
)
from treatment_algorithm.features import Group

PREFETCH_KEYS: Mapping[str, Group | None] = MappingProxyType(
    {
        "patient": None,
        "conditions": Group.CONDITIONS,
        "medications": Group.MEDICATIONS,
        "statements": Group.STATEMENTS,
        "allergies": Group.ALLERGIES,
        "procedures": Group.PROCEDURES,
        "observations": Group.OBSERVATIONS,
        "referrals": Group.REFERRALS,
    }
)
"""The prefetch keys of decision 10 and the group each of them fills (the patient is no group)."""

_TYPES: Mapping[str, type[ChartResource]] = MappingProxyType(
    {
        "patient": PatientResource,
        "conditions": ConditionResource,
        "medications": MedicationRequestResource,
        "statements": MedicationStatementResource,
        "allergies": AllergyIntoleranceResource,
        "procedures": ProcedureResource,
        "observations": ObservationResource,
        "referrals": ServiceRequestResource,
    }
)
_BUNDLE_TYPES = frozenset({None, "searchset", "collection"})
# What a struct cannot be made of: wrong JSON or type, nesting beyond the decoder's limit, bytes that are not UTF-8.
_BROKEN = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)

_EntryResource = ChartResource | MedicationResource | OperationOutcomeResource


class _Link(msgspec.Struct, frozen=True, gc=False):
    relation: str | None = None
    url: str | None = None


class _Entry(msgspec.Struct, frozen=True):
    resource: _EntryResource


class _Bundle(msgspec.Struct, frozen=True, tag_field="resourceType", tag="Bundle"):
    type: str | None = None
    total: int | None = None
    link: tuple[_Link, ...] = ()
    entry: tuple[_Entry, ...] = ()


class _RawEntry(msgspec.Struct, frozen=True):
    resource: msgspec.Raw


class _RawBundle(msgspec.Struct, frozen=True):
    type: msgspec.Raw = msgspec.Raw(b"null")
    total: msgspec.Raw = msgspec.Raw(b"null")
    link: msgspec.Raw = msgspec.Raw(b"[]")
    entry: msgspec.Raw = msgspec.Raw(b"[]")


class _Probe(msgspec.Struct, frozen=True, rename="camel"):
    resource_type: str


# Unions, because only in a union does the decoder insist on the resourceType.
_decode_value = msgspec.json.Decoder(_Bundle | _EntryResource).decode
_decode_resource = msgspec.json.Decoder(_EntryResource).decode
_decode_raw_bundle = msgspec.json.Decoder(_RawBundle).decode
_decode_raw_list = msgspec.json.Decoder(tuple[msgspec.Raw, ...]).decode
_decode_raw_entry = msgspec.json.Decoder(_RawEntry).decode
_decode_probe = msgspec.json.Decoder(_Probe).decode
_decode_links = msgspec.json.Decoder(tuple[_Link, ...]).decode
_decode_text = msgspec.json.Decoder(str | None).decode
_decode_integer = msgspec.json.Decoder(int | None).decode


@dataclass(frozen=True, slots=True)
class ReadBundle:
    """What one prefetch value or search page held.

    `resources` are of the key's type; `included` are the Medications that came along. `unreadable` counts entries
    that could not be read (`unreadable_at`: their positions). `outcome`: the value itself is an OperationOutcome.
    `outcome_entry`: an entry is one that tells of more than information. `empty_value`: JSON null, known empty.
    `foreign` counts the entries of other types, which are skipped.
    """

    resources: tuple[ChartResource, ...] = ()
    next_url: str | None = None
    total: int | None = None
    unreadable: int = 0
    outcome: bool = False
    empty_value: bool = False
    outcome_entry: bool = False
    included: tuple[MedicationResource, ...] = ()
    unreadable_at: tuple[int, ...] = ()
    foreign: int = 0


def read_bundle(key: str, raw: bytes | msgspec.Raw) -> ReadBundle:
    """The resources of one prefetch value or search page, given as JSON bytes.

    A Bundle (searchset, collection, or without type), a single resource, an OperationOutcome or null. Entries of
    another resource type than the key's are skipped. Nothing is raised for what the JSON holds; KeyError for a key
    that is none of PREFETCH_KEYS. Source: decisions 6, 7, 10; ehr-clients-and-servers.md 1.5.
    """
    wanted = _TYPES[key]
    data = bytes(raw)
    if data.strip() == b"null":
        return ReadBundle(empty_value=True)
    try:
        bundle = _decode_value(data)
    except _BROKEN:
        return _read_loosely(wanted, data)
    if isinstance(bundle, OperationOutcomeResource):
        return ReadBundle(outcome=True)
    if isinstance(bundle, wanted):
        return _sorted_out(wanted, [(0, bundle)], [], (), None)
    if not isinstance(bundle, _Bundle) or bundle.type not in _BUNDLE_TYPES:
        return ReadBundle(unreadable=1)
    entries = [(position, entry.resource) for position, entry in enumerate(bundle.entry)]
    return _sorted_out(wanted, entries, [], bundle.link, bundle.total)


def read_medication(raw: bytes | msgspec.Raw) -> MedicationResource | None:
    """A Medication read from the FHIR server, or None if the bytes are no readable Medication."""
    try:
        medication = _decode_resource(bytes(raw))
    except _BROKEN:
        return None
    if not isinstance(medication, MedicationResource) or medication.modifier_extension:
        return None
    return medication


def _read_loosely(wanted: type[ChartResource], data: bytes) -> ReadBundle:
    try:
        resource_type = _decode_probe(data).resource_type
    except _BROKEN:
        return ReadBundle(unreadable=1)
    if resource_type == "OperationOutcome":
        return ReadBundle(outcome=True)
    return _read_broken_bundle(wanted, data) if resource_type == "Bundle" else ReadBundle(unreadable=1)


def _read_broken_bundle(wanted: type[ChartResource], data: bytes) -> ReadBundle:
    try:
        shell = _decode_raw_bundle(data)
        bundle_type = _decode_text(shell.type)
        raw_entries = _decode_raw_list(shell.entry)
    except _BROKEN:
        return ReadBundle(unreadable=1)
    if bundle_type not in _BUNDLE_TYPES:
        return ReadBundle(unreadable=1)
    entries: list[tuple[int, _EntryResource]] = []
    broken: list[int] = []
    foreign = 0
    for position, raw_entry in enumerate(raw_entries):
        try:
            resource = _read_entry(wanted, raw_entry)
        except _BROKEN:
            broken.append(position)
        else:
            if resource is None:
                foreign += 1
            else:
                entries.append((position, resource))
    try:
        links = _decode_links(shell.link)
    except _BROKEN:
        # Whether there is another page cannot be told: as bad as an entry that cannot be read.
        links = ()
        broken.append(len(raw_entries))
    try:
        total = _decode_integer(shell.total)
    except _BROKEN:
        total = None
    return _sorted_out(wanted, entries, broken, links, total, foreign)


def _read_entry(wanted: type[ChartResource], raw_entry: msgspec.Raw) -> _EntryResource | None:
    resource = _decode_raw_entry(raw_entry).resource
    resource_type = _decode_probe(resource).resource_type
    if resource_type not in (wanted.__struct_config__.tag, "Medication", "OperationOutcome"):
        return None
    decoded: _EntryResource = _decode_resource(resource)
    return decoded


def _sorted_out(
    wanted: type[ChartResource],
    entries: Iterable[tuple[int, _EntryResource]],
    broken: list[int],
    links: tuple[_Link, ...],
    total: int | None,
    foreign: int = 0,
) -> ReadBundle:
    resources: list[ChartResource] = []
    included: list[MedicationResource] = []
    outcome_entry = False
    for position, resource in entries:
        if isinstance(resource, OperationOutcomeResource):
            # FHIR R4: severity `information` has no relation to the degree of success; anything else may hide entries.
            outcome_entry |= any(issue.severity != "information" for issue in resource.issue) or not resource.issue
        elif isinstance(resource, wanted):
            if resource.modifier_extension:
                broken.append(position)
            else:
                resources.append(resource)
        elif isinstance(resource, MedicationResource):
            included.extend([] if resource.modifier_extension else [resource])
        else:
            foreign += 1
    return ReadBundle(
        resources=tuple(resources),
        next_url=next((link.url for link in links if link.relation == "next" and link.url), None),
        total=total,
        unreadable=len(broken),
        outcome_entry=outcome_entry,
        included=tuple(included),
        unreadable_at=tuple(sorted(broken)),
        foreign=foreign,
    )
