"""Phrases about the order and about safety findings: the drug judged, the other drug, what made the rule fire."""

from collections.abc import Iterator, Mapping

from cards.telling import Phrase, Telling, dated, drug_since, label_of, recognised
from treatment_algorithm.assessment import SafetyFinding
from treatment_algorithm.features import MedicationFact
from treatment_algorithm.predicates import Feature, Predicate, walk


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
    return drug_since(label, fact.standing, fact.start, recognised((fact.proof,)))


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
                return dated(label_of(telling, condition.concepts, _asked_names(telling, finding)), proof)
        for procedure in features.procedures:
            if procedure.proof == proof:
                return dated(label_of(telling, procedure.concepts, _asked_names(telling, finding)), proof)
        for allergy in features.allergies:
            if allergy.proof == proof:
                return dated(f"allergy to {label_of(telling, allergy.concepts, (telling.drug,))}", proof)
        for measurement in features.measurements:
            if measurement.proof == proof:
                return dated(telling.knowledge.label(measurement.concept), proof)
    return "as recorded"


def _asked_names(telling: Telling, finding: SafetyFinding | None) -> tuple[str, ...]:
    """What the finding asked for, its features included: a Condition with two concepts is called by the right one."""
    if finding is None or finding.case is None:
        return ()
    asked = _questions(finding.case.when, {feature.id: feature.when for feature in telling.knowledge.features})
    return tuple(name for question in asked for name in getattr(question, "concept", ()))


def _questions(predicate: Predicate, features: Mapping[str, Predicate]) -> Iterator[Predicate]:
    for part in walk(predicate):
        yield part
        if isinstance(part, Feature):
            yield from _questions(features[part.id], features)


def _chosen(telling: Telling, _: tuple[str, ...]) -> str:
    """order-sign has no selections: every draft is about to be signed (decision 36)."""
    return "is to be signed" if telling.case.hook == "order-sign" else "is selected"


FINDING_PHRASES: dict[str, Phrase] = {
    "order": _order,
    "chosen": _chosen,
    "drug": _drug,
    "partner": _partner,
    "partner_fact": _partner_fact,
    "partner_state": _partner_state,
    "proof": _proof,
}
"""Phrase name -> the words for it."""
