"""assess(): scenarios, options and cards of whole charts (evidence.md 2.3 to 2.6; decisions 11, 14 to 16, 34 to 40)."""

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.treatment_algorithm.patients import (
    ADULT,
    CHILD,
    TODAY,
    Clinic,
    allergy,
    condition,
    drug,
    features,
    measured,
    order,
    referral,
)
from treatment_algorithm.assess import assess
from treatment_algorithm.assessment import Assessment, ChartCard, DropReason
from treatment_algorithm.features import Group, Severity, StopReason

CALCINOSIS = condition("calcinosis_cutis", on="2026-10-20")
ADULT_DM = condition("dermatomyositis", on="2019-03-01")
JDM = condition("juvenile_dermatomyositis", on="2024-03-01")
SSC = condition("systemic_sclerosis", on="2015-01-01")
LOCAL = condition("calcinosis_cutis", on="2026-10-20", body_sites=("elbow",))
PAIN = measured("pain_severity_0_10", 6)


def decided(clinic: Clinic, *facts: Any, hook: str = "patient-view", **more: Any) -> Assessment:
    return assess(features(*facts, **more), clinic.knowledge, hook, TODAY)


def templates(assessment: Assessment) -> list[str]:
    return [card.template.id for card in assessment.cards if isinstance(card, ChartCard)]


def options(assessment: Assessment) -> set[str]:
    return {
        option.recommendation.id for card in assessment.cards if isinstance(card, ChartCard) for option in card.options
    }


def dropped(assessment: Assessment) -> dict[str, DropReason]:
    cards = [card for card in assessment.cards if isinstance(card, ChartCard)]
    return {drop.recommendation.id: drop.reason for card in cards for drop in card.dropped}


def failed(name: str) -> Any:
    return drug(name, end="2025-06-01", stop_reason=StopReason.FAILED)


@pytest.mark.parametrize(
    ("facts", "scenarios"),
    [
        ((), ("SC-NONE",)),
        ((condition("calcinosis_cutis", "suspected"), ADULT_DM), ("SC-UNCERT",)),
        ((condition("calcinosis_cutis", "past"), ADULT_DM), ("SC-PAST",)),
        ((CALCINOSIS, ADULT_DM), ("SC-ACTIVE",)),
        ((CALCINOSIS, condition("dermatomyositis", "remission")), ("SC-ACTIVE-Q",)),
        ((CALCINOSIS, condition("dermatomyositis", "past")), ("SC-ACTIVE-Q",)),
        ((CALCINOSIS, SSC), ("SC-SSC",)),
        ((CALCINOSIS,), ("SC-IDIO",)),
        ((CALCINOSIS, condition("ckd_stage_5")), ("SC-META",)),
        ((CALCINOSIS, ADULT_DM, condition("calciphylaxis")), ("SC-META",)),
        ((LOCAL, PAIN, SSC), ("SC-SSC", "SC-LOCAL")),
        ((LOCAL, PAIN, ADULT_DM), ("SC-ACTIVE", "SC-LOCAL")),
        ((CALCINOSIS, ADULT_DM, failed("methotrexate"), failed("prednisolone")), ("SC-REFRACT",)),
        ((CALCINOSIS, ADULT_DM, failed("methotrexate"), failed("mycophenolate")), ("SC-REFRACT",)),
        ((CALCINOSIS, ADULT_DM, failed("methotrexate"), failed("diltiazem")), ("SC-ACTIVE",)),
        ((CALCINOSIS, ADULT_DM, failed("methotrexate")), ("SC-ACTIVE",)),
        (
            (
                condition("calcinosis_cutis", on="2026-10-20", severity=Severity.MILD),
                ADULT_DM,
                failed("methotrexate"),
                failed("mycophenolate"),
            ),
            ("SC-ACTIVE",),
        ),
    ],
)
def test_a_chart_is_in_the_scenario_of_the_specification(
    clinic: Clinic, facts: tuple[Any, ...], scenarios: tuple[str, ...]
) -> None:
    known = {concept for fact in facts for concept in getattr(fact, "concepts", ())}
    assert known <= clinic.knowledge.concepts.concepts.keys()
    assert decided(clinic, *facts).scenarios == scenarios


@pytest.mark.parametrize("hook", ["patient-view", "order-select", "order-sign"])
def test_a_deceased_patient_gets_no_card_at_any_hook(clinic: Clinic, hook: str) -> None:
    facts = (CALCINOSIS, ADULT_DM, order("etanercept"), condition("av_block_second_degree"), order("diltiazem"))
    patient = replace(ADULT, deceased=True)
    assert decided(clinic, *facts, hook=hook, patient=patient).cards == ()


def test_systemic_sclerosis_without_a_local_symptom_gets_no_card(clinic: Clinic) -> None:
    """Decision 16."""
    assert decided(clinic, CALCINOSIS, SSC).cards == ()
    assert templates(decided(clinic, LOCAL, PAIN, SSC)) == ["local"]


def test_prevention_speaks_on_prednisolone_alone_and_is_silent_with_a_sparing_agent(clinic: Clinic) -> None:
    """Decision 16."""
    young = condition("juvenile_dermatomyositis", on="2026-06-01")
    assert templates(decided(clinic, young, drug("prednisolone"), patient=CHILD)) == ["prevention"]
    assert decided(clinic, young, drug("methotrexate"), patient=CHILD).cards == ()
    assert decided(clinic, young, drug("hydroxychloroquine"), patient=CHILD).cards != ()


