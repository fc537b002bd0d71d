"""context.draftOrders -> draft entries, accepting what real clients send (ehr-clients-and-servers.md 1.2).

Bodies seen: no Bundle type, no intent, no medication, an object where a list belongs, null entries.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from fhir_mappings.references import resource_reference, type_and_id
from fhir_mappings.resources import (
    MedicationRequestResource,
    MedicationResource,
    OrderResource,
    ServiceRequestResource,
)

_ORDER_TYPES: Mapping[str, type[OrderResource]] = {
    "MedicationRequest": MedicationRequestResource,
    "ServiceRequest": ServiceRequestResource,
}
# The elements of the order types and of a contained Medication that FHIR R4 defines as lists.
_LISTS = frozenset(
    {"category", "coding", "contained", "doseAndRate", "dosageInstruction", "event", "ingredient"}
    | {"modifierExtension", "reasonCode", "reasonReference"}
)
# Read for route, dose and length only: an order keeps its drug when one of these cannot be read.
_PRUNABLE = ("dosageInstruction", "dispenseRequest")
_BROKEN = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)


@dataclass(frozen=True, slots=True)
class DraftEntry:
    """One entry of draftOrders.

    `reference`: `Type/id`, empty when neither can be read. `raw`: the order as sent, for `update` suggestions.
    `resource` is None for types that are not read (NutritionOrder, DeviceRequest, VisionPrescription ...) and for
    `unreadable` entries.
    """

    reference: str
    raw: Mapping[str, Any]
    resource: OrderResource | None = None
    unreadable: bool = False


def read_draft_orders(raw: bytes | msgspec.Raw | None) -> tuple[DraftEntry, ...]:
    """The entries of a draftOrders Bundle given as JSON bytes; none for a missing or null one.

    Never raises for what the JSON holds: what cannot be read is an entry with `unreadable` set.
    Source: CDS Hooks order-select and order-sign context; decision 7.
    """
    if raw is None:
        return ()
    try:
        bundle = msgspec.json.decode(bytes(raw))
    except _BROKEN:
        return (DraftEntry("", {}, unreadable=True),)
    if bundle is None:
        return ()
    if not isinstance(bundle, dict):
        return (DraftEntry("", {}, unreadable=True),)
    resource_type = bundle.get("resourceType")
    if isinstance(resource_type, str) and resource_type in _ORDER_TYPES:
        return (_read_entry({"resource": bundle}),)
    return tuple(_read_entry(entry) for entry in _entries(bundle.get("entry")))


def draft_medications(drafts: Iterable[DraftEntry]) -> Iterator[MedicationResource]:
    """The Medications that came as entries beside the orders, for their references to resolve to (CTX-6)."""
    for draft in drafts:
        if draft.raw.get("resourceType") == "Medication":
            try:
                medication = msgspec.convert(_shaped(draft.raw, ""), MedicationResource, strict=False)
            except (msgspec.ValidationError, RecursionError):
                continue
            if not medication.modifier_extension:
                yield medication


def _entries(value: Any) -> Iterable[Any]:
    if value is None:
        return ()
    return value if isinstance(value, list) else (value,)


def _read_entry(entry: Any) -> DraftEntry:
    resource = entry.get("resource") if isinstance(entry, dict) else None
    if not isinstance(resource, dict):
        return DraftEntry("", {}, unreadable=True)
    resource_type, resource_id = resource.get("resourceType"), resource.get("id")
    if not isinstance(resource_type, str) or not resource_type:
        return DraftEntry("", resource, unreadable=True)
    if isinstance(resource_id, str) and resource_id:
        reference = resource_reference(resource_type, resource_id)
    else:
        full_url = entry.get("fullUrl")
        reference = type_and_id(full_url if isinstance(full_url, str) else None) or resource_type
    order_type = _ORDER_TYPES.get(resource_type)
    if order_type is None:
        return DraftEntry(reference, resource)
    order = _read_order(order_type, resource)
    return DraftEntry(reference, resource, order, unreadable=order is None)


def _read_order(order_type: type[OrderResource], resource: Mapping[str, Any]) -> OrderResource | None:
    try:
        shaped = _shaped(resource, "")
    except RecursionError:
        return None
    pruned = {name: value for name, value in shaped.items() if name not in _PRUNABLE}
    for attempt in (shaped, pruned):
        try:
            order = msgspec.convert(attempt, order_type, strict=False)
        except (msgspec.ValidationError, RecursionError):
            continue
        return None if order.modifier_extension else order
    return None


def _shaped(value: Any, name: str) -> Any:
    """`value` with a list around each lone object that FHIR R4 wants in a list, and the reverse; nulls dropped."""
    if isinstance(value, list):
        items = [_shaped(item, "") for item in value if item is not None]
        if name and name not in _LISTS and len(items) == 1:
            return items[0]
        return items
    if isinstance(value, dict):
        value = {key: _shaped(item, key) for key, item in value.items() if item is not None}
    return [value] if name in _LISTS else value
