"""Charts with hostile texts, over HTTP: what a client renders of a card is paragraphs, bold words, bullets (G9)."""

import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.support.hostile_texts import CARRIERS, PAYLOADS, furnished, poisoned, rendered
from tests.support.worked_cards import EXAMPLES, request

Json = dict[str, Any]
_OF_MARKUP = re.compile(r"[<>&`|*\[\]{}\\_~#@]|://|www\.|javascript:", re.IGNORECASE)
_MEGABYTE = "elbow " * 175_000


def cards_of(client: TestClient, body: Json) -> list[Json]:
    # As bytes: a client's JSON writer may refuse a text that a chart holds.
    answer = client.post(
        f"/cds-services/calcinosis-{body['hook']}",
        content=json.dumps(body),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 200, answer.text
    cards: list[Json] = answer.json()["cards"]
    return cards


def with_texts(example: str, payload: str, members: tuple[str, ...] | None) -> Json:
    body = request(example)
    return body | {part: poisoned(furnished(body[part]), payload, members) for part in ("prefetch", "context")}


def plain_texts(card: Json) -> Iterator[str]:
    """What a client shows as text; override reasons are official displays of codes and come from no chart."""
    yield card["summary"]
    yield card["source"]["label"]
    yield from (link["label"] for link in card.get("links", ()))
    for suggestion in card.get("suggestions", ()):
        yield suggestion["label"]
        yield from (action["description"] for action in suggestion["actions"])


def alive(card: Json) -> list[str]:
    """What of a card is more than text, or cannot be seen."""
    found = [f"detail: {token}" for token in rendered(card["detail"])]
    found += [text for text in plain_texts(card) if _OF_MARKUP.search(text)]
    shown = "".join([card["detail"].replace("\n", ""), *plain_texts(card)])
    return found + [repr(char) for char in shown if char != " " and unicodedata.category(char)[0] in "CZ"]


@pytest.mark.parametrize("number", range(len(PAYLOADS)))
def test_a_payload_that_nothing_escaped_is_seen(number: int) -> None:
    """Beside ordinary words, as a card has them."""
    said = f"Calcinosis at the {PAYLOADS[number]}"
    card: Json = {"summary": said, "detail": said, "source": {"label": ""}}
    assert alive(card)


def test_a_renderer_makes_something_of_most_payloads() -> None:
    assert sum(1 for payload in PAYLOADS if list(rendered(payload))) >= 15


@pytest.mark.parametrize("number", range(len(PAYLOADS)))
def test_nothing_of_a_chart_is_live_on_a_card(client: TestClient, number: int) -> None:
    """Every text of every resource is poisoned at once, in all worked examples."""
    for example in EXAMPLES:
        cards = cards_of(client, with_texts(example, PAYLOADS[number], None))
        assert len(cards) == len(cards_of(client, with_texts(example, "", ())))
        assert [alive(card) for card in cards] == [[] for _ in cards]


@pytest.mark.parametrize("carrier", CARRIERS)
def test_no_carrier_brings_a_text_to_life(client: TestClient, carrier: str) -> None:
    """One kind of text at a time, the others as they were: 35 payloads by 9 carriers."""
    carried = [name for name in EXAMPLES if with_texts(name, "!", CARRIERS[carrier]) != with_texts(name, "", ())]
    assert carried
    for number, payload in enumerate(PAYLOADS):
        cards = cards_of(client, with_texts(carried[number % len(carried)], payload, CARRIERS[carrier]))
        assert cards
        assert [alive(card) for card in cards] == [[] for _ in cards]


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_megabyte_of_text_leaves_a_card_short(client: TestClient, carrier: str) -> None:
    """CARD-2: the summary stays under 140 characters; card-style rule 7 for the detail."""
    for example in ("3", "4"):
        marked = json.dumps(with_texts(example, "<here>", CARRIERS[carrier]))
        # The first texts of the carrier grow, the others stay: 12 MB are the cap.
        body = marked.replace("<here>", _MEGABYTE, 5).replace("<here>", "")
        for card in cards_of(client, json.loads(body)):
            assert len(card["summary"]) < 140
            assert len(card["detail"].replace("- ", "").split()) <= 150
            assert all(len(text) < 200 for text in plain_texts(card))
