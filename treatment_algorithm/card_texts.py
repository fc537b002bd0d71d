"""The form of the texts of cards: fragments, blocks, suggestions and their drafts, words (knowledge/cards and others).

A text is a plain string, or strings each with a `when`. Placeholders in braces are words of words.yaml or phrases of
cards/phrases.py; both are checked when the knowledge is loaded.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from treatment_algorithm.chart_predicates import Names
from treatment_algorithm.predicates import Node


class Record(BaseModel):
    """One entry of a knowledge file: unknown members are errors, nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Fragment(Record):
    """A piece of text that is said when `when` is yes (always, if there is no `when`)."""

    text: str
    when: Node | None = None


def _fragments(value: Any) -> Any:
    items = value if isinstance(value, list) else [value]
    return tuple({"text": item} if isinstance(item, str) else item for item in items)


Text = Annotated[tuple[Fragment, ...], BeforeValidator(_fragments)]
"""One string, or a list of strings and `{when, text}`."""


class UseSuggestion(Record):
    """A suggestion template by id, offered when `when` is yes; texts given here replace the template's."""

    use: str
    when: Node | None = None
    label: Text = ()
    text: Text = ()
    note: Text = ()
    description: Text = ()


class NotRecorded(Record):
    """An item of the 'Not recorded' line: said while `unless` is not yes."""

    label: str
    unless: Node
    when: Node | None = None


class Block(Record):
    """A part of a card's detail: `options` lists recommendations, `warnings` the drugs whose safety lines it says.

    `cut`: lines beyond this number may be cut when the detail is over 150 words (card-style rule 7).
    """

    when: Node | None = None
    heading: Text = ()
    text: Text = ()
    bullets: Text = ()
    options: Names = ()
    warnings: Names = ()
    cut: int | None = None


class Topic(Record):
    """source.topic of a card."""

    code: str
    display: str


class Link(Record):
    """A link of a card: a guideline anchor with its label, or a source of sources.yaml."""

    anchor: str | None = None
    label: str | None = None
    source: str | None = None
    when: Node | None = None


class CardBody(Record):
    """The texts of one card, in the order of card-style.md rule 7."""

    summary: Text
    why: Text
    body: tuple[Block, ...] = ()
    evidence: Text = ()
    not_recorded: tuple[NotRecorded, ...] = ()
    not_recorded_tail: Text = ()
    suggestions: tuple[UseSuggestion, ...] = ()
    selection: Literal["any", "at-most-one"] = "any"
    override_reasons: Names = ()
    links: tuple[Link, ...] = ()
    card_source: str | None = None


class CouldNotCheck(CardBody):
    """The card for an order whose chart could not be read."""

    topic: Topic


class OrderCardTexts(Record):
    """What every order card shares (order_card.yaml)."""

    override_reasons: Names
    why: Text
    could_not_check: CouldNotCheck


class ActionTemplate(Record):
    """One action of a suggestion. `code` and `category` name concepts with a verified code, else text only.

    `resource`: ServiceRequest or MedicationRequest; `update` and `delete` act on the selected order.
    """

    type: Literal["create", "update", "delete"]
    description: Text
    when: Node | None = None
    resource: Literal["ServiceRequest", "MedicationRequest"] | None = None
    id: str | None = None
    category: str | None = None
    category_text: str | None = None
    code: str | None = None
    text: Text = ()
    note: Text = ()


class SuggestionTemplate(Record):
    """A suggestion that cards can offer; `drug_draft` ones pass the gate of card-style rules 18 and 19.

    `requires`: all must be yes before the drug is drafted (decision 31).
    """

    id: str
    label: Text
    when: Node | None = None
    drug_draft: bool = False
    requires: tuple[Node, ...] = ()
    off_label: bool = False
    actions: tuple[ActionTemplate, ...] = Field(min_length=1)


class Word(Record):
    """A word that texts use in braces: the first variant whose `when` is yes."""

    id: str = Field(pattern=r"^[a-z_]+$")
    variants: Text = Field(min_length=1)


class OverrideReason(Record):
    """A code of the CDS Hooks example code system for override reasons, with its official display."""

    code: str
    display: str
