"""fill() and the ways to join fragments: knowledge texts with a patient's facts in them."""

from dataclasses import replace
from typing import Any

import pytest

from cards.telling import Telling
from cards.wording import capitalised, every, fill, first, joined
from tests.unit.treatment_algorithm.patients import (
    ADULT,
    TODAY,
    Fact,
    condition,
    day,
    drug,
    features,
    measured,
    order,
)
from treatment_algorithm.assess import assess
from treatment_algorithm.assessment import OrderCard
from treatment_algorithm.card_texts import Fragment
from treatment_algorithm.features import Proof, StopReason
from treatment_algorithm.knowledge_base import KnowledgeBase


def telling(knowledge: KnowledgeBase, *facts: Fact, **more: Any) -> Telling:
    return Telling(assess(features(*facts, patient=ADULT), knowledge, "patient-view", TODAY).case, knowledge, **more)


def said(text: str, knowledge: KnowledgeBase, *facts: Fact, **more: Any) -> str:
    return fill(text, telling(knowledge, *facts, **more))


CALCINOSIS = condition("calcinosis_cutis", on="2026-10-20")
DM = condition("dermatomyositis", on="2019")


def test_a_finding_calls_an_entry_by_what_its_rule_asks_through_a_feature(knowledge: KnowledgeBase) -> None:
    """Decision 42: one SNOMED CT code means calcinosis and systemic sclerosis; SAFE-CS-SRC asks for the latter."""
    both = replace(CALCINOSIS, concepts=frozenset({"calcinosis_cutis", "crest_syndrome"}))
    assessment = assess(features(both, DM, order("prednisolone"), patient=ADULT), knowledge, "order-select", TODAY)
    (card,) = assessment.cards
    assert isinstance(card, OrderCard)
    finding = next(finding for finding in card.findings if finding.rule.id == "SAFE-CS-SRC")
    assert fill("{proof}", Telling(card.case, knowledge, finding=finding)) == "CREST syndrome (20 Oct 2026)"


def test_text_without_placeholders_is_said_as_it_stands(knowledge: KnowledgeBase) -> None:
    assert said("Consider: 50 %", knowledge) == "Consider: 50 %"


def test_a_standard_sentence_is_said_word_for_word(knowledge: KnowledgeBase) -> None:
    """Evidence.md 2.7."""
    assert said("{s:limits}", knowledge) == "Mostly case series; partial improvement is the realistic goal."


def test_a_word_takes_the_first_variant_that_holds(knowledge: KnowledgeBase) -> None:
    assert said("in {disease}", knowledge, CALCINOSIS, DM) == "in adult-onset dermatomyositis"
    assert said("in {disease}", knowledge, CALCINOSIS, condition("systemic_sclerosis")) == "in systemic sclerosis"


def test_a_condition_is_named_with_its_date(knowledge: KnowledgeBase) -> None:
    assert said("{fact:calcinosis_cutis}", knowledge, CALCINOSIS) == "calcinosis cutis (20 Oct 2026)"
    assert said("{^fact:calcinosis_cutis}.", knowledge, CALCINOSIS) == "Calcinosis cutis (20 Oct 2026)."


def test_what_was_recognised_by_name_says_so(knowledge: KnowledgeBase) -> None:
    """Decision 8."""
    named = replace(CALCINOSIS, proof=Proof("Condition/n", day("2026-10-20"), by_name=True))
    assert said("{fact:calcinosis_cutis}", knowledge, named) == "calcinosis cutis (20 Oct 2026, recognised by name)"


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        (drug("methotrexate", "2026-02-20"), "methotrexate since 20 Feb 2026"),
        (drug("methotrexate", "2026"), "methotrexate since 2026"),
        (drug("methotrexate"), "methotrexate (start not recorded)"),
        (drug("methotrexate", "2026-02-20", standing="on-hold"), "methotrexate (on hold) since 20 Feb 2026"),
        (
            drug("methotrexate", "2026-02-20", standing="status-unknown"),
            "methotrexate (status unknown) since 20 Feb 2026",
        ),
    ],
)
def test_a_current_drug_is_named_with_its_start_and_standing(knowledge: KnowledgeBase, fact: Fact, words: str) -> None:
    """Decisions 9 and 15."""
    assert said("{on:steroid_sparing}", knowledge, fact) == words