def test_hydroxychloroquine_is_never_a_failed_line(clinic: Clinic) -> None:
    """Decision 39."""
    facts = (CALCINOSIS, ADULT_DM, failed("hydroxychloroquine"), failed("methotrexate"))
    assert decided(clinic, *facts).scenarios == ("SC-ACTIVE",)


def test_a_treated_patient_gets_next_steps_and_an_untreated_one_the_first_line(clinic: Clinic) -> None:
    """Decision 15."""
    assert templates(decided(clinic, CALCINOSIS, ADULT_DM, drug("methotrexate", "2026-01-01"))) == ["escalate"]
    assert templates(decided(clinic, CALCINOSIS, ADULT_DM, drug("prednisolone", "2026-01-01"))) == ["intensify"]


def test_diltiazem_stands_on_the_local_card_only(clinic: Clinic) -> None:
    """Decision 40."""
    assessment = decided(clinic, LOCAL, PAIN, ADULT_DM)
    assert templates(assessment) == ["intensify", "local"]


def test_a_drug_that_is_current_drafted_failed_or_not_tolerated_is_no_option(clinic: Clinic) -> None:
    def outcome(*facts: Any) -> DropReason | None:
        return dropped(decided(clinic, LOCAL, PAIN, SSC, *facts)).get("R-DILT")

    assert outcome() is None
    assert outcome(drug("diltiazem")) is DropReason.CURRENT
    assert outcome(order("diltiazem", selected=False)) is DropReason.DRAFTED
    assert outcome(failed("diltiazem")) is DropReason.FAILED
    assert outcome(drug("diltiazem", end="2025-01-01", stop_reason=StopReason.NOT_USABLE)) is DropReason.NOT_USABLE
    assert outcome(condition("av_block_second_degree")) is DropReason.SUPPRESSED
    assert outcome(allergy("diltiazem")) is DropReason.SUPPRESSED


def test_third_line_drugs_are_options_only_when_refractory(clinic: Clinic) -> None:
    """Decision 14; unknown never triggers a third line (decision 5)."""
    third = {recommendation.id for recommendation in clinic.knowledge.recommendations if recommendation.third_line}
    untold = drug("mycophenolate", end="2025-01-01")
    resistant = decided(clinic, CALCINOSIS, ADULT_DM, failed("methotrexate"), untold)
    refractory = decided(clinic, CALCINOSIS, ADULT_DM, failed("methotrexate"), failed("mycophenolate"))
    assert not options(resistant) & third
    assert options(refractory) & third


def test_anti_tnf_is_not_suggested_in_adult_onset_disease(clinic: Clinic) -> None:
    """D-12."""
    lines = (failed("methotrexate"), failed("mycophenolate"))
    adult, child = (decided(clinic, CALCINOSIS, disease, *lines) for disease in (ADULT_DM, JDM))
    assert ("R-TNF" in options(adult), "R-TNF" in options(child)) == (False, True)
    assert dropped(adult)["R-TNF"] is DropReason.SUPPRESSED


def test_drugs_that_could_not_be_obtained_leave_the_card_that_says_so(clinic: Clinic) -> None:
    """Decision 32."""
    assert templates(decided(clinic, CALCINOSIS, ADULT_DM, not_obtained=[Group.MEDICATIONS])) == ["could-not-check"]
    assert templates(decided(clinic, CALCINOSIS, ADULT_DM, open_groups=[Group.MEDICATIONS])) == ["intensify"]


def test_problems_cut_short_without_calcinosis_leave_the_card_that_says_so(clinic: Clinic) -> None:
    """Decision 11."""
    assert templates(decided(clinic, ADULT_DM, open_groups=[Group.CONDITIONS])) == ["could-not-check"]


def test_an_idiopathic_case_is_silent_once_its_metabolism_is_known_and_normal(clinic: Clinic) -> None:
    """Decision 41."""
    normal = [
        measured("serum_calcium", 2.3, low=2.1, high=2.6),
        measured("serum_phosphate", 1.0, low=0.8, high=1.5),
        measured("parathyroid_hormone", 4.0, low=1.6, high=6.9),
        measured("creatinine", 70, low=50, high=100),
    ]
    assert templates(decided(clinic, CALCINOSIS)) == ["idiopathic"]
    assert decided(clinic, CALCINOSIS, *normal).cards == ()
    assert templates(decided(clinic, CALCINOSIS, *normal[1:])) == ["idiopathic"]


def test_every_rule_answers_once_in_the_trace(clinic: Clinic) -> None:
    expected = [rule.id for rule in clinic.knowledge.rules]
    for hook in ("patient-view", "order-select", "order-sign"):
        found = [
            result.rule_id for result in decided(clinic, CALCINOSIS, ADULT_DM, order("diltiazem"), hook=hook).rules
        ]
        assert sorted(found) == sorted(expected)


def test_what_is_already_requested_is_not_asked_again(clinic: Clinic) -> None:
    """card-style rule 3."""
    assert "R-SURG" in options(decided(clinic, LOCAL, PAIN, SSC))
    assert "R-SURG" not in options(decided(clinic, LOCAL, PAIN, SSC, referral("referral_surgery")))
