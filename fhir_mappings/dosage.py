"""Dosage -> route, milligrams a day, planned length; None whenever a part is missing or may mean two things."""

import math
import re
from collections.abc import Iterable
from datetime import timedelta

from fhir_mappings.drug_names import routes_named
from fhir_mappings.elements import DispenseRequest, Dosage, Period, Quantity, TimingRepeat
from fhir_mappings.texts import texts_of
from treatment_algorithm.cues import Cues, unit_key
from treatment_algorithm.partial_date import PartialDate, parse_date

# FHIR R4 units of time in days. Months and years are no fixed length, so they give no daily dose.
_DAYS = {"h": 1 / 24, "d": 1.0, "wk": 7.0}
_LONG_DAYS = {**_DAYS, "mo": 30.0, "a": 365.0}
_STRENGTH = re.compile(r"(?<![\w.,])(\d+(?:\.\d+)?) ?mg(/ml)?(?![\w/])")


def dosage_route(dosages: Iterable[Dosage], cues: Cues) -> str | None:
    """The one route that the dosages name by text or display; None when they name none or several."""
    found = frozenset[str]().union(*(routes_named(text, cues) for one in dosages for text in texts_of(one.route)))
    return next(iter(found)) if len(found) == 1 else None


def daily_mg(dosages: tuple[Dosage, ...], product_texts: tuple[str, ...], cues: Cues) -> float | None:
    """Milligrams a day of a product with one ingredient.

    Needs one dosage, not as needed, with one dose (in mg, or in pieces or millilitres of a product whose normalised
    name gives one strength) and a frequency and period that are no ranges. Combinations (`a 5 MG / b 10 MG`) and
    packs have none.
    """
    if len(dosages) != 1 or any(" / " in text or text.startswith("{") for text in product_texts):
        return None
    dosage = dosages[0]
    if dosage.as_needed_boolean or dosage.as_needed_codeable_concept or len(dosage.dose_and_rate) != 1:
        return None
    dose = _milligrams(dosage.dose_and_rate[0].dose_quantity, product_texts, cues)
    times = _times_a_day(dosage.timing.repeat if dosage.timing else None)
    if dose is None or times is None:
        return None
    total = dose * times
    return total if math.isfinite(total) and total > 0 else None


def planned_days(dosages: Iterable[Dosage], dispense: DispenseRequest | None) -> int | None:
    """The planned length of an order in days: the longest of its dosages, else the supply, else the validity.

    From timing bounds (duration or period), expectedSupplyDuration, validityPeriod, in this order.
    """
    repeats = [one.timing.repeat for one in dosages if one.timing and one.timing.repeat]
    bounds = [days for one in repeats if (days := _bounds_days(one)) is not None]
    if bounds:
        return max(bounds)
    if dispense is None:
        return None
    supply = _duration_days(dispense.expected_supply_duration)
    return supply if supply is not None else _period_days(dispense.validity_period)


def dosage_starts(dosages: Iterable[Dosage]) -> tuple[PartialDate, ...]:
    """The dates on which dosages begin or are timed."""
    found: list[PartialDate | None] = []
    for timing in (one.timing for one in dosages if one.timing):
        if timing.repeat and timing.repeat.bounds_period:
            found.append(parse_date(timing.repeat.bounds_period.start))
        found.extend(parse_date(event) for event in timing.event)
    return tuple(moment for moment in found if moment is not None)


def dosage_ends(dosages: Iterable[Dosage]) -> tuple[PartialDate, ...]:
    """The dates on which dosages end."""
    periods = [one.timing.repeat.bounds_period for one in dosages if one.timing and one.timing.repeat]
    ends = [parse_date(period.end) for period in periods if period]
    return tuple(moment for moment in ends if moment is not None)


def _milligrams(dose: Quantity | None, product_texts: tuple[str, ...], cues: Cues) -> float | None:
    if dose is None or dose.value is None or dose.comparator:
        return None
    units = [unit_key(unit) for unit in (dose.code, dose.unit) if unit]
    for unit in units:
        if unit in cues.milligrams:
            return dose.value * cues.milligrams[unit]
    for unit in units:
        if unit in cues.pieces:
            return _times(dose.value, _strength(product_texts, per_ml=False))
        if unit in cues.millilitres:
            return _times(dose.value * cues.millilitres[unit], _strength(product_texts, per_ml=True))
    return None


def _times(amount: float, strength: float | None) -> float | None:
    return None if strength is None else amount * strength


def _strength(product_texts: tuple[str, ...], *, per_ml: bool) -> float | None:
    """The one strength in milligrams a piece or a millilitre that the product's names give."""
    found = {
        float(number) for text in product_texts for number, of_ml in _STRENGTH.findall(text) if bool(of_ml) is per_ml
    }
    return found.pop() if len(found) == 1 else None


def _times_a_day(repeat: TimingRepeat | None) -> float | None:
    if repeat is None or repeat.period is None or repeat.period_max is not None or repeat.frequency_max is not None:
        return None
    unit_days = _DAYS.get(repeat.period_unit or "")
    # FHIR R4, Timing.repeat: without a frequency the event occurs once in the period.
    frequency = 1.0 if repeat.frequency is None else repeat.frequency
    if unit_days is None or not repeat.period > 0:
        return None
    return frequency / (repeat.period * unit_days)


def _bounds_days(repeat: TimingRepeat) -> int | None:
    days = _duration_days(repeat.bounds_duration)
    return days if days is not None else _period_days(repeat.bounds_period)


def _duration_days(duration: Quantity | None) -> int | None:
    if duration is None or duration.value is None or duration.comparator:
        return None
    unit_days = _LONG_DAYS.get(duration.code or duration.unit or "")
    days = duration.value * unit_days if unit_days else math.nan
    return math.ceil(days) if math.isfinite(days) and days > 0 else None


def _period_days(period: Period | None) -> int | None:
    start, end = (parse_date(period.start), parse_date(period.end)) if period else (None, None)
    if start is None or end is None or start.day is None or end.day is None or end.latest < start.earliest:
        return None
    # Both days of a period belong to it (FHIR R4, Period).
    return (end.latest - start.earliest + timedelta(days=1)).days
