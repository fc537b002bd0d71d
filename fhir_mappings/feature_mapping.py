"""ReadChart -> PatientFeatures: the one place where the pieces of the mapping meet (decisions 5 to 9, 28)."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import TypeVar

from fhir_mappings.allergies import map_allergy
from fhir_mappings.chart import ReadChart
from fhir_mappings.conditions import condition_concepts, map_condition
from fhir_mappings.draft_orders import DraftEntry
from fhir_mappings.looked_up_drugs import DrugCode
from fhir_mappings.medications import DrugContext, map_medication_request, map_medication_statement
from fhir_mappings.observations import map_observations
from fhir_mappings.orders import map_draft, normalised_selections
from fhir_mappings.procedures import map_procedure
from fhir_mappings.references import resource_reference
from fhir_mappings.referrals import map_referral
from fhir_mappings.resources import (
    AllergyIntoleranceResource,
    ChartResource,
    ConditionResource,
    MedicationRequestResource,
    MedicationStatementResource,
    ObservationResource,
    PatientResource,
    ProcedureResource,
    ServiceRequestResource,
)
from fhir_mappings.subjects import is_about
from treatment_algorithm.concept_table import ConceptTable
from treatment_algorithm.cues import Cues
from treatment_algorithm.features import Group, GroupState, Issue, PatientFact, PatientFeatures
from treatment_algorithm.partial_date import parse_date

_GENDERS = frozenset({"male", "female", "other", "unknown"})
# These issues mean that an entry of the group could not be read (decision 6).
_UNREADABLE = frozenset({"unreadable", "not-resolved", "unknown-drug", "unit"})

_Fact = TypeVar("_Fact")
_Resource = TypeVar("_Resource", bound=ChartResource)


@dataclass(frozen=True, slots=True)
class MappedChart:
    """The facts of a chart, and its blind spots.

    `unknown_codes`: the codes of the patient's drugs that no table holds, whose name tells none of our drugs, and
    whose ingredients no look-up told; each once. Entries that were never a drug taken are left out (decision 9).
    """

    features: PatientFeatures
    unknown_codes: tuple[DrugCode, ...]


def map_features(
    chart: ReadChart, selections: frozenset[str] | None, concepts: ConceptTable, cues: Cues, today: date
) -> PatientFeatures:
    """The features that `map_chart` gives."""
    return map_chart(chart, selections, concepts, cues, today).features


def map_chart(
    chart: ReadChart, selections: frozenset[str] | None, concepts: ConceptTable, cues: Cues, today: date
) -> MappedChart:
    """All that the algorithm may ask about the patient of `chart`; never raises for what a chart holds.

    `selections`: the order-select context's, as sent; None (order-sign): every draft counts as selected
    (decision 36). `today`: the site's calendar day. Resources about another patient are dropped with an Issue.
    """
    issues: list[Issue] = [issue for group in chart.groups.values() for issue in group.issues]
    mapping_issues: list[Issue] = []

    def of(group: Group, kind: type[_Resource]) -> list[_Resource]:
        resources = chart.groups[group].resources if group in chart.groups else ()
        kept = of_patient((one for one in resources if isinstance(one, kind)), group, chart.patient_id)
        return _facts(kept, mapping_issues)

    def facts(found: Iterable[Iterable[_Fact | Issue]]) -> tuple[_Fact, ...]:
        return tuple(_facts((one for several in found for one in several), mapping_issues))

    conditions = of(Group.CONDITIONS, ConditionResource)
    matches = [condition_concepts(condition, concepts, cues) for condition in conditions]
    context = DrugContext(
        medications=chart.medications,
        looked_up=chart.looked_up,
        conditions={reference: match.concepts for reference, match in matches},
        concepts=concepts,
        cues=cues,
    )
    selected = None if selections is None else normalised_selections(selections)
    requests = of(Group.MEDICATIONS, MedicationRequestResource)
    statements = of(Group.STATEMENTS, MedicationStatementResource)
    drafts = _facts(drafts_of_patient(chart.drafts, chart.patient_id), mapping_issues)
    features = PatientFeatures(
        patient=_patient(chart.patient),
        conditions=facts(
            map_condition(condition, match, concepts, cues, today)
            for condition, (_, match) in zip(conditions, matches, strict=True)
        ),
        medications=(
            *facts(map_medication_request(request, context) for request in requests),
            *facts(map_medication_statement(statement, context) for statement in statements),
        ),
        measurements=facts([map_observations(of(Group.OBSERVATIONS, ObservationResource), concepts, cues)]),
        allergies=facts(map_allergy(one, concepts, cues) for one in of(Group.ALLERGIES, AllergyIntoleranceResource)),
        procedures=facts(map_procedure(one, concepts) for one in of(Group.PROCEDURES, ProcedureResource)),
        referrals=facts(map_referral(one, concepts) for one in of(Group.REFERRALS, ServiceRequestResource)),
        orders=facts(map_draft(draft, selected, context) for draft in drafts),
        drafts=MappingProxyType({draft.reference: draft.raw for draft in drafts if not draft.unreadable}),
    )
    groups = MappingProxyType(_states(chart, mapping_issues))
    features = replace(features, groups=groups, issues=(*issues, *mapping_issues))
    return MappedChart(features, tuple(context.unknown))


def _facts(found: Iterable[_Fact | Issue], issues: list[Issue]) -> list[_Fact]:
    facts: list[_Fact] = []
    for one in found:
        if isinstance(one, Issue):
            issues.append(one)
        else:
            facts.append(one)
    return facts


def of_patient(resources: Iterable[_Resource], group: Group, patient_id: str) -> Iterator[_Resource | Issue]:
    """The resources whose subject is the patient; whose it is must be told, or the entry cannot be read."""
    for resource in resources:
        about = is_about(resource, patient_id)
        if about:
            yield resource
        else:
            place = resource_reference(type(resource).__name__.removesuffix("Resource"), resource.id)
            yield Issue(group, place, "unreadable" if about is None else "other-patient")


def drafts_of_patient(drafts: Iterable[DraftEntry], patient_id: str) -> Iterator[DraftEntry | Issue]:
    """The drafts that name no other patient; one that names nobody is the context's, being drafted for it."""
    for draft in drafts:
        if is_about(draft.resource, patient_id) is False:
            yield Issue(Group.ORDERS, draft.reference, "other-patient")
        else:
            yield draft


def _patient(patient: PatientResource | None) -> PatientFact:
    if patient is None:
        return PatientFact()
    return PatientFact(
        birth=parse_date(patient.birth_date),
        sex=patient.gender if patient.gender in _GENDERS else None,
        deceased=bool(patient.deceased_boolean or patient.deceased_date_time),
    )


def _states(chart: ReadChart, mapping_issues: Iterable[Issue]) -> Mapping[Group, GroupState]:
    unreadable = Counter(issue.group for issue in mapping_issues if issue.kind in _UNREADABLE)
    states: dict[Group, GroupState] = {}
    for group in Group:
        if group is Group.ORDERS:
            state = GroupState()
        else:
            state = chart.groups[group].state if group in chart.groups else GroupState(obtained=False, complete=False)
        states[group] = replace(state, unreadable=state.unreadable + unreadable[group])
    # An entry of the statements that cannot be read may hide a drug, so the drugs are open too (decisions 6, 28).
    drugs, statements = states[Group.MEDICATIONS], states[Group.STATEMENTS]
    states[Group.MEDICATIONS] = replace(drugs, unreadable=drugs.unreadable + statements.unreadable)
    return states
