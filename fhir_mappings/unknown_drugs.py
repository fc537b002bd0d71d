"""unknown_drug_codes(): the blind spots of a chart, drug codes by which no drug of ours was recognised."""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

from fhir_mappings.chart import ReadChart
from fhir_mappings.feature_mapping import drafts_of_patient, of_patient
from fhir_mappings.looked_up_drugs import DrugCode
from fhir_mappings.medications import DrugContext, map_medication_request, map_medication_statement
from fhir_mappings.orders import map_draft
from fhir_mappings.resources import MedicationRequestResource, MedicationStatementResource
from treatment_algorithm.concept_table import ConceptTable
from treatment_algorithm.cues import Cues
from treatment_algorithm.features import Group, Issue


def unknown_drug_codes(chart: ReadChart, concepts: ConceptTable, cues: Cues) -> tuple[DrugCode, ...]:
    """The same codes as `MappedChart.unknown_codes`, before anything else is made of the chart.

    Drugs without a name first, then the others; among each draft orders first. Never raises for what a chart holds.
    """
    context = DrugContext(chart.medications, {}, concepts, cues, chart.looked_up)
    for found in _drugs_of_patient(chart, context):
        deque(found, maxlen=0)
    return tuple(sorted(context.unknown, key=context.unknown.__getitem__))


def _drugs_of_patient(chart: ReadChart, context: DrugContext) -> Iterator[Iterable[Any]]:
    for draft in drafts_of_patient(chart.drafts, chart.patient_id):
        if not isinstance(draft, Issue):
            yield map_draft(draft, None, context)
    for group in (Group.MEDICATIONS, Group.STATEMENTS):
        resources = chart.groups[group].resources if group in chart.groups else ()
        for resource in of_patient(resources, group, chart.patient_id):
            if isinstance(resource, MedicationRequestResource):
                yield map_medication_request(resource, context)
            elif isinstance(resource, MedicationStatementResource):
                yield map_medication_statement(resource, context)
