"""Safety rules from their three sides, tier by tier (evidence.md 3; decisions 8, 13, 19, 35), and the draft gate."""

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.treatment_algorithm.patients import (
    ADULT,
    CHILD,
    Clinic,
    allergy,
    condition,
    drug,
    measured,
    order,
)
from treatment_algorithm.assess import answer_features
from treatment_algorithm.assessment import SafetyFinding, Side
from treatment_algorithm.case import Case
from treatment_algorithm.draft_gate import may_draft
from treatment_algorithm.features import Group, PatientFact
from treatment_algorithm.predicates import parse_predicate
from treatment_algorithm.safety import judge_drug, judge_partner


def answered(clinic: Clinic, *facts: Any, **more: Any) -> Case:
    return answer_features(clinic.case(*facts, **more), clinic.knowledge.features)


def findings(clinic: Clinic, name: str, side: Side, *facts: Any, **more: Any) -> dict[str, SafetyFinding]:
    judged = judge_drug(clinic.knowledge.safety_rules, name, side, answered(clinic, *facts, **more))
    return {finding.rule.id: finding for finding in judged}


def test_a_pair_rule_fires_for_a_suggested_drug_while_its_partner_is_current(clinic: Clinic) -> None:
    taken = drug("nifedipine")
    finding = findings(clinic, "diltiazem", Side.SUGGESTED, taken)["SAFE-DILT-DHP"]
    assert (finding.truth, finding.action, finding.partner) == ("yes", "warn", "nifedipine")
    assert finding.partner_proofs == (taken.proof,)


def test_a_pair_rule_counts_a_partner_that_is_only_drafted(clinic: Clinic) -> None:
    """Decision 35: either partner of a pair counts."""
    draft = order("nifedipine", selected=False)
    finding = findings(clinic, "diltiazem", Side.ORDERED, draft)["SAFE-DILT-DHP"]
    assert (finding.truth, finding.partner) == ("yes", "nifedipine")
    assert [proof.reference for proof in finding.partner_proofs] == [draft.reference]


@pytest.mark.parametrize(("open_groups", "truth"), [([], "no"), ([Group.MEDICATIONS], "unknown")])
def test_without_its_partner_a_pair_rule_is_no_or_unknown_and_does_nothing(
    clinic: Clinic, open_groups: list[Group], truth: str
) -> None:
    finding = findings(clinic, "diltiazem", Side.ORDERED, open_groups=open_groups)["SAFE-DILT-DHP"]
    assert (finding.truth, finding.action, finding.proofs) == (truth, None, ())


def test_a_partner_that_is_not_confirmed_still_fires(clinic: Clinic) -> None:
    """Decision 8: possibly present counts for safety."""
    fired = findings(clinic, "diltiazem", Side.ORDERED, drug("metoprolol", unconfirmed=True))["SAFE-DILT-BB"]
    assert fired.action == "warn"


def test_the_first_tier_that_is_yes_acts(clinic: Clinic) -> None:
    """SAFE-DILT-BRADY: below 40/min is both below 40 and below 50."""
    at = {
        rate: findings(clinic, "diltiazem", Side.ORDERED, measured("heart_rate", rate))["SAFE-DILT-BRADY"]
        for rate in (39, 45, 50)
    }
    assert [at[rate].action for rate in (39, 45, 50)] == ["suppress", "suppress-warning", None]


def test_a_later_tier_acts_when_the_first_ones_are_unknown(clinic: Clinic) -> None:
    """A pacemaker could not be looked up: the contraindication becomes a warning."""
    block = condition("av_block_second_degree")
    closed = findings(clinic, "diltiazem", Side.ORDERED, block)["SAFE-DILT-AVB"]
    unread = findings(clinic, "diltiazem", Side.ORDERED, block, open_groups=[Group.CONDITIONS])["SAFE-DILT-AVB"]
    assert (closed.action, unread.action) == ("suppress", "warn")


def test_the_chart_entry_that_made_it_fire_is_its_proof(clinic: Clinic) -> None:
    block = condition("av_block_third_degree")
    assert findings(clinic, "diltiazem", Side.ORDERED, block)["SAFE-DILT-AVB"].proofs == (block.proof,)


def test_a_missing_screening_is_a_warning_about_an_order_and_none_about_a_suggestion(clinic: Clinic) -> None:
    """Decision 33, and `order_only`: a check before a biologic is no reason against naming it."""
    ordered = findings(clinic, "infliximab", Side.ORDERED)["SAFE-TNF-TB"]
    suggested = findings(clinic, "infliximab", Side.SUGGESTED)["SAFE-TNF-TB"]
    assert (ordered.action, suggested.action) == ("warn", None)


def test_an_allergy_suppresses_the_drug_it_is_to_and_no_other(clinic: Clinic) -> None:
    fact = allergy("diltiazem")
    assert findings(clinic, "diltiazem", Side.ORDERED, fact)["SAFE-ALLERGY"].action == "suppress"
    assert findings(clinic, "rituximab", Side.ORDERED, fact)["SAFE-ALLERGY"].action is None


