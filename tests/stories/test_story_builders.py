"""The builders: one story becomes a hook request of valid FHIR R4, and features that say the same."""

from collections.abc import Iterator
from datetime import date
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from tests.support.broken_entries import RESOURCE_TYPES, broken_entry
from tests.support.features_builder import build_features
from tests.support.fhir_builder import build_request, chart_resources
from tests.support.story import Story
from tests.support.story_files import read_stories
from treatment_algorithm.concept_table import ConceptTable, load_concepts
from treatment_algorithm.features import (
    ConditionStanding,
    DrugStanding,
    Group,
    OrderReason,
    PatientFeatures,
    Severity,
    StopReason,
)
from treatment_algorithm.partial_date import PartialDate

TODAY = date(2026, 11, 22)
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
RICH = (Path(__file__).parent / "rich" / "rich.yaml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def table() -> ConceptTable:
    return load_concepts(files("treatment_algorithm") / "knowledge" / "concepts")


@pytest.fixture
def story() -> Story:
    (story,) = read_stories(RICH, "rich.yaml")
    return story


@pytest.fixture
def body(story: Story, table: ConceptTable) -> dict[str, Any]:
    return build_request(story, table, TODAY)


@pytest.fixture
def features(story: Story, table: ConceptTable) -> PatientFeatures:
    return build_features(story, table, TODAY)


def all_resources(story: Story, table: ConceptTable, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield body["prefetch"]["patient"]
    yield from (entry["resource"] for entry in body["context"]["draftOrders"]["entry"] if entry and "resource" in entry)
    for resources in chart_resources(story, table).values():
        yield from resources


def test_everything_that_is_not_broken_on_purpose_is_valid_fhir_r4(
    story: Story, table: ConceptTable, body: dict[str, Any]
) -> None:
    kinds = set()
    for resource in all_resources(story, table, body):
        kind = resource["resourceType"]
        if str(resource["id"]).startswith("broken"):
            continue
        getattr(import_module(f"fhir.resources.R4B.{kind.lower()}"), kind).model_validate(resource)
        kinds.add(kind)
    assert kinds == {"Patient", *RESOURCE_TYPES.values()}


def test_the_same_story_gives_the_same_request(story: Story, table: ConceptTable, body: dict[str, Any]) -> None:
    assert build_request(story, table, TODAY) == body


def test_a_missing_group_is_left_out_of_prefetch_and_of_the_features(
    body: dict[str, Any], features: PatientFeatures
) -> None:
    assert "allergies" not in body["prefetch"]
    assert features.allergies == ()
    assert not features.groups[Group.ALLERGIES].obtained


def test_a_group_that_was_cut_short_has_a_next_page(body: dict[str, Any], features: PatientFeatures) -> None:
    procedures = body["prefetch"]["procedures"]
    assert [link["relation"] for link in procedures["link"]] == ["next"]
    assert procedures["total"] > len(procedures["entry"])
    assert features.groups[Group.PROCEDURES].obtained
    assert not features.groups[Group.PROCEDURES].closed


def test_unreadable_entries_stand_beside_the_readable_ones(body: dict[str, Any], features: PatientFeatures) -> None:
    entries = body["prefetch"]["medications"]["entry"]
    assert len(entries) == 5 + 5
    assert features.groups[Group.MEDICATIONS].unreadable == 5
    assert len([issue for issue in features.issues if issue.kind == "unreadable"]) == 6


@pytest.mark.parametrize("group", list(Group))
def test_unreadable_entries_are_broken_in_five_ways(group: Group) -> None:
    ways = [repr(broken_entry(group, number)).replace(str(number), "") for number in range(5)]
    assert len(set(ways)) == 5


def test_drugs_are_sent_as_products_and_an_unknown_route_as_the_ingredient(story: Story, table: ConceptTable) -> None:
    drugs = {drug["id"]: drug for drug in chart_resources(story, table)[Group.MEDICATIONS]}
    displays = {key: drug["medicationCodeableConcept"]["coding"][0] for key, drug in drugs.items()}
    assert {coding["system"] for coding in displays.values()} == {RXNORM}
    assert "MG" in displays["m-3"]["display"]
    assert displays["m-6"]["display"].lower() == "simvastatin"


def test_systolic_and_diastolic_pressure_of_a_day_are_one_panel(story: Story, table: ConceptTable) -> None:
    panels = [item for item in chart_resources(story, table)[Group.OBSERVATIONS] if "component" in item]
    assert [panel["code"]["coding"][0]["code"] for panel in panels] == ["85354-9"]
    values = [part["valueQuantity"]["value"] for panel in panels for part in panel["component"]]
    assert values == [124, 72]


def test_a_name_is_sent_without_any_coding(story: Story, table: ConceptTable, features: PatientFeatures) -> None:
    named = chart_resources(story, table)[Group.CONDITIONS][2]
    assert named["code"] == {"text": "Dystrophic calcinosis, both thighs"}
    assert [fact.proof.reference for fact in features.conditions if fact.proof.by_name] == ["Condition/c-3"]


def test_selections_name_the_selected_drafts(body: dict[str, Any], features: PatientFeatures) -> None:
    selected = ["MedicationRequest/draft-1", "ServiceRequest/cut-1", "MedicationRequest/draft-4"]
    assert body["context"]["selections"] == selected
    assert [order.reference for order in features.orders if order.selected] == selected


def test_the_features_say_what_the_story_says(features: PatientFeatures) -> None:
    juvenile, calcinosis, by_name, gout = features.conditions
    assert juvenile.concepts == {"juvenile_dermatomyositis"}
    assert (juvenile.standing, juvenile.onset) == (ConditionStanding.REMISSION, PartialDate(2003))
    assert (calcinosis.severity, calcinosis.body_sites) == (Severity.SEVERE, ("elbow", "knee"))
    assert calcinosis.cues == {"ulcerated", "severe"}
    assert by_name.concepts == calcinosis.concepts == {"calcinosis_cutis"}
    assert gout.standing is ConditionStanding.PAST


def test_the_drugs_keep_their_end_their_reason_and_their_dose(features: PatientFeatures) -> None:
    drugs = {next(iter(sorted(drug.concepts))): drug for drug in features.medications}
    assert set(drugs) == {"methotrexate", "mycophenolate", "prednisolone", "metoprolol", "simvastatin"}
    assert drugs["methotrexate"].stop_reason is StopReason.FAILED
    assert drugs["methotrexate"].end == PartialDate(2025, 3, 1)
    assert drugs["methotrexate"].route == "subcutaneous"
    assert drugs["mycophenolate"].stop_reason is StopReason.NOT_USABLE
    assert drugs["mycophenolate"].proof.reference == "MedicationStatement/m-2"
    assert (drugs["prednisolone"].daily_mg, drugs["prednisolone"].route) == (20, "oral")
    assert drugs["prednisolone"].reasons == {"calcinosis_cutis"}
    assert drugs["metoprolol"].standing is DrugStanding.ON_HOLD
    assert drugs["simvastatin"].route is None


def test_the_orders_keep_their_reason_and_their_raw_draft(body: dict[str, Any], features: PatientFeatures) -> None:
    diltiazem, warfarin, excision, colchicine, unreadable = features.orders
    assert (diltiazem.reason, diltiazem.duration_days, diltiazem.daily_mg) == (OrderReason.CALCINOSIS, 84, 180)
    assert (warfarin.reason, warfarin.selected) == (OrderReason.OTHER, False)
    assert excision.reason is OrderReason.UNKNOWN
    assert colchicine.by_name
    assert (unreadable.unreadable, unreadable.concepts) == (True, frozenset())
    first = body["context"]["draftOrders"]["entry"][0]["resource"]
    assert features.drafts["MedicationRequest/draft-1"] == first
    assert first["reasonReference"] == [{"reference": "Condition/c-2"}]


def test_what_was_not_done_or_does_not_hold_is_no_fact(features: PatientFeatures, table: ConceptTable) -> None:
    assert [fact.concepts for fact in features.procedures] == [{"electrocardiogram"}]
    text = RICH.replace("missing: [allergies]", "missing: []").replace(
        "- {is: sulfite_allergen}",
        "- {is: warfarin, verification: refuted}\n"
        "    - {is: probenecid, status: resolved}\n"
        "    - {is: sulfite_allergen}",
    )
    (story,) = read_stories(text, "rich.yaml")
    allergies = build_features(story, table, TODAY).allergies
    assert [(fact.concepts, fact.mild_intolerance) for fact in allergies] == [
        (frozenset({"diltiazem"}), True),
        (frozenset({"sulfite_allergen"}), False),
    ]
