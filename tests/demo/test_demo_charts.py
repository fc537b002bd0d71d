"""The demo patients: valid FHIR R4 that a server takes as it is, marked as test data, as untidy as real charts."""

import csv
from collections import Counter
from importlib import import_module
from typing import Any

import pytest
from pydantic import ValidationError

from demo.build_requests import chart_files, read_json
from tests.demo.demo_files import BROKEN, CHARTS, CODES, README, Json, nodes, resources

CLINICAL = ("http://snomed.info/sct", "http://loinc.org", "http://www.nlm.nih.gov/research/umls/rxnorm")
EVERY = [resource for path in CHARTS.values() for resource in resources(path)]


def validate(resource: Json) -> Any:
    """The resource as fhir.resources R4B reads it; raises ValidationError."""
    kind = resource["resourceType"]
    return getattr(import_module(f"fhir.resources.R4B.{kind.lower()}"), kind).model_validate(resource)


@pytest.mark.parametrize("name", CHARTS)
def test_every_resource_is_valid_fhir_r4(name: str) -> None:
    assert validate(read_json(CHARTS[name])).entry
    for resource in resources(CHARTS[name]):
        assert validate(resource).id == resource["id"]


def test_the_broken_chart_is_broken_and_stands_apart_from_what_a_fhir_server_is_given() -> None:
    path = chart_files()[BROKEN]
    assert path.parent.name == "broken-charts"
    refused = 0
    for resource in resources(path):
        try:
            validate(resource)
        except ValidationError:
            refused += 1
    assert refused == 4


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_is_a_transaction_of_puts_under_the_resources_own_ids(name: str) -> None:
    bundle = read_json(CHARTS[name])
    assert bundle["type"] == "transaction"
    for entry in bundle["entry"]:
        resource = entry["resource"]
        assert entry["request"] == {"method": "PUT", "url": f"{resource['resourceType']}/{resource['id']}"}
        assert resource["id"].startswith("demo-")
        assert len(resource["id"]) <= 64
    identities = [entry["fullUrl"] for entry in bundle["entry"]]
    assert len(set(identities)) == len(identities)


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_has_the_size_of_a_real_one(name: str) -> None:
    assert 15 <= len(resources(CHARTS[name])) <= 60


@pytest.mark.parametrize("name", CHARTS)
def test_nothing_points_outside_the_chart(name: str) -> None:
    chart = resources(CHARTS[name])
    there = {f"{resource['resourceType']}/{resource['id']}" for resource in chart}
    named = {node["reference"] for node in nodes(chart) if isinstance(node.get("reference"), str)}
    assert {reference for reference in named if not reference.startswith("#")} <= there
    whose = {(resource.get("subject") or resource.get("patient") or {}).get("reference") for resource in chart}
    assert whose - {None} == {f"Patient/demo-{name}"}


@pytest.mark.parametrize("name", CHARTS)
def test_everybody_is_marked_as_test_data_and_has_an_invented_name(name: str) -> None:
    for resource in resources(CHARTS[name]):
        assert [label["code"] for label in resource["meta"]["security"]] == ["HTEST"]
        assert {entry["family"] for entry in resource.get("name", ())} <= {"Demo"}


def test_no_two_patients_share_a_name() -> None:
    names = Counter(one["name"][0]["text"] for one in EVERY if one["resourceType"] == "Patient")
    assert set(names.values()) == {1}
    assert len(names) >= 18


def test_clinical_codes_are_rows_of_the_code_table_with_their_display() -> None:
    with CODES.open(encoding="utf-8", newline="") as table:
        rows = {(row["system"], row["code"]): row["display"] for row in csv.DictReader(table)}
    found = [node for node in nodes(EVERY) if str(node.get("system", "")).startswith(CLINICAL) and "display" in node]
    assert len(found) > 300
    unknown = [node for node in found if (node["system"], node["code"]) not in rows]
    assert unknown == []


def codes_of(resource: Json, element: str) -> set[str]:
    value = resource.get(element)
    return {coding["code"] for node in nodes(value) for coding in node.get("coding", ())}


@pytest.mark.parametrize(
    ("what", "found"),
    [
        ("problems that are over", [c for c in EVERY if "resolved" in codes_of(c, "clinicalStatus")]),
        ("refuted problems", [c for c in EVERY if "refuted" in codes_of(c, "verificationStatus")]),
        ("mistaken entries", [c for c in EVERY if "entered-in-error" in codes_of(c, "verificationStatus")]),
        ("encounter diagnoses", [c for c in EVERY if "encounter-diagnosis" in codes_of(c, "category")]),
        ("contained products", [m for m in EVERY if m["resourceType"] == "MedicationRequest" and "contained" in m]),
        ("separate products", [m for m in EVERY if m["resourceType"] == "Medication"]),
        ("drugs the patient tells of", [m for m in EVERY if m["resourceType"] == "MedicationStatement"]),
        ("drugs by text only", [m for m in EVERY if set(m.get("medicationCodeableConcept", ())) == {"text"}]),
        ("proposals", [m for m in EVERY if m.get("intent") == "proposal"]),
        ("blood pressure panels", [o for o in EVERY if len(o.get("component", ())) == 2]),
        ("laboratory values with their range", [o for o in EVERY if "referenceRange" in o]),
        ("allergies", [a for a in EVERY if a["resourceType"] == "AllergyIntolerance"]),
        ("procedures not done", [p for p in EVERY if p.get("status") == "not-done"]),
        ("open referrals", [s for s in EVERY if s["resourceType"] == "ServiceRequest" and s["status"] == "active"]),
        ("relatives", [f for f in EVERY if f["resourceType"] == "FamilyMemberHistory"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_charts_hold_what_real_charts_hold(what: str, found: list[Json]) -> None:
    assert found, what


def test_the_readme_of_the_demonstration_names_every_chart() -> None:
    assert [name for name in chart_files() if f"`{name}`" not in README] == []
