"""From a story straight to PatientFeatures, without FHIR: what fhir_mappings should make of its chart."""

from collections.abc import Iterator, Mapping
from datetime import date
from types import MappingProxyType

from tests.support.draft_builder import draft_order
from tests.support.drug_facts import medication_facts, order_facts
from tests.support.story import Story
from tests.support.story_codes import allergen_row, condition_row, prefers_snomed
from tests.support.story_entries import StoryAllergy, StoryCondition, StoryMeasurement
from tests.support.story_references import (
    condition_reference,
    grouped_measurements,
    order_reference,
)
from treatment_algorithm.concept_table import ConceptTable
from treatment_algorithm.features import (
    AllergyFact,
    ConditionFact,
    ConditionStanding,
    Group,
    GroupState,
    Issue,
    MeasurementFact,
    PatientFact,
    PatientFeatures,
    ProcedureFact,
    ProcedureStanding,
    Proof,
    ReferralFact,
    Severity,
)

_CONDITION_STANDINGS = {
    "remission": ConditionStanding.REMISSION,
    "inactive": ConditionStanding.PAST,
    "resolved": ConditionStanding.PAST,
}
_DROPPED = frozenset({"refuted", "entered-in-error"})
_SUSPECTED = frozenset({"provisional", "differential", "unconfirmed"})


def build_features(story: Story, table: ConceptTable, today: date) -> PatientFeatures:
    """The features of a story; `today` dates the age and the drafts."""
    references = [order_reference(order, number, table) for number, order in enumerate(story.orders)]
    return PatientFeatures(
        patient=PatientFact(story.patient.birth_date(today), story.patient.sex, story.patient.deceased),
        conditions=tuple(_conditions(story, table)) if _sent(story, Group.CONDITIONS) else (),
        medications=tuple(medication_facts(story, table)),
        measurements=tuple(_measurements(story)) if _sent(story, Group.OBSERVATIONS) else (),
        allergies=tuple(_allergies(story, table)) if _sent(story, Group.ALLERGIES) else (),
        procedures=tuple(_procedures(story)) if _sent(story, Group.PROCEDURES) else (),
        referrals=tuple(_referrals(story)) if _sent(story, Group.REFERRALS) else (),
        orders=tuple(order_facts(story, table)),
        groups=_groups(story),
        issues=tuple(_issues(story)),
        drafts=MappingProxyType(
            {ref: draft_order(story, n, table, today) for n, ref in enumerate(references)},
        ),
    )


def _sent(story: Story, group: Group) -> bool:
    return group not in story.missing


def _concepts(concept: str | None) -> frozenset[str]:
    return frozenset(() if concept is None else (concept,))


def _conditions(story: Story, table: ConceptTable) -> Iterator[ConditionFact]:
    snomed = prefers_snomed(story.id)
    for number, item in enumerate(story.conditions):
        concepts = _condition_concepts(item, table, snomed)
        if item.verification in _DROPPED or not concepts:
            continue
        recorded = item.recorded_date
        status = "" if item.status == "none" else item.status
        yield ConditionFact(
            concepts=concepts,
            standing=_condition_standing(item),
            proof=Proof(condition_reference(number), recorded or item.onset, status, by_name=item.by_name),
            onset=item.onset,
            recorded=recorded,
            abated=item.abated,
            severity=item.severity,
            body_sites=item.sites,
            cues=_cues(item),
        )


def _cues(item: StoryCondition) -> frozenset[str]:
    """The story's own, and that of the severity, which is sent with its word."""
    return frozenset(item.cues) | ({"severe"} if item.severity is Severity.SEVERE else frozenset())


def _condition_concepts(item: StoryCondition, table: ConceptTable, snomed: bool) -> frozenset[str]:
    if item.code is not None:
        return _concepts(item.concept) | table.match(item.code.system, item.code.code)
    if item.by_name or item.concept is None:
        return _concepts(item.concept)
    row = condition_row(table, item.concept, snomed)
    return table.match(row.system, row.code)


def _condition_standing(item: StoryCondition) -> ConditionStanding:
    if item.verification in _SUSPECTED:
        return ConditionStanding.SUSPECTED
    return _CONDITION_STANDINGS.get(item.status, ConditionStanding.CURRENT)


def _measurements(story: Story) -> Iterator[MeasurementFact]:
    for reference, items in grouped_measurements(story):
        for item in items:
            if item.status not in {"entered-in-error", "cancelled"}:
                yield _measurement(item, reference)


def _measurement(item: StoryMeasurement, reference: str) -> MeasurementFact:
    return MeasurementFact(
        concept=item.concept,
        proof=Proof(reference, item.on, item.status),
        value=item.value,
        unit=item.ucum,
        coded=item.result,
        low=item.low,
        high=item.high,
        comparator=item.comparator,
    )


def _allergies(story: Story, table: ConceptTable) -> Iterator[AllergyFact]:
    for number, item in enumerate(story.allergies):
        over = item.verification in _DROPPED or item.status in {"inactive", "resolved"}
        if over or item.concept is None or item.concept.startswith("negative_example"):
            continue
        status = "" if item.status == "none" else item.status
        yield AllergyFact(
            concepts=_allergens(item, table),
            proof=Proof(f"AllergyIntolerance/a-{number + 1}", None, status, by_name=item.by_name),
            mild_intolerance=item.kind == "intolerance" and item.criticality == "low",
        )


def _allergens(item: StoryAllergy, table: ConceptTable) -> frozenset[str]:
    if item.concept is None or item.text is not None:
        return _concepts(item.concept)
    row = allergen_row(table, item.concept)
    allergens = table.match(row.system, row.code)
    # `warfarin_allergen` is warfarin's.
    drugs = (concept.removesuffix("_allergen") for concept in allergens)
    return allergens | frozenset(drug for drug in drugs if drug in table.concepts)


def _procedures(story: Story) -> Iterator[ProcedureFact]:
    for number, item in enumerate(story.procedures):
        if item.concept is None or item.status in {"not-done", "entered-in-error"}:
            continue
        done = item.status == "completed"
        yield ProcedureFact(
            concepts=_concepts(item.concept),
            standing=ProcedureStanding.DONE if done else ProcedureStanding.PLANNED,
            proof=Proof(f"Procedure/p-{number + 1}", item.on, item.status, by_name=item.by_name),
            body_sites=item.sites,
        )


def _referrals(story: Story) -> Iterator[ReferralFact]:
    for number, item in enumerate(story.referrals):
        if item.concept is not None:
            proof = Proof(f"ServiceRequest/r-{number + 1}", item.on, "active", by_name=item.by_name)
            yield ReferralFact(_concepts(item.concept), proof)


def _groups(story: Story) -> Mapping[Group, GroupState]:
    unreadable = {group: story.unreadable.get(group, 0) for group in Group}
    # A statement that cannot be read may hide a drug, so the drugs are open too (decisions 6, 28).
    unreadable[Group.MEDICATIONS] += unreadable[Group.STATEMENTS]
    states = {
        group: GroupState(
            obtained=group not in story.missing,
            complete=group not in story.missing | story.cut_short,
            unreadable=unreadable[group],
        )
        for group in Group
    }
    return MappingProxyType(states)


def _issues(story: Story) -> Iterator[Issue]:
    for group in Group:
        if group in story.missing:
            yield Issue(group, "", "not-obtained")
        if group in story.cut_short:
            yield Issue(group, "", "cut-short")
        for _ in range(story.unreadable.get(group, 0)):
            yield Issue(group, "", "unreadable")
