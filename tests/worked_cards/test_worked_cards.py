"""The worked cards of card-style.md section 5: each request through the whole service gives the printed answer."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.worked_cards import (
    EXAMPLES,
    expected_cards,
    headings,
    not_recorded,
    read_json,
    request,
    structure,
    suggestion,
)

if TYPE_CHECKING:
    from starlette.testclient import TestClient

# evidence.md 2.7, word for word.
LIMITS = "Mostly case series; partial improvement is the realistic goal."
ADULT = "From juvenile recommendations; limited evidence in adults."
ACTIVITY = "Confirm disease activity first; it is not on record."
LOCAL = "The source text lists nothing for localized disease; this comes from its other sections."
OFF_LABEL_STS = "Off-label; published support with abatacept is one case."
RITUXIMAB = "May take up to 26 weeks."
DILTIAZEM = "Partial response in 9 of 17 (one series); lower doses seem less effective."
DILTIAZEM_SSC = "In systemic sclerosis: slight X-ray improvement in 3 of 12."
SURGERY = "Excision: at least partial response in 27 of 28 (one series); it can recur."
WARFARIN = "One small controlled trial was negative; a 2020 review advises against low-dose warfarin."
ANTI_TNF_ADULT = "Anti-TNF not suggested: guidance is juvenile; it can trigger or worsen dermatomyositis."
TWELVE_WEEKS = "Reassessment point in the juvenile guidance: 12 weeks."
DRAFT = "Draft rules, not yet reviewed by a clinician."

# The table under evidence.md 2.7; example 6 by decision 41.
MANDATORY = {
    "1": (LIMITS, ACTIVITY, DRAFT, DILTIAZEM),
    "2": (SURGERY, LIMITS, DILTIAZEM_SSC, LOCAL, DRAFT),
    "3": (OFF_LABEL_STS, RITUXIMAB, LIMITS, ACTIVITY, DRAFT, ANTI_TNF_ADULT, ADULT),
    "4": (DRAFT,),
    "5": (WARFARIN, LIMITS, DRAFT),
    "6": (LIMITS, DRAFT),
    "7": (LIMITS, ACTIVITY, DRAFT, TWELVE_WEEKS, DILTIAZEM),
}


def answered_cards(client: "TestClient", example: str) -> list[dict[str, Any]]:
    body = request(example)
    answer = client.post(f"/cds-services/calcinosis-{body['hook']}", json=body)
    assert answer.status_code == 200, answer.text
    cards: list[dict[str, Any]] = answer.json()["cards"]
    return cards


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_answer_has_the_structure_of_the_worked_card(client: "TestClient", example: str) -> None:
    answered, expected = answered_cards(client, example), expected_cards(example)
    assert len(answered) == len(expected)
    for ours, printed in zip(answered, expected, strict=True):
        assert structure(ours) == structure(printed)


READ_FROM_THE_PRODUCT = dict.fromkeys(EXAMPLES, ()) | {"7": ("route of methotrexate",)}
"""Printed as not recorded, told by the product code: 283511 is an oral tablet (docs/decisions/0004)."""


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_summary_is_the_printed_one(client: "TestClient", example: str) -> None:
    assert [card["summary"] for card in answered_cards(client, example)] == [
        card["summary"] for card in expected_cards(example)
    ]


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_detail_has_the_printed_paragraphs_and_every_mandatory_sentence(client: "TestClient", example: str) -> None:
    (ours,), (printed,) = answered_cards(client, example), expected_cards(example)
    assert headings(ours["detail"]) == headings(printed["detail"])
    printed_items = not_recorded(printed["detail"])
    assert not_recorded(ours["detail"]) == [
        item for item in printed_items if item not in READ_FROM_THE_PRODUCT[example]
    ]
    plain = ours["detail"].replace("**", "")
    assert [sentence for sentence in MANDATORY[example] if sentence not in plain] == []


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_printed_detail_itself_says_every_mandatory_sentence(example: str) -> None:
    (printed,) = expected_cards(example)
    plain = printed["detail"].replace("**", "")
    assert [sentence for sentence in MANDATORY[example] if sentence not in plain] == []


def test_with_every_check_on_record_an_adult_is_offered_a_diltiazem_draft_without_dose(client: "TestClient") -> None:
    (card,) = answered_cards(client, "2b")
    surgical, diltiazem = card["suggestions"]
    assert surgical["label"] == "Refer for a surgical opinion"
    assert suggestion(diltiazem) == suggestion(read_json("example-2b.suggestion.json"))


def test_a_screened_adult_is_offered_both_preferred_agents_in_place_of_etanercept(client: "TestClient") -> None:
    """Decision 40: two suggestions, neither recommended; decision 19: each is one update of the draft itself."""
    (card,) = answered_cards(client, "6b")
    replacing = [item for item in card["suggestions"] if item["label"].startswith("Replace etanercept")]
    assert suggestion(replacing[0]) == suggestion(read_json("example-6b.suggestion.json"))
    assert [item["label"] for item in replacing] == [
        "Replace etanercept with infliximab (no dose set)",
        "Replace etanercept with adalimumab (no dose set)",
    ]
    assert not any(item.get("isRecommended") for item in card["suggestions"])
    assert card["selectionBehavior"] == "at-most-one"


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_same_request_gets_the_same_bytes(client: "TestClient", example: str) -> None:
    """Decision 20."""
    body = request(example)
    first, second = (client.post(f"/cds-services/calcinosis-{body['hook']}", json=body).content for _ in range(2))
    assert first == second