def test_a_mild_intolerance_is_mentioned(clinic: Clinic) -> None:
    assert (
        findings(clinic, "diltiazem", Side.ORDERED, allergy("diltiazem", mild=True))["SAFE-ALLERGY"].action == "mention"
    )


def test_only_the_rules_about_a_drug_are_asked(clinic: Clinic) -> None:
    asked = findings(clinic, "rituximab", Side.ORDERED)
    assert "SAFE-RTX-HBV" in asked
    assert "SAFE-DILT-AVB" not in asked


def test_a_silent_rule_takes_a_suggestion_out(clinic: Clinic) -> None:
    finding = findings(clinic, "diltiazem", Side.SUGGESTED, drug("diltiazem"))["SAFE-DUP"]
    assert finding.action is not None
    assert finding.action.suppresses


def from_the_other_side(clinic: Clinic, ordered: Any, *facts: Any) -> dict[str, SafetyFinding]:
    case = answered(clinic, ordered, *facts, hook="order-select")
    return {finding.rule.id: finding for finding in judge_partner(clinic.knowledge.safety_rules, ordered, case)}


def test_the_partner_being_ordered_meets_the_current_drug(clinic: Clinic) -> None:
    """OS-INTER: a beta-blocker on top of diltiazem."""
    taken = drug("diltiazem")
    finding = from_the_other_side(clinic, order("metoprolol"), taken)["SAFE-DILT-BB"]
    assert (finding.drug, finding.partner, finding.side, finding.action) == (
        "diltiazem",
        "metoprolol",
        Side.PARTNER_ORDERED,
        "warn",
    )
    assert taken.proof in finding.partner_proofs


def test_a_past_drug_meets_nobody(clinic: Clinic) -> None:
    assert from_the_other_side(clinic, order("metoprolol"), drug("diltiazem", end="2025-01-01")) == {}


def test_the_drug_of_an_unselected_draft_is_met_too(clinic: Clinic) -> None:
    assert "SAFE-DILT-BB" in from_the_other_side(clinic, order("metoprolol"), order("diltiazem", selected=False))


def test_a_selected_draft_of_the_drug_is_judged_from_its_own_side_only(clinic: Clinic) -> None:
    assert from_the_other_side(clinic, order("metoprolol"), order("diltiazem")) == {}


def test_the_route_of_the_ordered_partner_decides_whether_it_is_the_one_meant(clinic: Clinic) -> None:
    """SAFE-ABA-TNF does not mean a topical JAK inhibitor."""
    taken = drug("abatacept")
    assert "SAFE-ABA-TNF" in from_the_other_side(clinic, order("ruxolitinib", route="oral"), taken)
    assert "SAFE-ABA-TNF" not in from_the_other_side(clinic, order("ruxolitinib", route="topical"), taken)


# ---- the gate before a drug draft (card-style rules 18 and 19) ----

VITALS = parse_predicate({"on_record": {"is": "heart_rate", "within_days": 365}})
HEART_RATE = measured("heart_rate", 66)


def gate(clinic: Clinic, *facts: Any, **more: Any) -> bool:
    case = answered(clinic, *facts, **more)
    judged = judge_drug(clinic.knowledge.safety_rules, "diltiazem", Side.SUGGESTED, case)
    return may_draft(case, (VITALS,), judged)


def test_an_adult_with_the_checks_on_record_may_get_a_draft(clinic: Clinic) -> None:
    assert gate(clinic, HEART_RATE)


@pytest.mark.parametrize("patient", [CHILD, PatientFact(), replace(ADULT, birth=None)])
def test_nobody_under_eighteen_or_of_unknown_age_gets_a_draft(clinic: Clinic, patient: PatientFact) -> None:
    assert not gate(clinic, HEART_RATE, patient=patient)


@pytest.mark.parametrize("group", [Group.CONDITIONS, Group.MEDICATIONS, Group.ALLERGIES])
def test_no_draft_while_conditions_drugs_or_allergies_are_open(clinic: Clinic, group: Group) -> None:
    """Decision 6."""
    assert not gate(clinic, HEART_RATE, open_groups=[group])
    assert not gate(clinic, HEART_RATE, not_obtained=[group])


def test_no_draft_without_the_required_check(clinic: Clinic) -> None:
    """Decision 19."""
    assert not gate(clinic)
    assert not gate(clinic, measured("heart_rate", 66, on="2025-01-01"))


@pytest.mark.parametrize("name", ["metoprolol", "amiodarone", "digoxin", "nifedipine"])
def test_no_draft_beside_a_drug_that_slows_the_heart_or_lowers_pressure(clinic: Clinic, name: str) -> None:
    """D-15."""
    assert not gate(clinic, HEART_RATE, drug(name))


@pytest.mark.parametrize("fact", [condition("av_block_second_degree"), allergy("diltiazem")])
def test_no_draft_of_a_drug_that_a_rule_takes_out(clinic: Clinic, fact: Any) -> None:
    assert not gate(clinic, HEART_RATE, fact)
