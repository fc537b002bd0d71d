"""Units: the factor that takes a Quantity into the unit that the facts of a concept are in.

Spellings that cues.yaml lists are looked up; other UCUM codes are read by ucum.py (docs/decisions/0008).
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from fhir_mappings.elements import Quantity
from fhir_mappings.ucum import NoUnit, size_of
from treatment_algorithm.cues import Cues, unit_key

UCUM = "http://unitsofmeasure.org"
UNLISTED_LIMIT = 64
"""How many different unlisted units of one chart are looked at: taking a unit apart is not free."""

_UNIT_TEXT = re.compile(r"[!-~]{1,40}")
# An exponent of nine digits would be computed.
_LONG_NUMBER = re.compile(r"[0-9]{4}")
_ANNOTATION = re.compile(r"\{[^{}]*\}")
_BRACKETED = re.compile(r"\[[^\[\]]*\]")
_BRACKETED_POWER = re.compile(r"\][-+]?[0-9]")
# An equivalent and an osmole say how much of a substance only together with its charge or its dissociation.
_OF_SUBSTANCE = re.compile(r"(?:^|[./(])[a-zA-Z]{0,2}(?:eq|osm)(?![a-zA-Z_])")
_FACTOR_CACHE = 4096


@dataclass(frozen=True, slots=True)
class Conversion:
    """A value times `factor` is the value in `unit` (UCUM)."""

    unit: str
    factor: float = 1.0

    def of(self, value: float) -> float:
        """The converted value, rounded to twelve digits so that a limit that is met stays met."""
        return value if self.factor == 1.0 else float(f"{value * self.factor:.12g}")


class UnitReader:
    """Reads the units of one chart; after UNLISTED_LIMIT different unlisted units the next ones are not understood.

    The limit counts units, whatever is cached, so the same chart is always read alike.
    """

    __slots__ = ("_listed", "_read", "_unlisted")

    def __init__(self, cues: Cues) -> None:
        self._listed = cues.units
        self._unlisted: set[str] = set()
        self._read: dict[tuple[str, str | None, str | None, str | None], Conversion | None] = {}

    def read(self, concept: str, quantity: Quantity) -> Conversion | None:
        """How the quantity's value becomes one in the concept's own unit; None when that is not certain.

        A UCUM code that is not understood is not replaced by its text, and a text that says another unit than the
        code makes the unit uncertain. No unit at all counts only where cues.yaml lists the empty spelling. A concept
        that cues.yaml does not list keeps whatever unit there is.
        """
        said = (concept, quantity.system, quantity.code, quantity.unit)
        if said not in self._read:
            self._read[said] = self._understood(concept, quantity)
        return self._read[said]

    def _understood(self, concept: str, quantity: Quantity) -> Conversion | None:
        listed = self._listed.get(concept)
        if listed is None:
            return Conversion(quantity.code or quantity.unit or "")
        if not (quantity.code or quantity.unit):
            unit = listed.get("")
            return None if unit is None else Conversion(unit)
        by_code = self._spelled(concept, quantity.code, ucum=quantity.system in (None, UCUM))
        if by_code is None and quantity.code and quantity.system == UCUM:
            return None
        by_text = self._spelled(concept, quantity.unit, ucum=True)
        if by_code is None or by_text is None:
            return by_code or by_text
        return by_code if by_code == by_text else None

    def _spelled(self, concept: str, spelling: str | None, *, ucum: bool) -> Conversion | None:
        if not spelling:
            return None
        listed = self._listed[concept]
        unit = listed.get(unit_key(spelling))
        if unit is not None:
            return own_unit(unit, listed)
        if not ucum or not self._may_look_at(spelling):
            return None
        return next((Conversion(own, found) for own in _units(listed) if (found := factor(spelling, own))), None)

    def _may_look_at(self, spelling: str) -> bool:
        if spelling not in self._unlisted and len(self._unlisted) >= UNLISTED_LIMIT:
            return False
        self._unlisted.add(spelling)
        return True


def own_unit(unit: str, listed: Mapping[str, str]) -> Conversion:
    """A listed unit in the first unit of the list that it can be converted to, which may be itself."""
    return next((Conversion(own, found) for own in _units(listed) if (found := factor(unit, own))), Conversion(unit))


def _units(listed: Mapping[str, str]) -> Iterable[str]:
    return dict.fromkeys(listed.values())


@lru_cache(maxsize=_FACTOR_CACHE)
def factor(unit: str, to: str) -> float | None:
    """What a value in UCUM `unit` is multiplied with to be one in UCUM `to`; None when that is not certain.

    Certain is what UCUM says of physical dimensions alone. Not converted: special units (Cel, pH, B); numbers
    without dimension (mmol/mol of HbA1c is no percentage of it); arbitrary units ([IU]) into other ones (UCUM 3.2, 24);
    equivalents and osmoles; a unit without the annotation that `to` has (mL/min is no mL/min/{1.73_m2}). Never raises.
    """
    if unit == to:
        return 1.0
    if not _UNIT_TEXT.fullmatch(unit) or _LONG_NUMBER.search(unit):
        return None
    if not {mark.lower() for mark in _ANNOTATION.findall(to)} <= {mark.lower() for mark in _ANNOTATION.findall(unit)}:
        return None
    if _OF_SUBSTANCE.search(unit) or _arbitrary(unit) != _arbitrary(to):
        return None
    per_unit, per_to = _in_base_units(unit), _in_base_units(to)
    if per_unit is None or per_to is None or per_unit[1] != per_to[1]:
        return None
    return float(f"{per_unit[0] / per_to[0]:.12g}")


def prepare_units(cues: Cues) -> None:
    """Look at every listed unit once, so that no request waits for the units to be read in."""
    for listed in cues.units.values():
        for unit in _units(listed):
            own_unit(unit, listed)
            _in_base_units(unit)


@lru_cache(maxsize=_FACTOR_CACHE)
def _in_base_units(unit: str) -> tuple[float, Mapping[str, int]] | None:
    """One of a unit in base units, and its dimensions; None for what has none, is not proportional or is no UCUM."""
    try:
        size = size_of(unit)
    except NoUnit:
        return None
    return (size.factor, size.dimensions) if size.dimensions and 0 < size.factor < math.inf else None


@lru_cache(maxsize=_FACTOR_CACHE)
def _arbitrary(unit: str) -> Counter[str] | None:
    """The arbitrary units in a unit: those in brackets that have no dimension; None where they stand in a power."""
    found = Counter("[IU]" if atom == "[iU]" else atom for atom in _BRACKETED.findall(unit) if _has_no_dimension(atom))
    return None if found and _BRACKETED_POWER.search(unit) else found


def _has_no_dimension(atom: str) -> bool:
    return _in_base_units(atom) is None and _in_base_units(f"m{atom}") is None
