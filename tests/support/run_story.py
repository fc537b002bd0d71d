"""Runs a story through the service, twice: through the pure functions and through HTTP; one Outcome for both."""

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any

import msgspec
from starlette.testclient import TestClient

from cards.compose import compose_cards
from cards.request_facts import RequestFacts
from cds_service.identity import derive_uuid
from tests.support.features_builder import build_features
from tests.support.fhir_builder import build_request
from tests.support.story import Story
from tests.support.story_outcome import Outcome
from tests.support.story_references import ENCOUNTER_ID, PATIENT_ID, USER
from treatment_algorithm.assess import assess
from treatment_algorithm.knowledge_base import KnowledgeBase

TODAY = date(2026, 11, 22)
"""The day on which every story and every worked card happens."""


def run_pure(story: Story, knowledge: KnowledgeBase) -> Outcome:
    """The story as PatientFeatures through assess and compose_cards: no FHIR, no HTTP."""
    features = build_features(story, knowledge.concepts, TODAY)
    assessment = assess(features, knowledge, story.hook, TODAY)
    cards = compose_cards(assessment, knowledge, _request_facts(story))
    return _outcome(
        {rule.rule_id: rule.truth.value for rule in assessment.rules},
        msgspec.json.decode(msgspec.json.encode(cards)),
    )


def _request_facts(story: Story) -> RequestFacts:
    return RequestFacts(
        service_id=f"calcinosis-{story.hook}",
        hook_instance=story.id,
        patient_id=PATIENT_ID,
        user_id=USER,
        encounter_id=ENCOUNTER_ID,
        base_url="https://cds.example.org",
        derive_uuid=partial(derive_uuid, b"stories"),
    )


def run_http(story: Story, client: TestClient, knowledge: KnowledgeBase) -> Outcome:
    """The story as a hook request: cards from the service of its hook, rules from the trace, which must agree."""
    body = build_request(story, knowledge.concepts, TODAY)
    answer = client.post(f"/cds-services/calcinosis-{story.hook}", json=body)
    if answer.status_code != 200:
        return Outcome(frozenset(), frozenset(), frozenset(), (), answer.status_code)
    trace = client.post("/api/evaluate", json=body).json()
    assert trace["cards"] == answer.json()["cards"]
    return _outcome({rule["id"]: rule["result"] for rule in trace["rules"]}, answer.json()["cards"])


def _outcome(results: Mapping[str, str], cards: Any) -> Outcome:
    def having(result: str) -> frozenset[str]:
        return frozenset(rule for rule, found in results.items() if found == result)

    return Outcome(having("yes"), having("no"), having("unknown"), tuple(cards))
