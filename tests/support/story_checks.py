"""Compares what came out of a story with what it expects; every difference is one readable line."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.support.story import Story
from tests.support.story_outcome import Outcome


def differences(story: Story, outcome: Outcome) -> list[str]:
    """Everything that is not as the story expects, empty when all is."""
    expect = story.expect
    if outcome.status != expect.status:
        return [f"status {outcome.status} instead of {expect.status}"]
    if expect.status != 200:
        return []
    return [*_rules(story, outcome), *_cards(story, outcome), *_texts(story, outcome)]


def _rules(story: Story, outcome: Outcome) -> Iterator[str]:
    results = ("yes", outcome.fired), ("no", outcome.not_fired), ("unknown", outcome.unknown)
    expected = story.expect.fired, story.expect.not_fired, story.expect.unknown
    for (wanted, found), rules in zip(results, expected, strict=True):
        for rule in rules:
            if rule not in found:
                result = next((name for name, ids in results if rule in ids), "not in the trace")
                yield f"{rule}: {result} instead of {wanted}"


def _cards(story: Story, outcome: Outcome) -> Iterator[str]:
    expect, cards = story.expect, outcome.cards
    if expect.cards is not None and len(cards) != expect.cards:
        yield f"{len(cards)} cards instead of {expect.cards}: {[card['summary'] for card in cards]}"
    if expect.indicator is not None:
        first = cards[0]["indicator"] if cards else "no card"
        if first != expect.indicator:
            yield f"indicator of the first card: {first} instead of {expect.indicator}"
    shown = {rule for card in cards for rule in rules_on_card(card)}
    yield from (f"{rule} is on no card" for rule in expect.on_card if rule not in shown)
    yield from (f"{rule} is on a card" for rule in expect.not_on_card if rule in shown)
    labels = tuple(suggestion["label"] for card in cards for suggestion in card.get("suggestions", ()))
    if expect.suggestions is not None and labels != expect.suggestions:
        yield f"suggestions {list(labels)} instead of {list(expect.suggestions)}"


def _texts(story: Story, outcome: Outcome) -> Iterator[str]:
    said = "\n".join(plain_text(f"{card['summary']}\n{card.get('detail', '')}") for card in outcome.cards)
    yield from (f"not said: {text!r}; said: {said!r}" for text in story.expect.says if plain_text(text) not in said)
    written = "\n".join([said, *(text for card in outcome.cards for text in _suggestion_texts(card))]).lower()
    yield from (f"said: {text!r}" for text in story.expect.never_says if plain_text(text).lower() in written)


def rules_on_card(card: Mapping[str, Any]) -> list[str]:
    """The rule IDs of a card's extension (card-style.md section 2, Extension)."""
    return [rule for part in card.get("extension", {}).values() for rule in part.get("rules", [])]


def plain_text(text: str) -> str:
    """Card Markdown without its bold marks."""
    return text.replace("**", "")


def _suggestion_texts(card: Mapping[str, Any]) -> Iterator[str]:
    for suggestion in card.get("suggestions", ()):
        yield suggestion["label"]
        for action in suggestion.get("actions", ()):
            yield action["description"]
            yield from (note["text"] for note in action.get("resource", {}).get("note", ()))
