"""differences: each thing that a story expects and did not get is one line; nothing is said when all is there."""

from typing import Any

import pytest

from tests.support.story import Story
from tests.support.story_checks import differences
from tests.support.story_outcome import Outcome

CARD = {
    "summary": "Calcinosis on prednisolone alone: check activity",
    "detail": "**Why this card:** prednisolone since 2 Oct 2026.",
    "indicator": "info",
    "suggestions": [
        {
            "label": "Discuss with or refer to an expert centre",
            "actions": [{"type": "create", "description": "Draft request", "resource": {"note": [{"text": "Review"}]}}],
        }
    ],
    "extension": {"org.example.calcinosis-cds": {"rules": ["SC-ACTIVE", "R-INTENSIFY"]}},
}
OUTCOME = Outcome(
    fired=frozenset({"SC-ACTIVE"}), not_fired=frozenset({"R-ESCALATE"}), unknown=frozenset({"R-IVIG"}), cards=(CARD,)
)


def expecting(**expect: Any) -> Story:
    story = {"id": "a-story", "about": ["SC-ACTIVE"], "kind": "fires", "title": "A story", "patient": {"age": 9}}
    return Story.model_validate(story | {"expect": expect})


@pytest.mark.parametrize(
    "expect",
    [
        {"fired": ["SC-ACTIVE"], "not_fired": ["R-ESCALATE"], "unknown": ["R-IVIG"]},
        {"cards": 1, "indicator": "info"},
        {"on_card": ["R-INTENSIFY"], "not_on_card": ["R-TNF"]},
        {"suggestions": ["Discuss with or refer to an expert centre"]},
        {"says": ["Why this card: prednisolone since 2 Oct 2026"], "never_says": ["start methotrexate"]},
    ],
)
def test_what_is_as_expected_is_not_mentioned(expect: dict[str, Any]) -> None:
    assert differences(expecting(**expect), OUTCOME) == []


@pytest.mark.parametrize(
    ("expect", "line"),
    [
        ({"fired": ["R-ESCALATE"]}, "R-ESCALATE: no instead of yes"),
        ({"fired": ["R-IVIG"]}, "R-IVIG: unknown instead of yes"),
        ({"not_fired": ["R-IVIG"]}, "R-IVIG: unknown instead of no"),
        ({"unknown": ["R-GONE"]}, "R-GONE: not in the trace instead of unknown"),
        ({"cards": 0}, "1 cards instead of 0"),
        ({"indicator": "warning"}, "indicator of the first card: info instead of warning"),
        ({"on_card": ["R-TNF"]}, "R-TNF is on no card"),
        ({"not_on_card": ["R-INTENSIFY"]}, "R-INTENSIFY is on a card"),
        ({"suggestions": []}, "suggestions ['Discuss"),
        ({"says": ["start methotrexate"]}, "not said: 'start methotrexate'"),
        ({"never_says": ["Prednisolone alone"]}, "said: 'Prednisolone alone'"),
        ({"never_says": ["review"]}, "said: 'review'"),
        ({"status": 412}, "status 200 instead of 412"),
    ],
)
def test_what_differs_is_one_line(expect: dict[str, Any], line: str) -> None:
    (difference,) = differences(expecting(**expect), OUTCOME)
    assert difference.startswith(line)


def test_an_expected_refusal_needs_no_cards() -> None:
    refused = Outcome(frozenset(), frozenset(), frozenset(), (), status=412)
    assert differences(expecting(status=412, cards=1), refused) == []
