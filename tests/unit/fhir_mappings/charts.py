"""Small FHIR R4 charts for the tests: builders of resources and the way from JSON to features."""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from fhir_mappings.bundle_reader import PREFETCH_KEYS, ReadBundle, read_bundle
from fhir_mappings.chart import GroupRead, ReadChart, group_read, medications_by_reference
from fhir_mappings.draft_orders import read_draft_orders
from fhir_mappings.feature_mapping import map_features
from fhir_mappings.resources import PatientResource
from treatment_algorithm.concept_table import ConceptTable
from treatment_algorithm.cues import Cues
from treatment_algorithm.features import Group, PatientFeatures

TODAY = date(2026, 11, 22)
PATIENT = "p-1"
SNOMED = "http://snomed.info/sct"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
LOINC = "http://loinc.org"
ATC = "http://www.whocc.no/atc"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"

type_of_key = {
    "patient": "Patient",
    "conditions": "Condition",
    "medications": "MedicationRequest",
    "statements": "MedicationStatement",
    "allergies": "AllergyIntolerance",
    "procedures": "Procedure",
    "observations": "Observation",
    "referrals": "ServiceRequest",
}

Json = dict[str, Any]


def coded(system: str, code: str, display: str | None = None, text: str | None = None) -> Json:
    """A CodeableConcept with one coding."""
    coding = {"system": system, "code": code} | ({"display": display} if display else {})
    return {"coding": [coding]} | ({"text": text} if text else {})


def condition(code: Json | None, **more: Any) -> Json:
    base = {"resourceType": "Condition", "id": "c-1", "subject": {"reference": f"Patient/{PATIENT}"}}
    return base | ({"code": code} if code is not None else {}) | more


def request(drug: Json | None, **more: Any) -> Json:
    base = {
        "resourceType": "MedicationRequest",
        "id": "m-1",
        "subject": {"reference": f"Patient/{PATIENT}"},
        "status": "active",
        "intent": "order",
    }
    return base | ({"medicationCodeableConcept": drug} if drug is not None else {}) | more


def statement(drug: Json | None, **more: Any) -> Json:
    return {**request(drug), "resourceType": "MedicationStatement", "id": "s-1", **more}


def observation(code: Json, **more: Any) -> Json:
    return {
        "resourceType": "Observation",
        "id": "o-1",
        "subject": {"reference": f"Patient/{PATIENT}"},
        "status": "final",
        "code": code,
    } | more


def allergy(code: Json | None, **more: Any) -> Json:
    base = {"resourceType": "AllergyIntolerance", "id": "a-1", "patient": {"reference": f"Patient/{PATIENT}"}}
    return base | ({"code": code} if code is not None else {}) | more


def procedure(code: Json, **more: Any) -> Json:
    return {
        "resourceType": "Procedure",
        "id": "r-1",
        "subject": {"reference": f"Patient/{PATIENT}"},
        "status": "completed",
        "code": code,
    } | more


def referral(code: Json, **more: Any) -> Json:
    return {
        "resourceType": "ServiceRequest",
        "id": "f-1",
        "subject": {"reference": f"Patient/{PATIENT}"},
        "status": "active",
        "intent": "order",
        "code": code,
    } | more


def bundle(entries: Iterable[Any], **more: Any) -> Json:
    """A searchset Bundle of resources (or of whole entries, when they have a `resource`)."""
    listed = [entry if isinstance(entry, dict) and "resource" in entry else {"resource": entry} for entry in entries]
    return {"resourceType": "Bundle", "type": "searchset", "entry": listed} | more


def read(key: str, value: Any) -> ReadBundle:
    """`read_bundle` of a JSON value."""
    return read_bundle(key, json.dumps(value).encode())


def chart_of(prefetch: Mapping[str, Any], drafts: Any = None, patient: PatientResource | None = None) -> ReadChart:
    """A ReadChart from prefetch values; keys that are left out are not obtained."""
    pages = {key: read(key, value) for key, value in prefetch.items()}
    groups: dict[Group, GroupRead] = {}
    for key, page in pages.items():
        group = PREFETCH_KEYS[key]
        if group is not None:
            groups[group] = group_read([page], group)
    return ReadChart(
        patient_id=PATIENT,
        patient=patient,
        groups=groups,
        medications=medications_by_reference(one for page in pages.values() for one in page.included),
        drafts=read_draft_orders(None if drafts is None else json.dumps(drafts).encode()),
    )


class Mapper:
    """Maps JSON charts with the real knowledge."""

    def __init__(self, concepts: ConceptTable, cues: Cues) -> None:
        self._concepts = concepts
        self._cues = cues

    def features(
        self, prefetch: Mapping[str, Any], drafts: Any = None, selections: frozenset[str] | None = None
    ) -> PatientFeatures:
        return map_features(chart_of(prefetch, drafts), selections, self._concepts, self._cues, TODAY)

    def of(self, *resources: Json) -> PatientFeatures:
        """The features of single resources, each in the Bundle of its type."""
        keys = {resource_type: key for key, resource_type in type_of_key.items()}
        prefetch: dict[str, list[Json]] = {}
        for resource in resources:
            prefetch.setdefault(keys[resource["resourceType"]], []).append(resource)
        return self.features({key: bundle(found) for key, found in prefetch.items()})
