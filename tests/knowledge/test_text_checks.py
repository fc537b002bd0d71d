"""The lint rules of card-style.md section 3 that templates can be checked for; each is seen to find what it forbids."""

import re
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest

from cards.text_lint import lint
from cards.text_walk import CardText, card_texts

if TYPE_CHECKING:
    from treatment_algorithm.knowledge_base import KnowledgeBase


def found(text: str, model: str = "Block", member: str = "bullets") -> list[str]:
    return [complaint.split(":")[0] for complaint in lint(CardText("x", model, member, text))]


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("L4", "<b>diltiazem</b>"),
        ("L4", "heart rate > 40"),
        ("L4", "bisoprolol & diltiazem"),
        ("L4", "`code`"),
        ("L4", "# Heading"),
        ("L4", "a | b"),
        ("L4", "[label](https://example.org)"),
        ("L4", "  - nested"),
        ("L8", "diltiazem 120 mg"),
        ("L8", "15mg a week"),
        ("L8", "2 tablets"),
        ("L8", "500 mL"),
        ("L8", "take it daily"),
        ("L8", "Weekly methotrexate"),
        ("L8", "three times per week"),
        ("L9", "You must refer"),
        ("L9", "It cures calcinosis"),
        ("L9", "Diltiazem treats calcinosis"),
        ("L9", "The gold standard"),
        ("L9", "Guaranteed effect"),
        ("L9", "There are no controlled trials"),
        ("L9", "Alert: diltiazem"),
        ("L9", "Refer to rheumatology"),
        ("L10", "partial response in 5 of 8"),
        ("L10", "62.5 % responded"),
        ("L10", "7 of 7 responded"),
        ("L10", "100 % responded"),
    ],
)
def test_a_forbidden_text_is_found(rule: str, text: str) -> None:
    assert found(text) == [rule]


@pytest.mark.parametrize(
    "text",
    [
        "**Consider:** with an expert centre, add methotrexate",
        "Almost no controlled trials",
        "partial response in 15 of 80, 27 of 28",
        "Discuss with or refer to an expert centre",
        "systolic blood pressure {number:systolic_bp} mmHg ({measured_on:systolic_bp})",
        "treatment, mustard, secure, alerting",
        "May take up to 26 weeks.",
    ],
)
def test_a_good_text_passes(text: str) -> None:
    assert found(text) == []


def test_the_labelled_limit_of_an_interacting_drug_is_for_the_detail_of_a_safety_rule_only() -> None:
    """Decision 44."""
    limit = "Simvastatin above 10 mg a day exceeds the labelled limit with diltiazem"
    assert found(limit, "SafetyCase", "ordered") == []
    assert found(limit, "SafetyCase", "summary") == ["L8"]
    assert found(limit, "SuggestionTemplate", "label") == ["L8"]
    assert found("Simvastatin 10 mg", "SafetyCase", "ordered") == ["L8"]


def test_every_text_of_the_knowledge_is_looked_at(knowledge: "KnowledgeBase") -> None:
    members = {(text.model, text.member) for text in card_texts(knowledge)}
    assert {
        ("Fragment", "text"),
        ("NotRecorded", "label"),
        ("SafetyRule", "evidence"),
        ("Sentence", "text"),
    } - members == {("Fragment", "text")}
    for text in ("summary", "why", "bullets", "ordered", "suggested", "dropped", "note", "label", "variants", "bullet"):
        assert any(member == text for _, member in members), text


def complaints(knowledge: "KnowledgeBase") -> list[str]:
    from cards.text_checks import text_complaints
    from treatment_algorithm.knowledge_base import knowledge_folder

    return [str(complaint) for complaint in text_complaints(knowledge, knowledge_folder())]


def with_suggestion(
    knowledge: "KnowledgeBase", identity: str, action: dict[str, Any] | None = None, **more: Any
) -> Any:
    """The knowledge with a changed suggestion; `action`: changes of its first action."""
    template = knowledge.suggestions[identity]
    if action is not None:
        more["actions"] = (template.actions[0].model_copy(update=action), *template.actions[1:])
    changed = {**knowledge.suggestions, identity: template.model_copy(update=more)}
    return replace(knowledge, suggestions=MappingProxyType(changed))


def text(*words: str) -> Any:
    from treatment_algorithm.card_texts import Fragment

    return tuple(Fragment(text=one) for one in words)


