"""compose_cards(): how many cards, in which order, how urgent, under which identity (card-style rules 1, 2, 22)."""

from dataclasses import replace
from typing import Any

import pytest

from cards.compose import compose_cards
from cards.model import Card
from cards.request_facts import RequestFacts
from tests.unit.treatment_algorithm.patients import (
    ADULT,
    TODAY,
    allergy,
    condition,
    drug,
    features,
    measured,
    order,
)
from treatment_algorithm.assess import assess
from treatment_algorithm.features import Group, OrderReason, PatientFact
from treatment_algorithm.knowledge_base import KnowledgeBase
from treatment_algorithm.partial_date import PartialDate

DM = condition("dermatomyositis", on="2019-03-01")
LOCAL = condition("calcinosis_cutis", on="2026-10-20", body_sites=("elbow",))
PAIN = measured("pain_severity_0_10", 6)
VITALS = (measured("heart_rate", 66), measured("systolic_bp", 124))
REQUEST = RequestFacts(
    service_id="calcinosis",
    hook_instance="call",
    patient_id="p",
    user_id="Practitioner/d",
    encounter_id="e",
    base_url="https://cds.example.org",
    derive_uuid=lambda *parts: "/".join(parts),
)


def cards(
    knowledge: KnowledgeBase, *facts: Any, hook: str = "patient-view", request: RequestFacts = REQUEST, **more: Any
) -> tuple[Card, ...]:
    return compose_cards(assess(features(*facts, **more), knowledge, hook, TODAY), knowledge, request)


def resources(found: tuple[Card, ...]) -> list[dict[str, Any]]:
    suggestions = [suggestion for card in found for suggestion in card.suggestions or []]
    return [a.resource for suggestion in suggestions for a in suggestion.actions or [] if a.resource is not None]


def drafted(found: tuple[Card, ...]) -> list[str]:
    return [
        resource["medicationCodeableConcept"]["text"]
        for resource in resources(found)
        if resource["resourceType"] == "MedicationRequest"
    ]


def test_disease_control_stands_before_local_treatment(knowledge: KnowledgeBase) -> None:
    topics = [card.source.topic.code for card in cards(knowledge, LOCAL, PAIN, DM) if card.source.topic]
    assert topics == ["sc-active", "sc-local"]


def test_critical_stands_before_warning_before_info(knowledge: KnowledgeBase) -> None:
    orders = [
        order("probenecid", reason=OrderReason.CALCINOSIS),
        order("warfarin", reason=OrderReason.CALCINOSIS),
        order("diltiazem"),
    ]
    found = cards(knowledge, LOCAL, DM, condition("av_block_second_degree"), *orders, hook="order-select")
    assert [card.indicator for card in found] == ["critical", "warning", "info"]


@pytest.mark.parametrize(
    ("facts", "indicator"),
    [
        ([condition("av_block_third_degree")], "critical"),  # a labelled contraindication whose source was read
        ([allergy("diltiazem")], "critical"),  # decision 13
        ([drug("metoprolol")], "warning"),
        ([measured("heart_rate", 45)], "warning"),  # suppressed, but only in some countries
    ],
)
def test_the_worst_finding_decides_the_indicator(knowledge: KnowledgeBase, facts: list[Any], indicator: str) -> None:
    (card,) = cards(knowledge, LOCAL, DM, *facts, order("diltiazem"), hook="order-select")
    assert card.indicator == indicator


def test_a_contraindication_whose_source_nobody_read_is_a_warning(knowledge: KnowledgeBase) -> None:
    """Decision 13."""
    unread = tuple(
        rule.model_copy(update={"mark": "unverified"}) if rule.id == "SAFE-DILT-AVB" else rule
        for rule in knowledge.safety_rules
    )
    facts = (LOCAL, DM, condition("av_block_third_degree"), order("diltiazem"))
    (card,) = cards(replace(knowledge, safety_rules=unread, rules_by_drug={}), *facts, hook="order-select")
    assert card.indicator == "warning"