def test_several_drugs_are_listed(knowledge: KnowledgeBase) -> None:
    facts = (
        drug("mycophenolate", "2026-03-01"),
        drug("methotrexate", "2026-02-20"),
        drug("prednisolone", "2026-01-01"),
    )
    text = "{names:steroid_sparing+systemic_corticosteroid}"
    assert said(text, knowledge, *facts) == "methotrexate, mycophenolate and prednisolone"


def test_past_drugs_are_not_current_ones(knowledge: KnowledgeBase) -> None:
    assert said("{names:steroid_sparing}", knowledge, drug("methotrexate", "2025-01-01", "2025-06-01")) == ""


def test_weeks_and_the_twelve_week_point_count_from_the_newest_line(knowledge: KnowledgeBase) -> None:
    """Decision 15: 13 Oct to 22 Nov 2026 is 40 days; 12 weeks after 13 Oct is 5 Jan 2027."""
    facts = (drug("methotrexate", "2026-01-01"), drug("mycophenolate", "2026-10-13"))
    assert said("{weeks:steroid_sparing}", knowledge, *facts) == "5"
    assert said("{twelve_weeks:steroid_sparing}", knowledge, *facts) == "5 Jan 2027"


def test_failed_treatments_are_counted_and_named(knowledge: KnowledgeBase) -> None:
    facts = [
        drug(name, end="2025-06-01", stop_reason=StopReason.FAILED)
        for name in ("methotrexate", "prednisolone", "diltiazem")
    ]
    assert said("{failed_count}: {failed_and}", knowledge, *facts) == "two: prednisolone and methotrexate"


def test_a_number_is_written_without_needless_digits(knowledge: KnowledgeBase) -> None:
    facts = (measured("systolic_bp", 124.0), measured("diastolic_bp", 72.5))
    assert said("{value:systolic_bp}", knowledge, *facts) == "blood pressure 124/72.5 mmHg (10 Nov 2026)"


def test_a_site_of_the_chart_is_escaped(knowledge: KnowledgeBase) -> None:
    """Goal G9."""
    local = condition("calcinosis_cutis", body_sites=("<b>left</b> elbow [x](http://y)",))
    assert said("{site}", knowledge, local) == "b left b elbow x (http y)"


def fragments(*texts: tuple[str, dict[str, Any] | None]) -> list[Fragment]:
    return [Fragment(text=text, when=when) for text, when in texts]


YES, NO, UNKNOWN = {"always": True}, {"always": False}, {"measured": {"is": "lvef", "below": 40}}


def test_the_first_fragment_that_is_yes_is_said_and_unknown_is_not_yes(knowledge: KnowledgeBase) -> None:
    patient = telling(knowledge)
    assert first(fragments(("a", NO), ("b", UNKNOWN), ("c", YES), ("d", None)), patient) == "c"
    assert first(fragments(("a", NO)), patient) == ""


def test_every_fragment_that_is_yes_is_a_bullet(knowledge: KnowledgeBase) -> None:
    assert every(fragments(("a", None), ("b", NO), ("", None), ("c", YES)), telling(knowledge)) == ["a", "c"]


def test_fragments_are_joined_with_a_blank_unless_one_begins_with_a_sign(knowledge: KnowledgeBase) -> None:
    patient = telling(knowledge)
    assert joined(fragments(("a", None), ("b", None), ("; c", YES), (", d", NO), (".", None)), patient) == "a b; c."


@pytest.mark.parametrize(
    ("text", "said"),
    [("metoprolol is current", "Metoprolol is current"), ("eGFR below 30", "eGFR below 30"), ("", ""), ("ECG", "ECG")],
)
def test_a_sentence_begins_with_a_capital_unless_its_first_word_has_one_of_its_own(text: str, said: str) -> None:
    assert capitalised(text) == said
