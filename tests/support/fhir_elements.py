"""The FHIR R4 datatypes that the builders share: codings, references, dates, quantities, reasons."""

from typing import Any

from tests.support.story import Story
from tests.support.story_codes import condition_row
from tests.support.story_entries import Recognised
from tests.support.story_references import PATIENT, condition_for
from treatment_algorithm.concept_table import CodeRow, ConceptTable
from treatment_algorithm.partial_date import PartialDate

Json = dict[str, Any]
UCUM = "http://unitsofmeasure.org"
HL7 = "http://terminology.hl7.org/CodeSystem"


def subject() -> Json:
    """The story's patient."""
    return {"reference": PATIENT}


def codeable(row: CodeRow, text: str | None = None) -> Json:
    """A CodeableConcept with the row's coding; its text is the display unless given."""
    coding = {"system": row.system, "code": row.code, "display": row.display}
    return {"coding": [coding], "text": text or row.display}


def recognised_code(item: Recognised, row: CodeRow | None) -> Json:
    """The code of an entry: forced, by its text alone, or by the row of our table."""
    if item.code is not None:
        forced = item.code.model_dump(exclude_none=True)
        return {"coding": [forced]} | ({"text": item.text} if item.text else {})
    if item.text is not None or row is None:
        return {"text": item.text}
    return codeable(row)


def hl7_status(system: str, code: str) -> Json:
    """A clinical or verification status."""
    return {"coding": [{"system": f"{HL7}/{system}", "code": code}]}


def fhir_date(moment: PartialDate) -> str:
    """As FHIR writes it: 2026-11-22, 2026-11 or 2026."""
    parts = (moment.year, moment.month, moment.day)
    return "-".join(f"{part:02d}" for part in parts if part is not None)


def dated(key: str, moment: PartialDate | None) -> Json:
    """One member, left out when there is no date."""
    return {} if moment is None else {key: fhir_date(moment)}


def quantity(value: float, unit: str) -> Json:
    """A UCUM quantity."""
    return {"value": value, "unit": unit, "system": UCUM, "code": unit}


def dosage(route: str | None, mg_per_day: float | None, weeks: int | None = None) -> Json:
    """`dosageInstruction` with what the story says: route, milligrams a day, planned weeks; empty for nothing."""
    instruction: Json = {}
    repeat: Json = {}
    if mg_per_day is not None:
        repeat |= {"frequency": 1, "period": 1, "periodUnit": "d"}
        instruction["doseAndRate"] = [{"doseQuantity": quantity(mg_per_day, "mg")}]
    if weeks is not None:
        repeat["boundsDuration"] = quantity(weeks * 7, "d")
    if repeat:
        instruction["timing"] = {"repeat": repeat}
    if route not in (None, "unknown"):
        instruction["route"] = {"text": route}
    return {"dosageInstruction": [instruction]} if instruction else {}


def reason(story: Story, concept: str | None, table: ConceptTable) -> Json:
    """Why a drug is given or ordered: the chart's own condition where it has one, else a code."""
    if concept is None:
        return {}
    if reference := condition_for(story, concept):
        return {"reasonReference": [{"reference": reference}]}
    return {"reasonCode": [codeable(condition_row(table, concept, snomed=False))]}
