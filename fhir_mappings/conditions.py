"""Condition -> ConditionFact (evidence.md 2.1)."""

from collections.abc import Iterator, Mapping
from datetime import date

from fhir_mappings.concept_matching import ConceptMatch, codes_match, match_condition, says_anything
from fhir_mappings.elements import CodeableConcept
from fhir_mappings.references import resource_reference
from fhir_mappings.resources import ConditionResource
from fhir_mappings.status_codes import CLINICAL_STATUSES, VERIFICATION_STATUSES, known_status
from fhir_mappings.texts import first_text, says, texts_of
from treatment_algorithm.concept_table import ConceptTable
from treatment_algorithm.cues import Cues
from treatment_algorithm.features import ConditionFact, ConditionStanding, Group, Issue, Proof, Severity
from treatment_algorithm.partial_date import PartialDate, parse_date

_DROPPED = frozenset({"refuted", "entered-in-error"})
_SUSPECTED = frozenset({"provisional", "differential", "unconfirmed"})
_PAST = frozenset({"inactive", "resolved"})
_SEVERITY_CONCEPTS: Mapping[str, Severity] = {
    "severity_mild": Severity.MILD,
    "severity_moderate": Severity.MODERATE,
    "severity_severe": Severity.SEVERE,
}


def map_condition(
    condition: ConditionResource, match: ConceptMatch, concepts: ConceptTable, cues: Cues, today: date
) -> Iterator[ConditionFact | Issue]:
    """The fact of one Condition; nothing for one that is refuted, an error, or none of our concepts.

    `match`: its code as `match_condition` read it. An Issue for a status that FHIR R4 does not know and for a
    Condition that does not say what it is. Source: evidence.md 2.1; decisions 6, 8.
    """
    reference = resource_reference("Condition", condition.id)
    verification = known_status(condition.verification_status, VERIFICATION_STATUSES)
    clinical = known_status(condition.clinical_status, CLINICAL_STATUSES)
    if verification in _DROPPED:
        return
    if verification is None or clinical is None or not says_anything(condition.code):
        yield Issue(Group.CONDITIONS, reference, "unreadable")
        return
    if not match.concepts:
        return
    period = condition.onset_period
    onset = parse_date(condition.onset_date_time) or parse_date(period.start if period else None)
    recorded = parse_date(condition.recorded_date)
    yield ConditionFact(
        concepts=match.concepts,
        standing=_standing(condition, verification, clinical, today),
        proof=Proof(reference, recorded or onset, clinical, by_name=match.by_name),
        onset=onset,
        recorded=recorded,
        abated=_abated(condition),
        severity=_severity(condition.severity, concepts, cues),
        body_sites=first_text(condition.body_site),
        cues=_cues(condition, cues),
    )


def condition_concepts(condition: ConditionResource, concepts: ConceptTable, cues: Cues) -> tuple[str, ConceptMatch]:
    """The reference of a Condition and what its code says, for the reasons that point to it."""
    return resource_reference("Condition", condition.id), match_condition(condition.code, concepts, cues)


def _standing(condition: ConditionResource, verification: str, clinical: str, today: date) -> ConditionStanding:
    if verification in _SUSPECTED:
        return ConditionStanding.SUSPECTED
    if clinical == "remission":
        return ConditionStanding.REMISSION
    if clinical in _PAST or (not clinical and _is_over(condition, today)):
        return ConditionStanding.PAST
    return ConditionStanding.CURRENT


def _is_over(condition: ConditionResource, today: date) -> bool:
    """Whether an abatement without a clinicalStatus says that the condition is over (FHIR R4, constraint con-4)."""
    abated = _abated(condition)
    if abated is not None:
        return abated.earliest <= today
    return condition.abatement_age is not None or bool(condition.abatement_string)


def _abated(condition: ConditionResource) -> PartialDate | None:
    period = condition.abatement_period
    return (
        parse_date(condition.abatement_date_time)
        or parse_date(period.end if period else None)
        or parse_date(period.start if period else None)
    )


def _severity(severity: CodeableConcept | None, concepts: ConceptTable, cues: Cues) -> Severity | None:
    """The severity coded, else the one word of severity in its texts; "mild to moderate" is neither."""
    coded = codes_match(severity, concepts)
    found = {_SEVERITY_CONCEPTS[concept] for concept in coded if concept in _SEVERITY_CONCEPTS}
    if not coded:
        for text in texts_of(severity):
            if not cues.disclaimers.search(text):
                words = set(text.replace(",", " ").replace("-", " ").split())
                found |= {one for one in Severity if one in words}
    return found.pop() if len(found) == 1 else None


def _cues(condition: ConditionResource, cues: Cues) -> frozenset[str]:
    sources = (condition.code, condition.severity, *(one.summary for one in condition.stage), *condition.body_site)
    texts = [text for source in sources for text in texts_of(source)]
    return frozenset(
        cue for cue, words in cues.condition_cues.items() if any(says(text, words, cues.disclaimers) for text in texts)
    )
