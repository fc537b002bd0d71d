"""LookupCache: what a terminology server said of codes, bounded in number and time. Codes are no patient data."""

from collections import OrderedDict
from dataclasses import dataclass

from fhir_mappings.looked_up_drugs import DrugCode, LookedUpDrug


@dataclass(frozen=True, slots=True)
class _Entry:
    drug: LookedUpDrug
    until: float


class LookupCache:
    """Answers by code; when it is full, the one that was not asked for the longest goes."""

    def __init__(self, capacity: int = 2_000) -> None:
        self._capacity = capacity
        self._entries: OrderedDict[DrugCode, _Entry] = OrderedDict()

    def get(self, code: DrugCode, now: float) -> LookedUpDrug | None:
        """What is known of `code` at `now` (seconds of the clock that `put` used), None when it must be asked."""
        entry = self._entries.get(code)
        if entry is None:
            return None
        if entry.until <= now:
            del self._entries[code]
            return None
        self._entries.move_to_end(code)
        return entry.drug

    def put(self, code: DrugCode, drug: LookedUpDrug, until: float) -> None:
        """Remember `drug` until then."""
        self._entries[code] = _Entry(drug, until)
        self._entries.move_to_end(code)
        if len(self._entries) > self._capacity:
            self._entries.popitem(last=False)
