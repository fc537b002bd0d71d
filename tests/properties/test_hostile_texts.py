"""A chart whose every text is hostile: nothing of it is live on any card (G9), and the coded facts still count."""

import json
import re
import unicodedata
from datetime import date
from typing import TYPE_CHECKING

import pytest

from cds_service.card_lint.answered import BASE_URL, Answered, Json, actions_of, answer, suggestions_of
from cds_service.card_lint.lint import lint_answer
from tests.support.hostile_texts import PAYLOADS, poisoned
from tests.support.worked_cards import EXAMPLES, request

if TYPE_CHECKING:
    from cds_service.settings import Settings
    from treatment_algorithm.knowledge_base import KnowledgeBase

_LIVE = re.compile(r"[<>&`|\[\]{}\\*_~#@]|://|www\.|javascript:", re.IGNORECASE)
# The words of a payload may stand on a card as words, so the rules about words are not asked here.
_FORM = ("L1:", "L2:", "L3:", "L4:", "L5:", "L20:")


def our_texts(card: Json) -> list[str]:
    """Every text that a client shows, without bold and bullet marks; what an update keeps is the client's."""
    detail = re.sub(r"^- ", "", card["detail"].replace("**", ""), flags=re.MULTILINE)
    texts = [card["summary"], *detail.split("\n"), card["source"]["label"]]
    texts += [link["label"] for link in card["links"]]
    texts += [suggestion["label"] for suggestion in suggestions_of(card)]
    for action in actions_of(card):
        texts.append(action["description"])
        resource = action.get("resource", {})
        texts += [note["text"] for note in resource.get("note", [])]
        if action["type"] == "create":
            texts.append(resource.get("code", resource.get("medicationCodeableConcept", {})).get("text", ""))
    return texts


def alive(answered: Answered) -> list[str]:
    """The texts that hold something live."""
    found = [text for card in answered.cards for text in our_texts(card) if _LIVE.search(text)]
    hidden = (char for card in answered.cards for text in our_texts(card) for char in text)
    return found + [repr(char) for char in hidden if char != " " and unicodedata.category(char)[0] in "CZ"]


@pytest.fixture(scope="module")
def settings() -> "Settings":
    """Development settings at the public address of the worked cards."""
    from cds_service.settings import Settings

    return Settings(_env_file=None, environment="development", public_base_url=BASE_URL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_worked_cards_themselves_hold_nothing_live(
    example: str, knowledge: "KnowledgeBase", settings: "Settings", today: date
) -> None:
    assert alive(answer(request(example), knowledge, settings, today)) == []


@pytest.mark.checklist("CARD-14", "CARD-16")
@pytest.mark.parametrize("number", range(len(PAYLOADS)))
def test_no_text_of_the_chart_is_live_on_a_card(
    number: int, knowledge: "KnowledgeBase", settings: "Settings", today: date
) -> None:
    for example in EXAMPLES:
        clean = request(example)
        body = json.loads(json.dumps(clean))
        for part in ("prefetch", "context"):
            body[part] = poisoned(body[part], PAYLOADS[number])
        answered = answer(body, knowledge, settings, today)
        assert len(answered.cards) == len(answer(clean, knowledge, settings, today).cards)
        assert alive(answered) == []
        assert [complaint for complaint in lint_answer(answered) if complaint.startswith(_FORM)] == []
