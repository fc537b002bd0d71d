"""Chart resources as a US Core server sends them: every element filled, most of them read by nobody here.

What the algorithm looks for comes from the first rows of each list; all other entries carry codes of a local system
and a text, so that the name rules have to read them and find nothing.
"""

from typing import Any

Json = dict[str, Any]
PATIENT_ID = "bench-1"
FHIR_BASE = "https://ehr.example.org/fhir"
_LOCAL = "https://ehr.example.org/fhir/CodeSystem"
_HL7 = "http://terminology.hl7.org/CodeSystem"
_CORE = "http://hl7.org/fhir/us/core/StructureDefinition"
_UCUM = "http://unitsofmeasure.org"
_ICD_10_CM = "http://hl7.org/fhir/sid/icd-10-cm"
_SNOMED = "http://snomed.info/sct"
_RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
_LOINC = "http://loinc.org"

# Codes as in treatment_algorithm/knowledge/concepts/codes.csv; copied, so that a change there leaves the bytes alone.
CONDITIONS = (
    ((_SNOMED, "1212005", "Childhood type dermatomyositis"), (_ICD_10_CM, "M33.02", "Juvenile dermatomyositis")),
    ((_ICD_10_CM, "L94.2", "Calcinosis cutis"),),
)
MEDICATIONS = (
    (_RXNORM, "198142", "prednisolone 5 MG Oral Tablet"),
    (_RXNORM, "105585", "methotrexate 2.5 MG Oral Tablet"),
    (_RXNORM, "866924", "metoprolol tartrate 25 MG Oral Tablet"),
)
DILTIAZEM = (_RXNORM, "830874", "24 HR diltiazem hydrochloride 120 MG Extended Release Oral Tablet")
MEASUREMENTS = (
    ((_LOINC, "8867-4", "Heart rate"), 78.0, "/min"),
    ((_LOINC, "8480-6", "Systolic blood pressure"), 112.0, "mm[Hg]"),
    ((_LOINC, "2157-6", "Creatine kinase [Enzymatic activity/volume] in Serum or Plasma"), 164.0, "U/L"),
    ((_LOINC, "718-7", "Hemoglobin [Mass/volume] in Blood"), 13.1, "g/dL"),
    ((_LOINC, "2823-3", "Potassium [Moles/volume] in Serum or Plasma"), 4.2, "mmol/L"),
)
_OTHER_PROBLEMS = (
    "Seasonal allergic rhinitis, mild", "Sprain of left ankle", "Iron deficiency (disorder)", "Short sightedness",
    "Ingrowing nail of right great toe", "Dental caries, two molars", "Eczema of both hands", "Tension-type headache",
)  # fmt: skip
_OTHER_PRODUCTS = (
    "cetirizine hydrochloride 10 MG Oral Tablet", "loratadine 10 MG Oral Tablet", "montelukast 5 MG Chewable Tablet",
    "acetaminophen 500 MG Oral Tablet", "hydroxyzine hydrochloride 25 MG Oral Capsule", "salbutamol 0.1 MG/ACTUAT",
)  # fmt: skip
_OTHER_TESTS = ("Ferritin", "Thyrotropin", "Folate", "Zinc", "Copper", "Transferrin saturation")


def patient() -> Json:
    """The patient, born in 2014."""
    return _head("Patient", 0, "us-core-patient") | {
        "id": PATIENT_ID,
        "active": True,
        "name": [
            {"use": "official", "family": "Example", "given": ["Beatrice", "Maria"], "period": {"start": "2014-03-01"}}
        ],
        "telecom": [{"system": "phone", "value": "555-0100", "use": "home"}],
        "gender": "female",
        "birthDate": "2014-03-01",
        "address": [{"line": ["1 Example Street"], "city": "Exampleton", "postalCode": "00000", "country": "XX"}],
        "communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "en"}]}, "preferred": True}],
    }


def condition(number: int) -> Json:
    """The `number`-th problem: dermatomyositis, calcinosis, then others."""
    known = number < len(CONDITIONS)
    text = CONDITIONS[number][0][2] if known else _OTHER_PROBLEMS[number % len(_OTHER_PROBLEMS)]
    codings = [_coding(*row) for row in CONDITIONS[number]] if known else []
    return _head("Condition", number, "us-core-condition-problems-health-concerns") | {
        "clinicalStatus": _codeable("condition-clinical", "active", "Active"),
        "verificationStatus": _codeable("condition-ver-status", "confirmed", "Confirmed"),
        "category": [_codeable("condition-category", "problem-list-item", "Problem List Item")],
        "code": {"coding": [*codings, *_local("problem", number, text)], "text": text},
        "subject": _subject(),
        "encounter": {"reference": f"Encounter/bench-{number}", "display": "Office visit"},
        "onsetDateTime": _moment(number, 2025),
        "recordedDate": _moment(number, 2026),
        "recorder": _practitioner(number),
        "asserter": _practitioner(number),
        "note": [{"authorString": "Example, Ada", "time": _moment(number, 2026), "text": f"Reviewed: {text}."}],
    }


def medication_request(number: int) -> Json:
    """The `number`-th drug: prednisolone, methotrexate, metoprolol, then others."""
    known = MEDICATIONS[number] if number < len(MEDICATIONS) else None
    return _drug(number, known, f"MedicationRequest-{number}") | {"status": "active"}


def draft_order(number: int) -> Json:
    """The `number`-th draft: diltiazem, then others."""
    return _drug(number, DILTIAZEM if number == 0 else None, f"draft-{number}") | {"status": "draft"}


