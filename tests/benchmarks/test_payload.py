"""The payloads of the benchmark: valid FHIR R4, the same bytes each time, and answered with the expected cards."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.patient import Patient
from starlette.testclient import TestClient

from benchmarks.chart_resources import CONDITIONS, DILTIAZEM, MEASUREMENTS, MEDICATIONS
from benchmarks.payload import order_select, patient_view
from treatment_algorithm.knowledge_base import KnowledgeBase

Json = dict[str, Any]
JSON = {"Content-Type": "application/json"}


def _bundles(body: Json) -> Iterator[Json]:
    yield from (value for value in body["prefetch"].values() if value["resourceType"] == "Bundle")
    if "draftOrders" in body["context"]:
        yield body["context"]["draftOrders"]


def _cards(client: TestClient, service_id: str, body: bytes) -> list[Json]:
    answer = client.post(f"/cds-services/{service_id}", content=body, headers=JSON)
    assert answer.status_code == 200
    cards: list[Json] = answer.json()["cards"]
    return cards


def _rules(card: Json) -> list[str]:
    (extension,) = card["extension"].values()
    rules: list[str] = extension["rules"]
    return rules


@pytest.mark.parametrize("build", [patient_view, order_select])
def test_every_resource_is_valid_fhir(build: Callable[[int], bytes]) -> None:
    """With fhir.resources R4B, every entry of every Bundle (decision 7); 50 entries show every variant."""
    body = json.loads(build(50))
    Patient.model_validate(body["prefetch"]["patient"])
    for bundle in _bundles(body):
        Bundle.model_validate(bundle)


@pytest.mark.parametrize("entries", [5, 50, 500])
def test_a_patient_view_holds_the_patient_and_three_times_the_entries(entries: int) -> None:
    """performance.md, method: 1 Patient and N of each of the three types."""
    prefetch = json.loads(patient_view(entries))["prefetch"]
    for key in ("conditions", "medications", "observations"):
        assert len(prefetch[key]["entry"]) == prefetch[key]["total"] == entries
        assert len({entry["resource"]["id"] for entry in prefetch[key]["entry"]}) == entries


@pytest.mark.parametrize("entries", [5, 50])
def test_a_resource_is_as_long_as_a_real_one(entries: int) -> None:
    """performance.md, method: 1.8 to 2.8 kB a resource on average."""
    assert 1800 < len(patient_view(entries)) / (1 + 3 * entries) < 2800


def test_the_token_is_as_long_as_a_signed_one() -> None:
    """performance.md, method: 1.2 kB."""
    assert len(json.loads(patient_view(5))["fhirAuthorization"]["access_token"]) == 1200


def test_the_same_arguments_give_the_same_bytes() -> None:
    """Otherwise two runs could not be compared."""
    assert patient_view(50) == patient_view(50)
    assert order_select(50) == order_select(50)


def test_the_codes_are_those_of_the_concept_table(knowledge: KnowledgeBase) -> None:
    """They are copied into the benchmark, so the copy is held against the table."""
    rows = [*(row for several in CONDITIONS for row in several), *MEDICATIONS, DILTIAZEM]
    rows += [row for row, _, _ in MEASUREMENTS]
    assert [row for row in rows if not knowledge.concepts.match(row[0], row[1])] == []


@pytest.mark.parametrize("entries", [5, 50, 500])
def test_the_chart_gets_the_card_of_active_disease_under_treatment(client: TestClient, entries: int) -> None:
    """Calcinosis in juvenile dermatomyositis under prednisolone and methotrexate: SC-ACTIVE (decision 15)."""
    (card,) = _cards(client, "calcinosis-patient-view", patient_view(entries))
    assert "SC-ACTIVE" in _rules(card)
    assert "methotrexate" in card["summary"].lower()


def test_diltiazem_beside_metoprolol_is_warned_of(client: TestClient) -> None:
    """SAFE-DILT-BB; the two other drafts are not selected and none of our drugs."""
    (card,) = _cards(client, "calcinosis-order-select", order_select(50))
    assert card["indicator"] == "warning"
    assert {"OS-DILT", "SAFE-DILT-BB"} <= set(_rules(card))