def test_a_card_names_every_reason_and_the_worst_first(knowledge: KnowledgeBase) -> None:
    facts = (LOCAL, DM, condition("av_block_third_degree"), drug("metoprolol"), order("diltiazem"))
    (card,) = cards(knowledge, *facts, hook="order-select")
    assert card.extension is not None
    rules = card.extension["org.example.calcinosis-cds"]["rules"]
    assert rules[:3] == ["OS-DILT", "SAFE-DILT-AVB", "SAFE-DILT-BB"]


def test_an_uuid_depends_on_service_call_and_patient(knowledge: KnowledgeBase) -> None:
    """Decision 20."""
    (card, *_) = cards(knowledge, LOCAL, PAIN, DM)
    assert card.uuid.startswith("card/calcinosis/call/p/")
    assert card.suggestions is not None
    assert all(card.uuid in suggestion.uuid for suggestion in card.suggestions)


def test_diltiazem_is_drafted_for_an_adult_with_its_checks(knowledge: KnowledgeBase) -> None:
    """Decision 31."""
    assert drafted(cards(knowledge, LOCAL, PAIN, DM, *VITALS)) == ["diltiazem"]


@pytest.mark.parametrize(
    ("facts", "more"),
    [
        ([], {}),  # no heart rate and blood pressure
        ([*VITALS], {"patient": PatientFact(birth=PartialDate(2012))}),
        ([*VITALS], {"patient": PatientFact()}),
        ([*VITALS], {"open_groups": [Group.ALLERGIES]}),
        ([*VITALS, drug("metoprolol")], {}),
        ([*VITALS, allergy("diltiazem")], {}),
        ([*VITALS, drug("diltiazem")], {}),
        ([*VITALS, order("diltiazem", selected=False)], {}),
    ],
)
def test_diltiazem_is_not_drafted_otherwise(knowledge: KnowledgeBase, facts: list[Any], more: dict[str, Any]) -> None:
    """Decisions 6, 19, 31, D-15."""
    assert drafted(cards(knowledge, LOCAL, PAIN, DM, *facts, **more)) == []


def test_a_draft_carries_the_date_of_today_and_no_dose(knowledge: KnowledgeBase) -> None:
    found = cards(knowledge, LOCAL, PAIN, DM, *VITALS)
    assert {resource["authoredOn"] for resource in resources(found)} == {"2026-11-22"}
    assert not any("dosageInstruction" in resource for resource in resources(found))


@pytest.mark.parametrize(
    ("user", "written"), [("PractitionerRole/r", True), ("Patient/p", False), ("RelatedPerson/x", False)]
)
def test_the_requester_is_a_prescriber_or_nobody(knowledge: KnowledgeBase, user: str, written: bool) -> None:
    """card-style rule 21."""
    found = cards(knowledge, LOCAL, PAIN, DM, request=replace(REQUEST, user_id=user, encounter_id=None))
    assert resources(found)
    assert all(("requester" in resource) is written for resource in resources(found))
    assert not any("encounter" in resource for resource in resources(found))


def test_a_reason_reference_is_a_condition_of_the_chart_or_left_out(knowledge: KnowledgeBase) -> None:
    odd = replace(LOCAL, proof=replace(LOCAL.proof, reference="Condition/not an id"))
    for fact, written in ((LOCAL, True), (odd, False)):
        drafts = resources(cards(knowledge, fact, PAIN))
        assert drafts
        assert all(("reasonReference" in draft) is written for draft in drafts)


def test_a_group_that_could_not_be_read_is_named(knowledge: KnowledgeBase) -> None:
    """Decision 6."""
    (card, *_) = cards(knowledge, LOCAL, DM, patient=ADULT, open_groups=[Group.ALLERGIES])
    assert "**Could not be read:** allergies (only in part)." in card.detail