def observation(number: int) -> Json:
    """The `number`-th result; the first five and every fifth behind them are measurements that the rules read."""
    index = number if number < len(MEASUREMENTS) else number // len(MEASUREMENTS)
    known = number < len(MEASUREMENTS) or number % len(MEASUREMENTS) == 0
    row, value, unit = MEASUREMENTS[index % len(MEASUREMENTS)] if known else (None, 4.0 + number % 7, "mg/L")
    text = row[2] if row else _OTHER_TESTS[number % len(_OTHER_TESTS)]
    quantity = {"value": value, "unit": unit, "system": _UCUM, "code": unit}
    return _head("Observation", number, "us-core-observation-lab") | {
        "basedOn": [{"reference": f"ServiceRequest/bench-{number}"}],
        "status": "final",
        "category": [_codeable("observation-category", "laboratory", "Laboratory")],
        "code": {"coding": [*([_coding(*row)] if row else []), *_local("test", number, text)], "text": text},
        "subject": _subject(),
        "encounter": {"reference": f"Encounter/bench-{number}", "display": "Office visit"},
        "effectiveDateTime": _moment(number, 2026),
        "issued": _moment(number, 2026),
        "performer": [_practitioner(number), {"reference": "Organization/bench-lab", "display": "Example Laboratory"}],
        "valueQuantity": quantity,
        "interpretation": [_codeable("v3-ObservationInterpretation", "N", "Normal")],
        "specimen": {"reference": f"Specimen/bench-{number}", "display": "Blood"},
        "referenceRange": [
            {
                "low": quantity | {"value": round(value / 2, 2)},
                "high": quantity | {"value": round(value * 2, 2)},
                "type": _codeable("referencerange-meaning", "normal", "Normal Range"),
                "text": f"{value / 2:.2f} to {value * 2:.2f} {unit}",
            }
        ],
    }


def _drug(number: int, row: tuple[str, str, str] | None, identifier: str) -> Json:
    text = row[2] if row else _OTHER_PRODUCTS[number % len(_OTHER_PRODUCTS)]
    return _head("MedicationRequest", number, "us-core-medicationrequest") | {
        "id": identifier,
        "intent": "order",
        "category": [_codeable("medicationrequest-category", "outpatient", "Outpatient")],
        "priority": "routine",
        "reportedBoolean": False,
        "medicationCodeableConcept": {
            "coding": [*([_coding(*row)] if row else []), *_local("product", number, text)],
            "text": text,
        },
        "subject": _subject(),
        "encounter": {"reference": f"Encounter/bench-{number}", "display": "Office visit"},
        "authoredOn": _moment(number, 2026),
        "requester": _practitioner(number),
        "recorder": _practitioner(number),
        "dosageInstruction": [
            {
                "sequence": 1,
                "text": "Take one by mouth once daily with food",
                "patientInstruction": "Swallow whole with a glass of water",
                "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}, "code": {"text": "Once daily"}},
                "asNeededBoolean": False,
                "route": {"coding": [{"system": f"{_LOCAL}/route", "code": "R1", "display": "Oral"}], "text": "Oral"},
                "doseAndRate": [{"doseQuantity": {"value": 1, "unit": "tablet", "system": _UCUM, "code": "{tbl}"}}],
            }
        ],
        "dispenseRequest": {
            "validityPeriod": {"start": _moment(number, 2026), "end": "2027-12-31"},
            "numberOfRepeatsAllowed": 3,
            "quantity": {"value": 30, "unit": "tablet", "system": _UCUM, "code": "{tbl}"},
            "expectedSupplyDuration": {"value": 30, "unit": "days", "system": _UCUM, "code": "d"},
        },
    }


def _head(resource_type: str, number: int, profile: str) -> Json:
    narrative = f"{resource_type} {number} of the example patient, as the server wrote it for people to read"
    return {
        "resourceType": resource_type,
        "id": f"{resource_type}-{number}",
        "meta": {
            "versionId": "3",
            "lastUpdated": _moment(number, 2026),
            "source": f"{FHIR_BASE}#bench",
            "profile": [f"{_CORE}/{profile}"],
        },
        "text": {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{narrative}</p></div>'},
        "identifier": [
            {"use": "official", "system": f"{FHIR_BASE}/identifiers/{resource_type}", "value": f"{700000 + number}"},
            {"use": "secondary", "system": "urn:oid:2.999.1", "value": f"X{number:07d}"},
        ],
    }


def _moment(number: int, year: int) -> str:
    """A moment in the first half of a year."""
    return f"{year}-{number % 6 + 1:02d}-{number % 27 + 1:02d}T{number % 24:02d}:15:00+00:00"


def _coding(system: str, code: str, display: str) -> Json:
    return {"system": system, "code": code, "display": display}


def _local(kind: str, number: int, text: str) -> list[Json]:
    return [
        _coding(f"{_LOCAL}/{kind}", f"{kind[0].upper()}{number:05d}", text),
        _coding("urn:oid:2.999.2", f"{900000 + number}", text),
    ]


def _codeable(system: str, code: str, display: str) -> Json:
    return {"coding": [_coding(f"{_HL7}/{system}", code, display)], "text": display}


def _subject() -> Json:
    return {"reference": f"Patient/{PATIENT_ID}", "display": "Beatrice Maria Example"}


def _practitioner(number: int) -> Json:
    return {"reference": f"Practitioner/bench-{number % 9}", "display": "Ada Example, MD"}