def test_the_shipped_knowledge_has_no_complaint(knowledge: "KnowledgeBase") -> None:
    assert complaints(knowledge) == []


@pytest.mark.parametrize(
    ("identity", "action", "more", "complaint"),
    [
        ("draft-diltiazem", {"note": text("Off-label use.")}, {}, "L17: .* Dose and schedule|L17: the note of a drug"),
        ("draft-diltiazem", {"note": text("Dose and schedule are the prescriber's.")}, {}, "L17: .* off-label draft"),
        ("draft-diltiazem", {"code": None}, {}, "a drug draft names no drug"),
        ("draft-diltiazem", {"code": "no_such_drug"}, {}, "code 'no_such_drug' has no verified code"),
        ("draft-diltiazem", {}, {"drug_draft": False}, "not marked as drug_draft"),
        ("order-ecg", {"category": "diltiazem"}, {}, "category 'diltiazem' has no verified code"),
        ("order-ecg", {"id": "cds ecg"}, {}, "L18: the draft is no valid FHIR R4: id"),
        ("order-ecg", None, {"label": text("x" * 61)}, "the label has 61 characters, at most 60 are allowed"),
        ("order-ecg", None, {"label": text("Order {s:nothing} for {nobody}")}, "unknown sentence 'nothing'"),
    ],
)
def test_a_suggestion_that_is_not_sound_is_found(
    knowledge: "KnowledgeBase", identity: str, action: dict[str, Any] | None, more: dict[str, Any], complaint: str
) -> None:
    found = complaints(with_suggestion(knowledge, identity, action, **more))
    assert any(re.search(complaint, one) for one in found), found
    assert all(re.match(r"suggestions\.yaml:\d+: ", one) for one in found)


def test_a_card_has_three_to_five_override_reasons(knowledge: "KnowledgeBase") -> None:
    first, *others = knowledge.cards
    for count in (2, 6):
        changed = first.model_copy(update={"override_reasons": ("action-completed",) * count})
        (complaint,) = complaints(replace(knowledge, cards=(changed, *others)))
        assert f"L22: {count} override reasons" in complaint
        assert complaint.startswith("1_could_not_check.yaml:")


def test_the_fixed_part_of_a_summary_fits(knowledge: "KnowledgeBase") -> None:
    first, *others = knowledge.cards
    longest = first.model_copy(update={"summary": text("{severe_start}" + "x" * 120)})
    assert complaints(replace(knowledge, cards=(longest, *others))) == []
    longer = first.model_copy(update={"summary": text("{severe_start}" + "x" * 121)})
    (complaint,) = complaints(replace(knowledge, cards=(longer, *others)))
    assert "the summary has 121 characters, at most 120 are allowed" in complaint


def test_a_service_does_not_start_with_a_text_that_is_not_sound(knowledge: "KnowledgeBase") -> None:
    from cards.text_checks import check_texts
    from treatment_algorithm.knowledge_base import knowledge_folder
    from treatment_algorithm.knowledge_errors import KnowledgeError

    check_texts(knowledge, knowledge_folder())
    with pytest.raises(KnowledgeError, match="L9"):
        check_texts(with_suggestion(knowledge, "order-ecg", label=text("You must order an ECG")), knowledge_folder())


def test_the_label_of_a_source_fits(knowledge: "KnowledgeBase") -> None:
    evidence = knowledge.evidence
    long = evidence.sources["SHARE"].model_copy(update={"label": "x" * 61})
    changed = replace(evidence, sources=MappingProxyType({**evidence.sources, "SHARE": long}))
    (complaint,) = complaints(replace(knowledge, evidence=changed))
    assert re.match(r"sources\.yaml:\d+: SHARE: the label has 61 characters", complaint)


def test_a_text_that_two_entries_share_is_one_complaint(knowledge: "KnowledgeBase") -> None:
    first, second, *others = knowledge.cards
    wrong = {"summary": text("You must stop")}
    changed = (first.model_copy(update=wrong), second.model_copy(update=wrong), *others)
    assert len(complaints(replace(knowledge, cards=changed))) == 1


def test_an_entry_that_stands_in_no_file_has_no_line() -> None:
    from cards.text_walk import TextLines
    from treatment_algorithm.knowledge_base import knowledge_folder

    assert TextLines(knowledge_folder()).place("SC-GONE") == ("knowledge", None)
