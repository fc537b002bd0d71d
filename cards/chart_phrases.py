"""Phrases about conditions, measurements and the patient."""

from datetime import date

from cards.escaping import markdown
from cards.telling import Phrase, Telling, calcinosis_of, dated, label_of, listed
from treatment_algorithm.case import find
from treatment_algorithm.features import ConditionFact, MeasurementFact
from treatment_algorithm.partial_date import years_between

# In words: an angle bracket means something in the Markdown of a card.
_BOUNDS: dict[str | None, str] = {"<": "below ", "<=": "at most ", ">=": "at least ", ">": "above "}


def _condition(telling: Telling, names: tuple[str, ...]) -> ConditionFact | None:
    recorded = find(telling.case.conditions, names)
    facts = [fact for fact in recorded if fact.standing == "current"] or recorded
    # The earliest entry: an encounter diagnosis repeats the problem list.
    fact = min(facts, key=lambda fact: fact.proof.date.earliest if fact.proof.date else date.max, default=None)
    telling.tell((fact.proof,) if fact else ())
    return fact


def _fact(telling: Telling, names: tuple[str, ...]) -> str:
    fact = _condition(telling, names)
    return dated(label_of(telling, fact.concepts, names), fact.proof) if fact else "as recorded"


def _date(telling: Telling, names: tuple[str, ...]) -> str:
    fact = _condition(telling, names)
    return str(fact.proof.date) if fact and fact.proof.date else "date not recorded"


def _site(telling: Telling, _: tuple[str, ...]) -> str:
    facts = [fact for fact in calcinosis_of(telling) if fact.standing == "current"]
    sites = dict.fromkeys(markdown(site) for fact in facts for site in fact.body_sites)
    return listed([_small(site) for site in sites if site][:2])


def _small(site: str) -> str:
    """'Left elbow' stands inside a sentence; 'C7' keeps its capital."""
    return site[0].lower() + site[1:] if site[1:2].islower() else site


def _measurement(telling: Telling, names: tuple[str, ...]) -> MeasurementFact | None:
    facts = [fact for fact in find(telling.case.measurements, names) if fact.value is not None or fact.coded]
    telling.tell((facts[0].proof,) if facts else ())
    return facts[0] if facts else None


def _number(telling: Telling, names: tuple[str, ...]) -> str:
    fact = _measurement(telling, names)
    if fact is None or fact.value is None:
        return "not on record"
    # A converted value has more digits than were measured.
    digits = 1 if fact.value >= 10 else 2
    return f"{_BOUNDS.get(fact.comparator, '')}{round(fact.value, digits):.10g}"


def _measured_on(telling: Telling, names: tuple[str, ...]) -> str:
    fact = _measurement(telling, names)
    return str(fact.proof.date) if fact and fact.proof.date else "date not recorded"


def _age(telling: Telling, _: tuple[str, ...]) -> str:
    birth = telling.case.features.patient.birth
    return str(years_between(birth.latest, telling.case.today)) if birth else "not recorded"


CHART_PHRASES: dict[str, Phrase] = {
    "fact": _fact,
    "date": _date,
    "site": _site,
    "number": _number,
    "measured_on": _measured_on,
    "age": _age,
}
"""Phrase name -> the words for it."""
