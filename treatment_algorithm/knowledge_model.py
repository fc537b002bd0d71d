"""The form of the rules: scenarios, recommendations, order triggers, safety rules, features, therapies.

Strict, frozen models; the medicine itself stands in knowledge/*.yaml. Texts are described in card_texts.py.
"""

from enum import StrEnum
from functools import cached_property
from typing import Any, Literal

from pydantic import Field

from treatment_algorithm.card_texts import (
    CardBody,
    NotRecorded,
    Record,
    Text,
    Topic,
    UseSuggestion,
)
from treatment_algorithm.chart_predicates import SUBJECT, Names, Ordering, Taking
from treatment_algorithm.predicates import Node, walk
from treatment_algorithm.provenance import Provenance


class FeatureDefinition(Record):
    """A clinical feature (F-*): `when` decides; with `not_when`, what neither decides is unknown (decision 5)."""

    id: str = Field(pattern=r"^F-[A-Z0-9-]+$")
    title: str
    when: Node
    not_when: Node | None = None


class Therapy(Record):
    """A therapy whose effect is judged (evidence.md 2.2): `minimum_weeks` None = never failed by duration."""

    id: str
    label: str
    drugs: Names
    immunosuppressive: bool
    minimum_weeks: int | None = None
    not_routes: Names = ()


class Rule(Provenance):
    """What every rule has: an ID of the specification, a title and a sentence for the guideline page."""

    id: str
    title: str
    says: str


class ScenarioRule(Rule):
    """A situation (SC-*). The first `base` scenario in file order that is yes is the one; `beside` ones join it.

    `silent` scenarios end the evaluation without a card; `before_all` ones are asked first, at every hook.
    """

    id: str = Field(pattern=r"^SC-[A-Z-]+$")
    kind: Literal["silent", "base", "beside"]
    when: Node
    hooks: Names = ("patient-view",)


class Recommendation(Rule):
    """Something that can be considered (R-*): `when` offers it; its drug is checked by the safety rules.

    `drug`: what it suggests; it is dropped when none of them is usable. `judges`: further drugs that it names and
    whose safety rules are therefore asked. `name`: how the 'not suggested' line calls it (else its drug's label).
    `bullet`: what a card says. `strength` is the project's wording.
    """

    id: str = Field(pattern=r"^R-[A-Z-]+$")
    strength: Literal["recommend", "consider", "option", "good practice", "text"]
    when: Node
    drug: Names = ()
    third_line: bool = False
    bullet: Text = ()
    judges: Names = ()
    name: str = ""


class Action(StrEnum):
    """What a safety rule does (evidence.md section 3); `silent` drops a suggestion without a word."""

    SUPPRESS = "suppress"
    SUPPRESS_WARNING = "suppress-warning"
    WARN = "warn"
    MENTION = "mention"
    SILENT = "silent"

    @property
    def suppresses(self) -> bool:
        """Whether a drug with this action is no longer suggested."""
        return self in (Action.SUPPRESS, Action.SUPPRESS_WARNING, Action.SILENT)


class SafetyCase(Record):
    """One tier of a safety rule; the first case that is yes acts.

    `ordered` / `suggested` are bullets; `dropped` the reason of 'not suggested'; `why` joins the first paragraph;
    `order_only`: acts only on an order (a check before a biologic is no reason against naming it at patient-view).
    """

    when: Node
    action: Action
    order_only: bool = False
    blocks_draft: bool = False
    summary: Text = ()
    why: Text = ()
    ordered: Text = ()
    heading: str | None = None
    suggested: Text = ()
    dropped: Text = ()
    consider: Text = ()
    suggestions: tuple[UseSuggestion, ...] = ()


class SafetyRule(Rule):
    """A safety rule (SAFE-*) about a drug; with a `partner` it is a pair rule and acts from both sides.

    `check`: the items to be named as not recorded while the rule is unknown. `always_mention`: shown beside every
    suggestion of the drug, also at patient-view (decision 34).
    """

    id: str = Field(pattern=r"^SAFE-[A-Z0-9-]+$")
    about: Names
    partner: Taking | None = None
    cases: tuple[SafetyCase, ...] = Field(min_length=1)
    at_patient_view: bool = True
    critical_unseen: bool = False
    card_source: str | None = None
    links: Names = ()

    @cached_property
    def cases_suggested(self) -> tuple[SafetyCase, ...]:
        """The cases that can act on a suggestion."""
        return tuple(case for case in self.cases if not case.order_only)

    @property
    def about_any(self) -> bool:
        """Whether the rule judges every drug."""
        return self.about == (SUBJECT,)

    @cached_property
    def same_for_every_drug(self) -> bool:
        """Whether nothing that the rule asks depends on which of its drugs is judged."""
        asked: list[Any] = [self.partner] if self.partner else []
        asked += [part for case in self.cases for part in walk(case.when)]
        return not any(SUBJECT in getattr(part, "concept", ()) for part in asked)

    @cached_property
    def partner_ordered(self) -> Ordering:
        """The partner as a draft order; only asked of a pair rule."""
        spec = self.partner
        return Ordering(
            spec.concept if spec else self.about,
            routes=spec.routes if spec else (),
            not_routes=spec.not_routes if spec else (),
            daily_mg_above=spec.daily_mg_above if spec else None,
            unknown_dose_counts=bool(spec and spec.unknown_dose_counts),
        )


class Cited(Record):
    """A rule that a card names in its extension when `when` is yes."""

    rule: str
    when: Node


class CardTemplate(CardBody):
    """A patient-view card: the first template of its `decision` whose `when` is yes is written.

    `rules`: scenarios that stand in its extension when they hold; `cites`: rules that one of its own lines rests on.
    Without an option left it is not written, unless a safety rule took one out (2.6) or it is `always` written.
    """

    id: str
    decision: Literal["disease-control", "local-treatment"]
    when: Node
    topic: Topic
    rules: Names
    cites: tuple[Cited, ...] = ()
    always: bool = False


class OrderMessage(CardBody):
    """What an OS rule says of an order when `when` is yes."""

    when: Node
    indicator: Literal["info", "warning"]
    topic: Topic
    also: Names = ()


class OrderRule(Rule):
    """What a selected order of these concepts triggers (OS-*): safety rules always, the first message that holds.

    `checks_label` is the guideline link of a card that only safety rules give; `why` joins the first paragraph of
    every card of the order, `not_recorded` the list at its end.
    """

    id: str = Field(pattern=r"^OS-[A-Z]+$")
    orders: Names = ()
    not_routes: Names = ()
    routes: Names = ()
    messages: tuple[OrderMessage, ...] = ()
    checks_label: str
    why: Text = ()
    not_recorded: tuple[NotRecorded, ...] = ()


class Manifest(Record):
    """The release of the knowledge: SemVer of its own, date, what text it encodes.

    `calcinosis`: the concept it is about; `population` and `order_scope`: the features that a card needs at
    patient-view and at the order hooks; `partner_rule`: the OS rule of an order that meets a current drug;
    `underlying`: the diseases that an order may be for without pointing elsewhere.
    """

    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    released: str
    encodes: str
    title: str
    calcinosis: str
    population: str
    order_scope: str
    partner_rule: str
    underlying: Names
