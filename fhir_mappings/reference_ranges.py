"""Reference ranges: the limits that came with a result, in the unit of its value (FHIR R4 Observation)."""

import math
import re

from fhir_mappings.elements import Quantity, ReferenceRange
from fhir_mappings.quantities import NUMBER, UNIT, number_of, plain_text
from fhir_mappings.texts import normalised
from fhir_mappings.units import Conversion, UnitReader

_MEANING = "http://terminology.hl7.org/CodeSystem/referencerange-meaning"
_NORMAL = "normal"
_BETWEEN = re.compile(rf"({NUMBER}) ?(?:-|to) ?({NUMBER}) ?({UNIT})?", re.ASCII)
_BOUND = re.compile(rf"(<=|>=|<|>) ?({NUMBER}) ?({UNIT})?", re.ASCII)

Limits = tuple[float | None, float | None]
"""The lowest and the highest normal value; None where there is none or none that is certain."""
NO_LIMITS: Limits = (None, None)


def read_limits(concept: str, value: Conversion, ranges: tuple[ReferenceRange, ...], units: UnitReader) -> Limits:
    """The limits of the one normal range; none where several could be it, or its unit cannot be converted.

    `value`: how the result's own value was converted. A range without type is a normal one (FHIR R4); of several the
    one that says so counts. A range that is only a text is read when the text is nothing but a range.
    """
    chosen = _normal(ranges)
    if chosen is None:
        return NO_LIMITS
    if chosen.low is None and chosen.high is None:
        chosen = _parse(chosen.text)
    return _limit(concept, value, chosen.low, units), _limit(concept, value, chosen.high, units)


def _normal(ranges: tuple[ReferenceRange, ...]) -> ReferenceRange | None:
    said = [one for one in ranges if _says_normal(one)]
    possible = said or [one for one in ranges if one.type is None]
    return possible[0] if len(possible) == 1 else None


def _says_normal(one: ReferenceRange) -> bool:
    if one.type is None:
        return False
    if any(coding.system == _MEANING and coding.code == _NORMAL for coding in one.type.coding):
        return True
    return not one.type.coding and one.type.text is not None and normalised(one.type.text) == _NORMAL


def _limit(concept: str, value: Conversion, limit: Quantity | None, units: UnitReader) -> float | None:
    number = number_of(limit)
    # A limit is a SimpleQuantity: with a comparator it is something that FHIR does not know.
    if limit is None or number is None or limit.comparator:
        return None
    # A limit without a unit is in the unit of the value (FHIR R4, Observation.referenceRange).
    if not (limit.code or limit.unit):
        return value.of(number)
    read = units.read(concept, limit)
    return read.of(number) if read is not None and read.unit == value.unit else None


def _parse(text: str | None) -> ReferenceRange:
    plain = plain_text(text) if text else None
    if plain is None:
        return ReferenceRange()
    if between := _BETWEEN.fullmatch(plain):
        low, high, unit = float(between[1]), float(between[2]), between[3]
        return ReferenceRange(Quantity(low, unit=unit), Quantity(high, unit=unit)) if low <= high else ReferenceRange()
    if bound := _BOUND.fullmatch(plain):
        sign, number, unit = bound[1], float(bound[2]), bound[3]
        if sign.startswith("<"):
            return ReferenceRange(high=Quantity(number if sign == "<=" else _below(number), unit=unit))
        return ReferenceRange(low=Quantity(number if sign == ">=" else math.nextafter(number, math.inf), unit=unit))
    return ReferenceRange()


def _below(number: float) -> float:
    """The last number below an open end: the end itself is out of the range."""
    return math.nextafter(number, -math.inf)
