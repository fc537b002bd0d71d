"""Phrases: facts of this patient put into words; which of them a card uses, and where, the knowledge files say.

Every label is the knowledge's own; from the chart come dates, numbers and body sites (through escaping).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from cards.escaping import markdown
from treatment_algorithm.assessment import SafetyFinding
from treatment_algorithm.case import Case, find
from treatment_algorithm.features import (
    ConditionFact,
    DrugStanding,
    MeasurementFact,
    MedicationFact,
    Proof,
)
from treatment_algorithm.knowledge_base import KnowledgeBase
from treatment_algorithm.partial_date import PartialDate, years_between
from treatment_algorithm.predicates import walk
from treatment_algorithm.therapy_lines import TherapyLine

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@dataclass(frozen=True, slots=True)
class Telling:
    """What a text is told about: the case, the knowledge, the ordered drug, the finding at hand and all others.

    `told` collects the references of the facts that phrases put into words, for the card's basis.
    """

    case: Case
    knowledge: KnowledgeBase
    drug: str = ""
    finding: SafetyFinding | None = None
    findings: tuple[SafetyFinding, ...] = ()
    told: dict[str, None] = field(default_factory=dict)

    def tell(self, proofs: Iterable[Proof]) -> None:
        """Remember that these entries were put into words."""
        self.told.update(dict.fromkeys(proof.reference for proof in proofs))


Phrase = Callable[[Telling, tuple[str, ...]], str]


def listed(items: Sequence[str], last: str = " and ") -> str:
    """'a', 'a and b', 'a, b and c'."""
    return last.join((", ".join(items[:-1]), items[-1])) if len(items) > 1 else "".join(items)


def drug_since(label: str, standing: DrugStanding, start: PartialDate | None, by_name: bool) -> str:
    """'methotrexate since 20 Feb 2026', with its standing where it is not simply active."""
    known_as = {DrugStanding.ON_HOLD: " (on hold)", DrugStanding.STATUS_UNKNOWN: " (status unknown)"}
    since = f" since {start}" if start else " (start not recorded)"
    return f"{label}{known_as.get(standing, '')}{' (recognised by name)' if by_name else ''}{since}"


def _label(telling: Telling, concepts: Iterable[str], names: Sequence[str]) -> str:
    names_of = telling.case.names_of
    matching = [c for c in concepts if names_of.get(c, frozenset((c,))) & set(names)] or list(concepts)
    best = min(matching, key=lambda concept: (concept.startswith("class_"), concept))
    return telling.knowledge.label(best)


@dataclass(frozen=True, slots=True)
class _Use:
    label: str
    standing: DrugStanding
    start: PartialDate | None
    by_name: bool


def _current(telling: Telling, names: tuple[str, ...]) -> list[_Use]:
    """Current drugs under the names, in the order of the names; therapy lines where there are some."""
    uses: dict[str, _Use] = {}
    for name in names:
        lines = [line for line in telling.case.lines if line.current and name in telling.case.names_of_line(line)]
        for line in lines:
            telling.tell(line.proofs)
            label = telling.knowledge.label(line.concept)
            uses.setdefault(label, _Use(label, line.standing, line.start, any(p.by_name for p in line.proofs)))
        if not lines:
            for fact in find(telling.case.medications, (name,)):
                if fact.standing.counts_as_current:
                    telling.tell((fact.proof,))
                    label = _label(telling, fact.concepts, (name,))
                    uses.setdefault(label, _Use(label, fact.standing, fact.start, fact.proof.by_name))
    return list(uses.values())


def _names(telling: Telling, names: tuple[str, ...]) -> str:
    return listed([use.label for use in _current(telling, names)])


def _on(telling: Telling, names: tuple[str, ...]) -> str:
    return listed([drug_since(use.label, use.standing, use.start, use.by_name) for use in _current(telling, names)])


def _start(telling: Telling, names: tuple[str, ...]) -> str:
    start = next((use.start for use in _current(telling, names) if use.start), None)
    return str(start) if start else "a date not recorded"


def _newest(telling: Telling, names: tuple[str, ...]) -> PartialDate | None:
    starts = [use.start for use in _current(telling, names) if use.start]
    return max(starts, key=lambda start: start.earliest) if starts else None


def _weeks(telling: Telling, names: tuple[str, ...]) -> str:
    newest = _newest(telling, names)
    return str((telling.case.today - newest.latest).days // 7) if newest else ""


def _course(telling: Telling, names: tuple[str, ...]) -> str:
    newest = _newest(telling, names)
    if newest is None:
        return "treatment"
    days = (telling.case.today - newest.latest).days
    return f"{round(days / 30.44)} months" if days >= 91 else f"{days // 7} weeks"


def _twelve_weeks(telling: Telling, names: tuple[str, ...]) -> str:
    newest = _newest(telling, names)
    if newest is None:
        return "the 12-week point"
    day = newest.earliest + timedelta(weeks=12)
    return str(PartialDate(day.year, day.month, day.day))


def _failed_lines(telling: Telling) -> list[TherapyLine]:
    counted = {therapy.id for therapy in telling.knowledge.therapies if therapy.immunosuppressive}
    return [line for line in telling.case.lines if line.failed and line.therapy in counted]


def _failed_labels(telling: Telling) -> list[str]:
    lines = _failed_lines(telling)
    telling.tell(proof for line in lines for proof in line.proofs)
    return list(dict.fromkeys(telling.knowledge.label(line.concept) for line in lines))


def _failed_count(telling: Telling, _: tuple[str, ...]) -> str:
    count = len(_failed_labels(telling))
    return _NUMBERS[count] if count < len(_NUMBERS) else str(count)


def _weeks_to_calcinosis(telling: Telling, _: tuple[str, ...]) -> str:
    for line in _failed_lines(telling):
        dated = next((f.onset or f.recorded for f in _calcinosis(telling) if f.proof == line.failed_on), None)
        if line.failed_by == "date" and line.start and dated:
            return str((dated.earliest - line.start.latest).days // 7)
    return ""


def _calcinosis(telling: Telling) -> list[ConditionFact]:
    return find(telling.case.conditions, (telling.knowledge.manifest.calcinosis,))


def _condition(telling: Telling, names: tuple[str, ...]) -> ConditionFact | None:
    facts = [fact for fact in find(telling.case.conditions, names) if fact.standing == "current"]
    facts = facts or find(telling.case.conditions, names)
    fact = max(facts, key=lambda fact: fact.proof.date.latest.toordinal() if fact.proof.date else 0, default=None)
    telling.tell((fact.proof,) if fact else ())
    return fact


def _fact(telling: Telling, names: tuple[str, ...]) -> str:
    fact = _condition(telling, names)
    return _dated(_label(telling, fact.concepts, names), fact.proof) if fact else telling.knowledge.label(names[0])


def _dated(label: str, proof: Proof) -> str:
    notes = [*([str(proof.date)] if proof.date else []), *(["recognised by name"] if proof.by_name else [])]
    return f"{label} ({', '.join(notes)})" if notes else label


def _date(telling: Telling, names: tuple[str, ...]) -> str:
    fact = _condition(telling, names)
    return str(fact.proof.date) if fact and fact.proof.date else "date not recorded"


def _site(telling: Telling, _: tuple[str, ...]) -> str:
    facts = [fact for fact in _calcinosis(telling) if fact.standing == "current"]
    sites = dict.fromkeys(markdown(site) for fact in facts for site in fact.body_sites)
    return listed([site for site in sites if site][:2])


def _measurement(telling: Telling, names: tuple[str, ...]) -> MeasurementFact | None:
    facts = [fact for fact in find(telling.case.measurements, names) if fact.value is not None or fact.coded]
    telling.tell((facts[0].proof,) if facts else ())
    return facts[0] if facts else None


def _number(telling: Telling, names: tuple[str, ...]) -> str:
    fact = _measurement(telling, names)
    return f"{fact.value:.10g}" if fact and fact.value is not None else "not on record"


def _measured_on(telling: Telling, names: tuple[str, ...]) -> str:
    fact = _measurement(telling, names)
    return str(fact.proof.date) if fact and fact.proof.date else "date not recorded"


def _age(telling: Telling, _: tuple[str, ...]) -> str:
    birth = telling.case.features.patient.birth
    return str(years_between(birth.latest, telling.case.today)) if birth else "not recorded"


def _order(telling: Telling, _: tuple[str, ...]) -> str:
    return telling.knowledge.label(telling.drug) if telling.drug else "this order"


def _drug(telling: Telling, _: tuple[str, ...]) -> str:
    return telling.knowledge.label(telling.finding.drug) if telling.finding else _order(telling, ())


def _named_finding(telling: Telling, names: tuple[str, ...]) -> SafetyFinding | None:
    if not names:
        return telling.finding
    return next((finding for finding in telling.findings if finding.rule.id == names[0]), None)


def _partner(telling: Telling, names: tuple[str, ...]) -> str:
    finding = _named_finding(telling, names)
    return telling.knowledge.label(finding.partner) if finding and finding.partner else "the other drug"


def _partner_fact(telling: Telling, names: tuple[str, ...]) -> str:
    """The drug that is there already: the partner, or the judged drug where the partner is what is ordered."""
    finding = _named_finding(telling, names)
    if finding is None:
        return ""
    fact = _current_partner(telling, finding)
    label = _drug(telling, ()) if finding.side == "partner-ordered" else _partner(telling, names)
    if fact is None:
        return f"{label} in this session's orders"
    return drug_since(label, fact.standing, fact.start, fact.proof.by_name)


def _partner_state(telling: Telling, names: tuple[str, ...]) -> str:
    """'metoprolol is current' or 'metoprolol is in this session's orders'."""
    finding = _named_finding(telling, names)
    if finding is None:
        return ""
    label = _drug(telling, ()) if finding.side == "partner-ordered" else _partner(telling, names)
    return f"{label} is current" if _current_partner(telling, finding) else f"{label} is in this session's orders"


