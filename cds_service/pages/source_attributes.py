"""The source attributes as the page about the service and `/api/source-attributes` give them; no patient data."""

from collections.abc import Mapping
from typing import Any

from treatment_algorithm.concept_table import ConceptKind
from treatment_algorithm.data_needs import concepts_read
from treatment_algorithm.knowledge_base import KnowledgeBase
from treatment_algorithm.source_attributes import PatientAttribute, SourceAttributes

NOT_STATED = "not stated"


def source_attributes(
    declared: SourceAttributes, knowledge: KnowledgeBase, software_version: str, base_url: str
) -> Mapping[str, Any]:
    """The thirteen source attributes and what belongs to them, as JSON values."""
    reviewed = [rule for rule in knowledge.rules if rule.review == "approved"]
    rules = sum(1 for _ in knowledge.rules)
    return {
        "title": knowledge.manifest.title,
        "kind": declared.kind,
        "citation": {
            "text": declared.citation,
            "guideline": f"{base_url}/guideline",
            "sources": [
                {"id": source.id, "citation": source.citation, "url": source.url, "read": source.mark}
                for source in knowledge.evidence.sources.values()
            ],
        },
        "developer": declared.developer or NOT_STATED,
        "funding": declared.funding or NOT_STATED,
        "release": {
            "knowledge": knowledge.version,
            "released": knowledge.manifest.released,
            "content": knowledge.content_hash,
            "software": software_version,
        },
        "review": {
            "state": "draft" if knowledge.draft else "approved",
            "rules": rules,
            "reviewed": len(reviewed),
            "last_reviewed": max((str(rule.reviewed_on) for rule in reviewed), default=None),
        },
        "intended_use": {
            "users": declared.users,
            "population": declared.population,
            "not_for": declared.not_for,
        },
        "patient_attributes": [_attribute(one) for one in declared.patient_attributes],
        "elements_read": {kind: list(elements) for kind, elements in declared.elements_read.items()},
        "observations_read": sorted(
            knowledge.label(concept) for concept in concepts_read(knowledge, ConceptKind.OBSERVATION)
        ),
        "limits": list(declared.limits),
        "regulation": {"paragraph": "45 CFR 170.315(b)(11)(iv)(A)", "seen": declared.regulation_seen},
    }


def _attribute(one: PatientAttribute) -> dict[str, Any]:
    return {
        "id": one.id,
        "number": one.number,
        "title": one.title,
        "used": one.used,
        "elements": list(one.elements),
        "note": one.note,
    }
