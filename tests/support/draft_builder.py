"""A story's draft orders as FHIR R4 resources, as an EHR holds them unsigned."""

from datetime import date

from tests.support.fhir_elements import Json, codeable, dosage, quantity, reason, subject
from tests.support.story import Story
from tests.support.story_codes import drug_row, procedure_row
from tests.support.story_references import ENCOUNTER_ID, USER, order_reference
from treatment_algorithm.concept_table import ConceptTable


def draft_order(story: Story, number: int, table: ConceptTable, today: date) -> Json:
    """The draft order at position `number`; without a drug or service when the story has none chosen yet."""
    order = story.orders[number]
    kind, _, identifier = order_reference(order, number, table).partition("/")
    draft: Json = {"resourceType": kind, "id": identifier, "status": "draft", "intent": "order"}
    if order.text is not None:
        chosen: Json = {"text": order.text}
    elif order.concept is None:
        chosen = {}
    elif kind == "MedicationRequest":
        chosen = codeable(drug_row(table, order.concept, order.route))
    else:
        chosen = codeable(procedure_row(table, order.concept))
    if chosen:
        draft["medicationCodeableConcept" if kind == "MedicationRequest" else "code"] = chosen
    draft |= {
        "subject": subject(),
        "encounter": {"reference": f"Encounter/{ENCOUNTER_ID}"},
        "authoredOn": today.isoformat(),
        "requester": {"reference": USER},
    }
    draft |= reason(story, order.reason, table)
    if kind == "MedicationRequest":
        draft |= dosage(order.route, order.mg_per_day, order.weeks)
        if order.weeks is not None:
            draft["dispenseRequest"] = {"expectedSupplyDuration": quantity(order.weeks * 7, "d")}
    return draft