def _current_partner(telling: Telling, finding: SafetyFinding) -> MedicationFact | None:
    facts = (fact for found in telling.case.medications.values() for fact in found)
    return next((fact for fact in facts if fact.proof in finding.partner_proofs), None)


def _proof(telling: Telling, names: tuple[str, ...]) -> str:
    """The condition, allergy, procedure or measurement that made the finding fire, with its date."""
    finding = _named_finding(telling, names)
    features = telling.case.features
    for proof in finding.proofs if finding else ():
        for condition in features.conditions:
            if condition.proof == proof:
                return _dated(_label(telling, condition.concepts, _asked_names(finding)), proof)
        for procedure in features.procedures:
            if procedure.proof == proof:
                return _dated(_label(telling, procedure.concepts, _asked_names(finding)), proof)
        for allergy in features.allergies:
            if allergy.proof == proof:
                return _dated(f"allergy to {_label(telling, allergy.concepts, (telling.drug,))}", proof)
        for measurement in features.measurements:
            if measurement.proof == proof:
                return _dated(telling.knowledge.label(measurement.concept), proof)
    return "as recorded"


def _asked_names(finding: SafetyFinding | None) -> tuple[str, ...]:
    """What the finding asked for, so that a Condition with two concepts is called by the right one."""
    if finding is None or finding.case is None:
        return ()
    return tuple(name for part in walk(finding.case.when) for name in getattr(part, "concept", ()))


PHRASES: dict[str, Phrase] = {
    "names": _names,
    "on": _on,
    "start": _start,
    "weeks": _weeks,
    "course": _course,
    "twelve_weeks": _twelve_weeks,
    "failed": lambda telling, _: ", ".join(_failed_labels(telling)),
    "failed_and": lambda telling, _: listed(_failed_labels(telling)),
    "failed_count": _failed_count,
    "weeks_to_calcinosis": _weeks_to_calcinosis,
    "fact": _fact,
    "date": _date,
    "site": _site,
    "number": _number,
    "measured_on": _measured_on,
    "age": _age,
    "order": _order,
    "drug": _drug,
    "partner": _partner,
    "partner_fact": _partner_fact,
    "partner_state": _partner_state,
    "proof": _proof,
}
"""The closed vocabulary of phrases; wording.py adds `s:` (standard sentences), `value:`, `finding:` and the words."""
