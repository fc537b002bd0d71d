"""The requests of the worked cards: complete CDS Hooks bodies, valid FHIR R4, true to what card-style.md says."""

import csv
from collections.abc import Iterator
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.support.worked_cards import EXAMPLES, TEMPLATES, expected_cards, request
from treatment_algorithm.partial_date import years_between

ALL = (*EXAMPLES, *TEMPLATES)
CODES = Path(__file__).parents[2] / "treatment_algorithm" / "knowledge" / "concepts" / "codes.csv"
# Decision 10.
PREFETCH_KEYS = {
    "patient": "Patient",
    "conditions": "Condition",
    "medications": "MedicationRequest",
    "statements": "MedicationStatement",
    "allergies": "AllergyIntolerance",
    "procedures": "Procedure",
    "observations": "Observation",
    "referrals": "ServiceRequest",
}
AGES = {"1": 9, "2": 52, "2b": 52, "3": 54, "4": 61, "5": 47, "6": 15, "6b": 22, "7": 11}


def resources(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every resource of a request, the Bundles and the patient among them."""
    bundles = [value for value in body["prefetch"].values() if value["resourceType"] == "Bundle"]
    yield body["prefetch"]["patient"]
    for bundle in [*bundles, *([body["context"]["draftOrders"]] if "draftOrders" in body["context"] else [])]:
        yield bundle
        yield from (entry["resource"] for entry in bundle.get("entry", ()))


def codings(node: Any) -> Iterator[dict[str, str]]:
    """Every coding anywhere in a request."""
    if isinstance(node, list):
        for item in node:
            yield from codings(item)
    elif isinstance(node, dict):
        yield from node.get("coding", ())
        for value in node.values():
            yield from codings(value)


@pytest.mark.parametrize("example", ALL)
def test_every_resource_is_valid_fhir_r4(example: str) -> None:
    for resource in resources(request(example)):
        kind = resource["resourceType"]
        model = getattr(import_module(f"fhir.resources.R4B.{kind.lower()}"), kind)
        assert model.model_validate(resource).id == resource.get("id")


@pytest.mark.parametrize("example", ALL)
def test_every_prefetch_key_is_there_with_its_own_resources(example: str) -> None:
    prefetch = request(example)["prefetch"]
    assert set(prefetch) == set(PREFETCH_KEYS)
    for key, kind in PREFETCH_KEYS.items():
        if key != "patient":
            entries = prefetch[key].get("entry", [])
            assert prefetch[key]["type"] == "searchset"
            assert prefetch[key]["total"] == len(entries)
            assert {entry["resource"]["resourceType"] for entry in entries} <= {kind}


@pytest.mark.parametrize("example", ALL)
def test_everything_belongs_to_the_patient_of_the_stated_age(example: str) -> None:
    body = request(example)
    patient = body["prefetch"]["patient"]
    assert patient["id"] == body["context"]["patientId"]
    assert years_between(date.fromisoformat(patient["birthDate"]), date(2026, 11, 22)) == AGES[example]
    subjects = {resource["subject"]["reference"] for resource in resources(body) if "subject" in resource}
    assert subjects == {f"Patient/{patient['id']}"}


@pytest.mark.parametrize("example", ALL)
def test_clinical_codes_are_rows_of_the_code_table_with_their_display(example: str) -> None:
    with CODES.open(encoding="utf-8", newline="") as table:
        rows = {(row["system"], row["code"], row["display"]) for row in csv.DictReader(table)}
    clinical = [
        coding for coding in codings(request(example)) if not coding["system"].startswith("http://terminology.hl7.org")
    ]
    assert clinical
    assert [coding for coding in clinical if (coding["system"], coding["code"], coding["display"]) not in rows] == []


@pytest.mark.parametrize("example", EXAMPLES)
def test_what_the_printed_card_rests_on_is_in_the_request(example: str) -> None:
    body = request(example)
    there = {f"{resource['resourceType']}/{resource['id']}" for resource in resources(body) if "id" in resource}
    for card in expected_cards(example):
        (extension,) = card["extension"].values()
        assert set(extension["basis"]) <= there


@pytest.mark.parametrize("example", ["4", "5", "6", "6b"])
def test_order_select_names_its_only_draft_order(example: str) -> None:
    body = request(example)
    (entry,) = body["context"]["draftOrders"]["entry"]
    assert body["hook"] == "order-select"
    assert body["context"]["selections"] == [f"MedicationRequest/{entry['resource']['id']}"]


@pytest.mark.parametrize("example", ALL)
def test_the_encounter_is_the_one_of_the_printed_drafts(example: str) -> None:
    body = request(example)
    assert body["context"]["encounterId"] == {"2b": "e-112", "6b": "e-116"}.get(example, f"e-10{example}")
    assert "fhirServer" not in body
