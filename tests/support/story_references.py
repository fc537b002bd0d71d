"""What a story's entries are called in the chart, and which of them hang together; both builders use it."""

from collections.abc import Iterator

from tests.support.story import Story
from tests.support.story_codes import is_drug
from tests.support.story_entries import StoryDrug, StoryMeasurement, StoryOrder
from treatment_algorithm.concept_table import ConceptTable

PATIENT_ID = "story-patient"
PATIENT = f"Patient/{PATIENT_ID}"
USER = "Practitioner/story-doctor"
ENCOUNTER_ID = "story-visit"
_PRESSURES = frozenset({"systolic_bp", "diastolic_bp"})


def condition_reference(number: int) -> str:
    """The reference of the condition at position `number` (from 0)."""
    return f"Condition/c-{number + 1}"


def drug_reference(drug: StoryDrug, number: int) -> str:
    """MedicationRequest or MedicationStatement, by how the story sends it."""
    return f"Medication{'Statement' if drug.sent_as == 'statement' else 'Request'}/m-{number + 1}"


def order_reference(order: StoryOrder, number: int, table: ConceptTable) -> str:
    """Type and id of a draft order, as `selections` names it; a drug unless its concept is a service."""
    drug = order.concept is None or is_drug(table, order.concept)
    return f"{'MedicationRequest' if drug else 'ServiceRequest'}/{order.id or f'draft-{number + 1}'}"


def grouped_measurements(story: Story) -> Iterator[tuple[str, tuple[StoryMeasurement, ...]]]:
    """Each Observation's reference with its values: systolic and diastolic pressure of one day are one panel."""
    panels: dict[str, list[StoryMeasurement]] = {}
    for number, item in enumerate(story.measurements):
        key = f"panel {item.on} {item.status}" if item.concept in _PRESSURES else str(number)
        panels.setdefault(key, []).append(item)
    for number, items in enumerate(panels.values()):
        yield f"Observation/o-{number + 1}", tuple(items)


def is_pressure(item: StoryMeasurement) -> bool:
    """Whether a value is a component of the blood pressure panel."""
    return item.concept in _PRESSURES


def condition_for(story: Story, concept: str) -> str | None:
    """The reference of the first condition of that concept, None when the story has none."""
    found = (condition_reference(n) for n, item in enumerate(story.conditions) if item.concept == concept)
    return next(found, None)
