"""Decision 7 over whole charts: the slim reader and one on fhir.resources R4B give the same features.

The charts are those of all demo requests and all stories; values of the prefetch that are no valid FHIR R4 (they are
there to be broken) stay as they are for both readers.
"""

import asyncio
import json
import math
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.patient import Patient
from pydantic import ValidationError

from cds_service.ehr.prefetch import gather
from cds_service.hook_request import decode
from fhir_mappings.bundle_reader import PREFETCH_KEYS
from fhir_mappings.feature_mapping import map_features
from tests.stories.test_stories_are_read_alike import READABLE
from tests.support.fhir_builder import build_request
from treatment_algorithm.features import PatientFeatures
from treatment_algorithm.knowledge_base import KnowledgeBase

REQUESTS = sorted((Path(__file__).parents[2] / "demo" / "hook-requests").glob("*.json"))
MODELS: dict[str, Any] = {"Bundle": Bundle, "Patient": Patient}


@cache
def _typed(written: str) -> str:
    """JSON as fhir.resources understands it: every element typed by its R4B model, then written out again."""
    model = MODELS[json.loads(written)["resourceType"]]
    try:
        return str(model.model_validate_json(written).model_dump_json(exclude_none=True))
    except ValidationError:
        return written


def through_fhir_resources(value: Any) -> Any:
    typed = isinstance(value, dict) and value.get("resourceType") in MODELS
    return json.loads(_typed(json.dumps(value))) if typed else value


def features_of(body: dict[str, Any], knowledge: KnowledgeBase, today: date) -> PatientFeatures:
    request = decode(msgspec.json.encode(body))
    chart = asyncio.run(gather(request, dict.fromkeys(PREFETCH_KEYS, ""), None, math.inf))
    return map_features(chart, request.context.selections, knowledge.concepts, knowledge.cues, today)


def agree(body: dict[str, Any], knowledge: KnowledgeBase, today: date) -> bool:
    prefetch = {key: through_fhir_resources(value) for key, value in body["prefetch"].items()}
    return features_of(body | {"prefetch": prefetch}, knowledge, today) == features_of(body, knowledge, today)


@pytest.mark.parametrize("file", REQUESTS, ids=lambda file: file.name)
def test_both_readers_give_the_same_features_of_a_demo_request(
    file: Path, knowledge: KnowledgeBase, today: date
) -> None:
    assert agree(json.loads(file.read_bytes()), knowledge, today)


def test_both_readers_give_the_same_features_of_every_story(knowledge: KnowledgeBase, today: date) -> None:
    bodies = {story.id: build_request(story, knowledge.concepts, today) for story in READABLE}
    assert [name for name, body in bodies.items() if not agree(body, knowledge, today)] == []


def test_nearly_every_value_of_the_demo_requests_is_valid() -> None:
    """Else both readers would be given the same bytes, and agree on nothing."""
    values = [value for file in REQUESTS for value in json.loads(file.read_bytes())["prefetch"].values() if value]
    valid = [value for value in values if value.get("resourceType") in MODELS and not _refused(value)]
    assert len(valid) >= 0.95 * len(values) > 0


def _refused(value: Any) -> bool:
    try:
        MODELS[value["resourceType"]].model_validate(value)
    except ValidationError:
        return True
    return False
