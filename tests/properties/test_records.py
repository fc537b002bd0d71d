"""Whatever the chart holds: its record holds none of its ids, and gives the same cards again (goal G10)."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from cards.compose import compose_cards
from cards.normal_form import digest_of
from cards.request_facts import RequestFacts
from cds_service.decide import Decision
from cds_service.records.decision_record import (
    CallFacts,
    Words,
    decode_record,
    encode_record,
    record_decision,
    replayed,
)
from tests.properties.strategies import HOOKS, KNOWLEDGE, QUICK, TODAY, charts
from treatment_algorithm.assess import assess
from treatment_algorithm.feature_record import record_features
from treatment_algorithm.features import (
    ConditionFact,
    ConditionStanding,
    Group,
    GroupState,
    Issue,
    PatientFeatures,
    Proof,
)

BASE = "https://cds.example.org"
CALL = CallFacts("2026-11-22T09:00:00.000+00:00", "s", "h", "i", "p", "u", "0", {})
WORDS = Words()
_ID = "a-secret-id-of-the-chart"


def decided(features: PatientFeatures, hook: str, today: date = TODAY) -> Decision:
    """The decision on a chart, with uuids that no replay gives."""
    request = RequestFacts(
        "calcinosis", "h", "pat", "Practitioner/1", "enc", BASE, lambda *parts: f"{abs(hash(parts)):036x}"[:36]
    )
    assessment = assess(features, KNOWLEDGE, hook, today)
    return Decision(compose_cards(assessment, KNOWLEDGE, request), assessment, features)


def with_secret_ids(value: Any) -> Any:
    """The facts with every reference made recognisable."""
    raw = msgspec.to_builtins(replace(value, drafts={}), enc_hook=dict)

    def walk(node: Any) -> Any:
        if isinstance(node, dict):
            return {
                name: f"{member.partition('/')[0]}/{_ID}-{member.partition('/')[2]}"
                if name == "reference" and member
                else walk(member)
                for name, member in node.items()
            }
        return [walk(item) for item in node] if isinstance(node, list | tuple) else node

    return msgspec.convert(walk(raw), PatientFeatures)


@QUICK
@given(features=charts(), hook=st.sampled_from(HOOKS))
def test_a_record_gives_the_same_cards_again(features: PatientFeatures, hook: str) -> None:
    decision = decided(features, hook)
    call = replace(CALL, hook=hook)
    record = decode_record(encode_record(record_decision(call, decision, KNOWLEDGE, BASE, WORDS)))
    assessment, cards = replayed(record, KNOWLEDGE)
    assert digest_of(cards) == record.digest
    assert [rule.truth for rule in assessment.rules] == [rule.truth for rule in decision.assessment.rules]
    assert len(cards) == len(decision.cards)


@QUICK
@given(features=charts())
def test_a_record_holds_no_id_of_the_chart(features: PatientFeatures) -> None:
    recorded = record_features(with_secret_ids(features))
    assert _ID not in json.dumps(dict(recorded.features))
    assert not recorded.references or _ID in "".join(recorded.references)


def test_a_chart_with_a_group_that_was_not_obtained_and_a_body_site_has_a_record() -> None:
    # The issue of a whole group points to no entry, and a card about a body site is decided again from its record.
    calcinosis = ConditionFact(
        frozenset({"calcinosis_cutis"}), ConditionStanding.CURRENT, Proof("Condition/1"), body_sites=("Elbow",)
    )
    disease = ConditionFact(frozenset({"dermatomyositis"}), ConditionStanding.CURRENT, Proof("Condition/2"))
    features = PatientFeatures(
        conditions=(calcinosis, disease),
        groups={group: GroupState(obtained=group is not Group.ALLERGIES) for group in Group},
        issues=(Issue(Group.ALLERGIES, "", "client-error"),),
    )
    call, decision = replace(CALL, hook="patient-view"), decided(features, "patient-view")
    record = decode_record(encode_record(record_decision(call, decision, KNOWLEDGE, BASE, WORDS)))
    assert decision.cards
    assert record.features["issues"] == [{"group": "allergies", "reference": "", "kind": "client-error"}]
    assert digest_of(replayed(record, KNOWLEDGE)[1]) == record.digest
