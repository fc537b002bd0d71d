"""The card as CDS Hooks 2.0 defines it; members without a value are left out (GEN-2, GEN-4)."""

from typing import Any, Literal

import msgspec

Indicator = Literal["info", "warning", "critical"]


class Coding(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel", kw_only=True):
    """A code of a code system."""

    code: str
    system: str
    display: str | None = None


class Source(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel", kw_only=True):
    """Where the guidance of a card comes from (CARD-7 to CARD-9)."""

    label: str
    url: str | None = None
    topic: Coding | None = None


class Link(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel", kw_only=True):
    """A link of a card; absolute ones only (decision 21)."""

    label: str
    url: str
    type: Literal["absolute"]


class Action(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel", kw_only=True):
    """One action of a suggestion (ACT-1 to ACT-5)."""

    type: Literal["create", "update", "delete"]
    description: str
    resource: dict[str, Any] | None = None
    resource_id: str | None = None


class Suggestion(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel", kw_only=True):
    """A suggestion that the client can apply (SUG-1, SUG-2)."""

    label: str
    uuid: str
    is_recommended: bool | None = None
    actions: list[Action] | None = None


class Card(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel", kw_only=True):
    """One card (CARD-1 to CARD-13)."""

    uuid: str
    summary: str
    indicator: Indicator
    detail: str
    source: Source
    suggestions: list[Suggestion] | None = None
    selection_behavior: Literal["any", "at-most-one"] | None = None
    override_reasons: list[Coding] | None = None
    links: list[Link] | None = None
    extension: dict[str, Any] | None = None


class CdsResponse(msgspec.Struct, frozen=True):
    """The answer of a hook: `cards` is always there, an empty list means evaluated and nothing to say (RESP-2)."""

    cards: list[Card]
