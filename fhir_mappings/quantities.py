"""Quantities: numbers with a bound or a unit, as a Quantity or as a text that is nothing but one (FHIR R4)."""

import math
import re

from fhir_mappings.elements import ObservationComponent, Quantity
from fhir_mappings.resources import ObservationResource

COMPARATORS = frozenset({"<", "<=", ">=", ">"})
"""FHIR R4, Quantity.comparator: what the true value is, against the one that is given."""

# A unit is no second number, and "3+" is a grade and no three of anything.
NUMBER = r"[0-9]{1,7}(?:\.[0-9]{1,6})?"
UNIT = r"[^\s0-9.,:+<>=-].{0,39}"
_QUANTITY = re.compile(rf"(<=|>=|<|>)? ?({NUMBER}) ?({UNIT})?", re.ASCII)
_SIGNS = str.maketrans({"≤": "<=", "≥": ">=", "–": "-", "—": "-", "−": "-"})
_LONGEST = 80


def number_of(quantity: Quantity | None) -> float | None:
    """The value of a quantity that can be compared: a finite number, plain or with a comparator of FHIR R4."""
    if quantity is None or quantity.value is None or not math.isfinite(quantity.value):
        return None
    return quantity.value if quantity.comparator in (None, *COMPARATORS) else None


def value_of(measured: ObservationResource | ObservationComponent) -> Quantity | None:
    """valueQuantity, or a valueInteger as one without unit."""
    if measured.value_quantity is None and measured.value_integer is not None:
        return Quantity(value=float(measured.value_integer))
    return measured.value_quantity


def plain_text(text: str) -> str | None:
    """A text with single blanks and ASCII signs of comparison, None when it is too long to be a number or a range."""
    return None if len(text) > _LONGEST else " ".join(text.translate(_SIGNS).split())


def parse_quantity(text: str | None) -> Quantity | None:
    """`>60`, `62 mL/min`, `7/10`: a number with its comparator and unit; None for a text that says anything else."""
    plain = plain_text(text) if text else None
    found = _QUANTITY.fullmatch(plain) if plain else None
    if found is None:
        return None
    comparator, number, unit = found.groups()
    return Quantity(value=float(number), comparator=comparator, unit=unit)
