"""The lint rules for the words of a card (card-style.md section 3): L4, L8, L9, L10."""

import re
from collections.abc import Iterator

from cards.text_walk import CardText

_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
_NO_MARKDOWN = re.compile(r"[<>&`|]|\]\(|(?m:^\s*#)|(?m:^[ \t]+[-*+] )")
_DOSE = re.compile(r"\d\s?(?:mg|mcg|µg|g|mL|units?|tablets?)\b|\b(?:daily|weekly|twice|per week)\b", re.IGNORECASE)
# Decision 44: the labelled limit of an interacting drug, in the detail only.
_LABELLED_LIMIT = re.compile(r"\babove \d+ mg a day\b")
_LIMIT_MEMBERS = frozenset({"why", "ordered", "suggested", "dropped", "consider"})
_BANNED = re.compile(
    r"\bmust\b|\bcures?\b|\btreats\b|\bgold standard\b|\bguaranteed\b|(?<!almost )\bno controlled trials\b|\balert\b"
    r"|\brefer to rheumatology\b",
    re.IGNORECASE,
)
_FIGURES = re.compile(r"(?<![\d.])(?:5 of 8|62\.5|7 of 7|100 ?%)(?!\d)")


def fixed_part(text: str) -> str:
    """The text without its placeholders: what it always says."""
    return _PLACEHOLDER.sub("", text)


def lint(card_text: CardText) -> Iterator[str]:
    """What the rules find in a text; each complaint names its rule and the words."""
    said = fixed_part(card_text.text)
    if found := _NO_MARKDOWN.search(said):
        yield f"L4: '{found.group().strip()}' is not in the Markdown subset of cards"
    dosing = _LABELLED_LIMIT.sub("", said) if _may_name_a_limit(card_text) else said
    if found := _DOSE.search(dosing):
        yield f"L8: '{found.group()}' reads like a dose"
    if found := _BANNED.search(said):
        yield f"L9: '{found.group()}' is no word of a card"
    if found := _FIGURES.search(said):
        yield f"L10: '{found.group()}' has no identified source"


def _may_name_a_limit(card_text: CardText) -> bool:
    return card_text.model == "SafetyCase" and card_text.member in _LIMIT_MEMBERS
