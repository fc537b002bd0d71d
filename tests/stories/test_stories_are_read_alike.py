"""fhir_mappings makes of a story's FHIR chart what the story says: the two inputs of the algorithm are one."""

import asyncio
import math
from dataclasses import replace
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cds_service.ehr.prefetch import gather
from cds_service.hook_request import decode
from fhir_mappings.bundle_reader import PREFETCH_KEYS
from fhir_mappings.feature_mapping import map_features
from tests.support.features_builder import build_features
from tests.support.fhir_builder import build_request
from tests.support.story import Story
from tests.support.story_files import load_stories
from treatment_algorithm.concept_table import ConceptKind, ConceptTable, load_concepts
from treatment_algorithm.cues import Cues, load_cues
from treatment_algorithm.features import ConditionFact, PatientFeatures

PROJECT = Path(__file__).parents[2]
HERE = Path(__file__).parent
FOLDERS = (PROJECT / "treatment_algorithm" / "knowledge" / "stories", HERE / "samples", HERE / "rich")
READABLE = tuple(story for story in load_stories(FOLDERS) if story.expect.status == 200)
ASKED_FOR_CUES = {"calcinosis_cutis", "dermatomyositis", "amyopathic_dermatomyositis", "juvenile_dermatomyositis"}
FACTS = ("conditions", "medications", "measurements", "allergies", "procedures", "referrals", "orders")


@pytest.fixture(scope="module")
def concepts() -> ConceptTable:
    return load_concepts(files("treatment_algorithm") / "knowledge" / "concepts")


@pytest.fixture(scope="module")
def cues() -> Cues:
    return load_cues(files("treatment_algorithm") / "knowledge")


def read_features(story: Story, concepts: ConceptTable, cues: Cues, today: date) -> PatientFeatures:
    request = decode(msgspec.json.encode(build_request(story, concepts, today)))
    chart = asyncio.run(gather(request, dict.fromkeys(PREFETCH_KEYS, ""), None, math.inf))
    return map_features(chart, request.context.selections, concepts, cues, today)


def comparable(facts: tuple[Any, ...]) -> list[Any]:
    """Facts without what a story cannot tell and no rule asks.

    The reference of what could not be read: the ways of being broken leave different ones. Cues of conditions that
    are neither calcinosis nor dermatomyositis: "ulcer" stands in the display of the code of an ulcer.
    """

    def blank(fact: Any) -> Any:
        if isinstance(fact, ConditionFact) and not fact.concepts & ASKED_FOR_CUES:
            return replace(fact, cues=frozenset())
        return replace(fact, reference="", selected=False) if getattr(fact, "unreadable", False) else fact

    return [blank(fact) for fact in facts]


@pytest.mark.parametrize("story", [pytest.param(story, id=story.id) for story in READABLE])
def test_the_chart_is_read_as_the_story_tells_it(story: Story, concepts: ConceptTable, cues: Cues, today: date) -> None:
    told, read = build_features(story, concepts, today), read_features(story, concepts, cues, today)
    assert read.patient == told.patient
    for facts in FACTS:
        assert comparable(getattr(read, facts)) == comparable(getattr(told, facts)), facts
    assert {group: state.closed for group, state in read.groups.items()} == {
        group: state.closed for group, state in told.groups.items()
    }
    assert read.drafts == told.drafts


# How an entry of each kind stands in a story, and the group of facts that it becomes.
ENTRIES = {
    "condition": (ConceptKind.CONDITION, "conditions", {}),
    "drug": (ConceptKind.MEDICATION, "drugs", {}),
    "drug as statement": (ConceptKind.MEDICATION, "drugs", {"as": "statement"}),
    "ordered drug": (ConceptKind.MEDICATION, "orders", {}),
    "drug allergy": (ConceptKind.MEDICATION, "allergies", {}),
    "allergy class": (ConceptKind.ALLERGY_CLASS, "allergies", {}),
    "procedure": (ConceptKind.PROCEDURE, "procedures", {}),
    "referral": (ConceptKind.PROCEDURE, "referrals", {}),
}


@pytest.mark.parametrize(("kind", "member", "more"), list(ENTRIES.values()), ids=list(ENTRIES))
def test_every_concept_is_read_back_from_the_code_it_is_sent_with(
    kind: ConceptKind, member: str, more: dict[str, str], concepts: ConceptTable, cues: Cues, today: date
) -> None:
    # Look-alikes and drug classes are left out: their displays name the drug itself, which its name then adds.
    sent = [key for key, concept in concepts.concepts.items() if concept.kind is kind and not concept.lookalike]
    entries = [{"is": key} | more for key in sent if not key.startswith("class_")]
    story = Story.model_validate(
        {
            "id": "every-concept",
            "about": ["SC-ACTIVE"],
            "kind": "fires",
            "title": f"Every {kind.value} at once",
            "hook": "order-select" if member == "orders" else "patient-view",
            "patient": {"age": 40},
            member: entries,
            "expect": {},
        }
    )
    told, read = build_features(story, concepts, today), read_features(story, concepts, cues, today)
    facts = "medications" if member == "drugs" else member
    assert len(getattr(told, facts)) == len(entries) > 0
    assert [_concepts_and_route(fact) for fact in getattr(read, facts)] == [
        _concepts_and_route(fact) for fact in getattr(told, facts)
    ]
    assert not any(state.unreadable for state in read.groups.values())


def _concepts_and_route(fact: Any) -> tuple[frozenset[str], str | None]:
    return fact.concepts, getattr(fact, "route", None)
