"""A card over 150 words is written again without its last option, and all that belongs to the option goes with it."""

from typing import Any

import pytest

from cards.detail import WORD_LIMIT, word_count
from tests.support.run_story import run_pure
from tests.support.story import Story
from treatment_algorithm.knowledge_base import KnowledgeBase

LONG_CHART = {
    "id": "long",
    "about": ["SC-LOCAL"],
    "kind": "fires",
    "title": "An ulcerated deposit on one finger, with two heart drugs and two groups that could not be read",
    "patient": {"age": 30, "sex": "female"},
    "conditions": [
        {"is": "dermatomyositis", "onset": "2021-03-01"},
        {"is": "calcinosis_cutis", "recorded": "2026-10-14", "sites": ["finger pulp"]},
        {"is": "skin_ulcer", "recorded": "2026-11-01"},
    ],
    "drugs": [{"is": "nifedipine", "since": "2025-03-11"}, {"is": "metoprolol", "since": "2025-03-11"}],
    "missing": ["allergies", "procedures"],
    "expect": {},
}


@pytest.fixture
def local_card(knowledge: KnowledgeBase) -> dict[str, Any]:
    outcome = run_pure(Story.model_validate(LONG_CHART), knowledge)
    return next(card for card in outcome.cards if card["source"]["topic"]["code"] == "sc-local")


def test_it_fits(local_card: dict[str, Any]) -> None:
    assert word_count(str(local_card["detail"])) <= WORD_LIMIT


def test_a_cut_option_leaves_no_block_rule_or_suggestion_behind(local_card: dict[str, Any]) -> None:
    (extension,) = local_card["extension"].values()
    assert "R-SURG" in extension["rules"]
    assert "R-DILT" not in extension["rules"]
    assert not [rule for rule in extension["rules"] if rule.startswith("SAFE-DILT")]
    assert "iltiazem" not in str(local_card["detail"])
    labels = [suggestion["label"] for suggestion in local_card["suggestions"]]
    assert labels == ["Refer for a surgical opinion"]
