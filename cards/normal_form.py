"""The normal form of cards: what they say, without what belongs to one call or to one chart's own ids.

Two answers with the same normal form say the same. Left out: uuids, subject, encounter, requester and dates of
drafts, the rest of a draft order that an update takes over; the address of this service; references are given by
their numbers (feature_record.py).
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from cards.frame import EXTENSION
from cards.model import Action, Card

_KEPT_OF_DRAFT = ("resourceType", "medicationCodeableConcept", "code", "category", "note")


def normal_form(cards: Iterable[Card], base_url: str, references: Mapping[str, str]) -> list[dict[str, Any]]:
    """The cards as JSON values in their normal form; `references`: the chart's own -> what stands for it."""
    return [_card(card, base_url, references) for card in cards]


def digest_of(normal: list[dict[str, Any]]) -> str:
    """The SHA-256 of a normal form, in hexadecimal digits."""
    return hashlib.sha256(msgspec.json.encode(normal, order="deterministic")).hexdigest()


def _card(card: Card, base_url: str, references: Mapping[str, str]) -> dict[str, Any]:
    extension = dict((card.extension or {}).get(EXTENSION, {}))
    extension["basis"] = [references.get(reference, "") for reference in extension.get("basis", ())]
    suggestions = card.suggestions or ()
    return {
        "summary": card.summary,
        "indicator": card.indicator,
        "detail": card.detail,
        "source": [card.source.label, _path(card.source.url, base_url)],
        "suggestions": [
            [one.label, one.is_recommended, [_action(a) for a in one.actions or ()]] for one in suggestions
        ],
        "selectionBehavior": card.selection_behavior,
        "overrideReasons": [reason.code for reason in card.override_reasons or ()],
        "links": [[link.label, _path(link.url, base_url)] for link in card.links or ()],
        "extension": extension,
    }


def _action(action: Action) -> list[Any]:
    resource = action.resource or {}
    return [action.type, action.description, {name: resource[name] for name in _KEPT_OF_DRAFT if name in resource}]


def _path(url: str | None, base_url: str) -> str | None:
    return url.removeprefix(base_url) if url else None
