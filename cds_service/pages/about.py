"""What the pages about the service need: the chart data that it asks for, and a call that anyone can try."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from cds_service.pages.links import anchor_of
from cds_service.services import REQUIRED_KEYS, observation_codes, prefetch_templates
from cds_service.settings import Settings
from treatment_algorithm.knowledge_base import KnowledgeBase

_EXAMPLE_INSTANCE = UUID("d1577c69-dfbe-44ad-ba6d-3e05e953b2ea")


@dataclass(frozen=True, slots=True)
class PrefetchRow:
    """One prefetch key: its query without the long list of codes, and whether the service can do without it."""

    key: str
    query: str
    codes: tuple[str, ...]
    required: bool


def about_context(knowledge: KnowledgeBase, settings: Settings) -> Mapping[str, Any]:
    """What about.html needs beside the versions."""
    return {
        "settings": settings,
        "anchor": anchor_of,
        "prefetch": prefetch_rows(observation_codes(knowledge)),
        "checked": len(knowledge.safety_rules),
        "planned": len(knowledge.evidence.planned_safety),
        "statements": len(knowledge.evidence.statements),
        "sources": len(knowledge.evidence.sources),
    }


def prefetch_rows(loinc_codes: tuple[str, ...]) -> tuple[PrefetchRow, ...]:
    """The prefetch table of decision 10, in its order."""
    return tuple(
        PrefetchRow(
            key=key,
            query=template.replace(",".join(loinc_codes), "…") if key == "observations" and loinc_codes else template,
            codes=loinc_codes if key == "observations" else (),
            required=key in REQUIRED_KEYS,
        )
        for key, template in prefetch_templates(loinc_codes).items()
    )


def example_request(public_base_url: str) -> str:
    """A curl command that gets a card: calcinosis cutis (ICD-10-CM L94.2) in a made-up patient, and nothing else."""
    patient = "example"
    empty = {"resourceType": "Bundle", "type": "searchset", "total": 0}
    condition = {
        "resourceType": "Condition",
        "id": "c1",
        "subject": {"reference": f"Patient/{patient}"},
        "clinicalStatus": {
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]
        },
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "L94.2"}]},
    }
    others = ("medications", "statements", "allergies", "procedures", "observations", "referrals")
    prefetch: dict[str, Any] = {
        "patient": {"resourceType": "Patient", "id": patient, "gender": "female", "birthDate": "1970-01-01"},
        "conditions": {
            "resourceType": "Bundle",
            "type": "searchset",
            "total": 1,
            "entry": [{"resource": condition, "search": {"mode": "match"}}],
        },
        **dict.fromkeys(others, empty),
    }
    body = {
        "hook": "patient-view",
        "hookInstance": str(_EXAMPLE_INSTANCE),
        "context": {"userId": "Practitioner/example", "patientId": patient},
        "prefetch": prefetch,
    }
    return (
        f"curl -s {public_base_url}/cds-services/calcinosis-patient-view \\\n"
        f"  -H 'Content-Type: application/json' \\\n  -d '{json.dumps(body)}'"
    )
