"""ReadChart: the groups of a chart as far as they were obtained, before anything is made of them (decisions 5, 10)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from fhir_mappings.bundle_reader import ReadBundle
from fhir_mappings.draft_orders import DraftEntry
from fhir_mappings.looked_up_drugs import DrugCode, LookedUpDrug
from fhir_mappings.references import resource_reference, type_and_id
from fhir_mappings.resources import (
    ChartResource,
    MedicationRequestResource,
    MedicationResource,
    MedicationStatementResource,
    PatientResource,
)
from treatment_algorithm.features import Group, GroupState, Issue

GapKind = Literal["not-obtained", "client-error", "cut-short"]


@dataclass(frozen=True, slots=True)
class GroupRead:
    """The resources of one group, how far it was read, and what was wrong."""

    resources: tuple[ChartResource, ...] = ()
    state: GroupState = field(default_factory=GroupState)
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadChart:
    """Everything that was read for one hook call; a group that is not in `groups` was not obtained.

    `medications`: the Medications that references point to, by `Medication/id`. `looked_up`: what a terminology server
    said of drug codes; empty without one.
    """

    patient_id: str
    patient: PatientResource | None = None
    groups: Mapping[Group, GroupRead] = field(default_factory=lambda: MappingProxyType({}))
    medications: Mapping[str, MedicationResource] = field(default_factory=lambda: MappingProxyType({}))
    drafts: tuple[DraftEntry, ...] = ()
    looked_up: Mapping[DrugCode, LookedUpDrug] = field(default_factory=lambda: MappingProxyType({}))


def group_read(pages: Sequence[ReadBundle], group: Group) -> GroupRead:
    """The pages of one search joined: complete only if the last page names no next one and nothing is missing.

    A first page that is an OperationOutcome means not obtained; a later one, an outcome entry, or a `total` above
    what came, means cut short. A resource that comes twice counts once. Source: decisions 5, 10.
    """
    if not pages or pages[0].outcome:
        return missing_group(group, "client-error" if pages else "not-obtained")
    resources: dict[str, ChartResource] = {}
    for page in pages:
        for resource in page.resources:
            resources.setdefault(resource.id or f"#{len(resources)}", resource)
    unreadable = sum(page.unreadable for page in pages)
    client_error = any(page.outcome or page.outcome_entry for page in pages)
    came = sum(len(page.resources) for page in pages) + unreadable
    cut_short = pages[-1].next_url is not None or came < (pages[0].total or 0)
    issues = [
        Issue(group, f"{group}[{position}]", "unreadable")
        for page in pages
        for position in page.unreadable_at or range(page.unreadable)
    ]
    if client_error:
        issues.append(Issue(group, "", "client-error"))
    if cut_short:
        issues.append(Issue(group, "", "cut-short"))
    state = GroupState(complete=not (client_error or cut_short), unreadable=unreadable)
    return GroupRead(tuple(resources.values()), state, tuple(issues))


def missing_group(group: Group, kind: GapKind) -> GroupRead:
    """A group of which nothing was read, and why."""
    return GroupRead((), GroupState(obtained=kind == "cut-short", complete=False), (Issue(group, "", kind),))


def medications_by_reference(medications: Iterable[MedicationResource]) -> Mapping[str, MedicationResource]:
    """Included or fetched Medications by `Medication/id`, as ReadChart.medications wants them."""
    return {resource_reference("Medication", medication.id): medication for medication in medications if medication.id}


def unresolved_medications(chart: ReadChart, readable: Callable[[str], bool]) -> tuple[str, ...]:
    """`Medication/id` of the references that are neither contained nor known, each once.

    References of MedicationRequests, MedicationStatements and draft orders, for the caller to read from the FHIR
    server. `readable`: whether a reference as written points into that server; a server may write its own as URLs
    (FHIR R4, references). Source: resolving-codes.md, step 2.
    """
    found: dict[str, None] = {}
    for resource in _drug_resources(chart):
        reference = resource.medication_reference.reference if resource.medication_reference else None
        literal = type_and_id(reference)
        if reference and literal and literal.startswith("Medication/") and readable(reference):
            found.setdefault(literal)
    return tuple(reference for reference in found if reference not in chart.medications)


def _drug_resources(chart: ReadChart) -> Iterable[MedicationRequestResource | MedicationStatementResource]:
    for group in (Group.MEDICATIONS, Group.STATEMENTS):
        for resource in chart.groups[group].resources if group in chart.groups else ():
            if isinstance(resource, MedicationRequestResource | MedicationStatementResource):
                yield resource
    for draft in chart.drafts:
        if isinstance(draft.resource, MedicationRequestResource):
            yield draft.resource
