"""assess() at the order hooks: which selected order gets a card (evidence.md 2.5; decisions 13, 35, 36, D-5)."""

from typing import Any

from tests.unit.treatment_algorithm.patients import TODAY, Clinic, condition, drug, features, measured, order
from treatment_algorithm.assess import assess
from treatment_algorithm.assessment import OrderCard
from treatment_algorithm.features import Group, OrderReason

CALCINOSIS = condition("calcinosis_cutis", on="2026-10-20")
ADULT_DM = condition("dermatomyositis", on="2019-03-01")
SSC = condition("systemic_sclerosis", on="2015-01-01")
CRITICAL = (CALCINOSIS, ADULT_DM, condition("av_block_second_degree"))


def order_cards(clinic: Clinic, *facts: Any, hook: str = "order-select", **more: Any) -> list[OrderCard]:
    assessment = assess(features(*facts, **more), clinic.knowledge, hook, TODAY)
    return [card for card in assessment.cards if isinstance(card, OrderCard)]


def test_only_selected_orders_are_judged(clinic: Clinic) -> None:
    """card-style rule 2."""
    (card,) = order_cards(clinic, *CRITICAL, order("diltiazem"), order("warfarin", selected=False))
    assert card.drug == "diltiazem"
    assert order_cards(clinic, *CRITICAL, order("diltiazem", selected=False)) == []


def test_two_selected_orders_get_a_card_each(clinic: Clinic) -> None:
    warfarin = order("warfarin", reason=OrderReason.CALCINOSIS)
    assert [card.drug for card in order_cards(clinic, *CRITICAL, order("diltiazem"), warfarin)] == [
        "diltiazem",
        "warfarin",
    ]


def test_without_calcinosis_or_dermatomyositis_an_order_gets_no_card(clinic: Clinic) -> None:
    """Decision 35."""
    block = condition("av_block_second_degree")
    assert order_cards(clinic, block, order("diltiazem")) == []
    assert order_cards(clinic, block, SSC, order("diltiazem")) == []
    assert len(order_cards(clinic, block, ADULT_DM, order("diltiazem"))) == 1


def test_a_reason_elsewhere_leaves_only_what_suppresses(clinic: Clinic) -> None:
    """Decision 35."""
    elsewhere = order("diltiazem", reason=OrderReason.OTHER)
    assert order_cards(clinic, CALCINOSIS, ADULT_DM, drug("metoprolol"), elsewhere) == []
    assert len(order_cards(clinic, *CRITICAL, elsewhere)) == 1
    assert len(order_cards(clinic, CALCINOSIS, ADULT_DM, drug("metoprolol"), order("diltiazem"))) == 1


def test_an_order_for_the_disease_itself_points_not_elsewhere(clinic: Clinic) -> None:
    draft = order("prednisolone", reason=OrderReason.OTHER, reasons=frozenset({"dermatomyositis"}))
    (card,) = order_cards(clinic, ADULT_DM, draft)
    assert card.rule is not None
    assert card.rule.id == "OS-CS"


def test_a_safe_sensible_order_gets_no_card(clinic: Clinic) -> None:
    """D-5."""
    vitals = (measured("heart_rate", 66), measured("systolic_bp", 124))
    assert order_cards(clinic, CALCINOSIS, ADULT_DM, *vitals, order("diltiazem")) == []


def test_a_group_that_was_not_read_completely_makes_silence_a_could_not_check(clinic: Clinic) -> None:
    vitals = (measured("heart_rate", 66), measured("systolic_bp", 124))
    (card,) = order_cards(clinic, CALCINOSIS, ADULT_DM, *vitals, order("diltiazem"), open_groups=[Group.MEDICATIONS])
    assert card.could_not_check


def test_signing_shows_warnings_only(clinic: Clinic) -> None:
    """Decision 36."""
    probenecid = order("probenecid", reason=OrderReason.CALCINOSIS)
    warfarin = order("warfarin", reason=OrderReason.CALCINOSIS)
    assert len(order_cards(clinic, CALCINOSIS, ADULT_DM, probenecid)) == 1
    assert order_cards(clinic, CALCINOSIS, ADULT_DM, probenecid, hook="order-sign") == []
    assert len(order_cards(clinic, CALCINOSIS, ADULT_DM, warfarin, hook="order-sign")) == 1
