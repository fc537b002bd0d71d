"""Charts as files for the command line: FHIR R4 Bundles of a patient with calcinosis and dermatomyositis."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
DAY = "2026-11-22"


def patient(**more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": "p", "birthDate": "1980-04-02", "gender": "female"} | more


def condition(code: str, identity: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "id": identity,
        "subject": {"reference": "Patient/p"},
        "code": {"coding": [{"system": ICD10CM, "code": code}]},
        "recordedDate": "2026-10-20",
    } | more


CALCINOSIS = condition("L94.2", "calcinosis")
DERMATOMYOSITIS = condition("M33.12", "dm")
# RxNorm 198142: prednisolone 5 MG tablet, 855332: warfarin 5 MG tablet (card-style.md section 4).
PREDNISOLONE, WARFARIN = "198142", "855332"


def drug(code: str, identity: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest",
        "id": identity,
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/p"},
        "medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": code}]},
        "authoredOn": "2026-10-02",
    } | more


def bundle(*resources: Any, kind: str = "collection", **more: Any) -> dict[str, Any]:
    entries = [{"resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": kind, "entry": entries} | more


def write(folder: Path, content: Any) -> str:
    path = folder / "chart.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return str(path)


def keys_of(content: Iterable[dict[str, Any]], key: str) -> list[Any]:
    return [item[key] for item in content]
