"""The pack: for each rule what it says, asks, shows and rests on, and what changed since it was last reviewed."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from cds_service.pages.conditions import WRITTEN_OUT, ConditionWords, group_anchor, spaced
from cds_service.pages.guideline import guideline_context
from cds_service.pages.links import anchor_of
from cds_service.review_pack.card_lines import CardLines
from cds_service.review_pack.story_words import StoryTold, load_told, stories_about
from treatment_algorithm.knowledge_base import KnowledgeBase
from treatment_algorithm.knowledge_model import OrderRule, Recommendation, Rule, SafetyRule, ScenarioRule
from treatment_algorithm.reviews import Review, RuleReview, review_of
from treatment_algorithm.rule_content import Part, parts_of

_KINDS: Mapping[type[Rule], str] = {
    ScenarioRule: "scenario",
    Recommendation: "recommendation",
    OrderRule: "order rule",
    SafetyRule: "safety rule",
}
_ANCHOR = re.compile(r'href="#([^"]+)"')
_PLACE = re.compile(r'id="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the pack shows of one rule: the rule, its kind in words, its review, its parts and its stories."""

    rule: Rule
    kind: str
    review: RuleReview
    parts: tuple[Part, ...]
    stories: tuple[StoryTold, ...]

    def of_kind(self, kind: str) -> tuple[Part, ...]:
        """The parts of one kind, in the order in which the rule reaches them."""
        return tuple(part for part in self.parts if part.kind == kind)


def review_pack(
    knowledge: KnowledgeBase, folder: Traversable, reviews: Iterable[Review], rule_ids: Iterable[str] = ()
) -> str:
    """The pack as HTML that needs no other file: of the rules named, else of all; the same input, the same bytes.

    KeyError with the ID of a rule that is not there; KnowledgeError for a story file that cannot be read.
    """
    sheets = tuple(_sheets(knowledge, load_told(folder / "stories"), tuple(reviews), tuple(rule_ids)))
    environment = Environment(
        loader=ChoiceLoader([PackageLoader("cds_service.review_pack"), PackageLoader("cds_service.pages")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    guideline = guideline_context(knowledge)
    conditions: ConditionWords = guideline["conditions"]
    context = {
        **guideline,
        "manifest": knowledge.manifest,
        "content_hash": knowledge.content_hash,
        "style": (files("cds_service.pages") / "assets" / "pages.css").read_text(encoding="utf-8"),
        "sheets": sheets,
        "lines": CardLines(knowledge, conditions).of,
        "order_card": knowledge.order_card,
        "shows_order_card": any(isinstance(sheet.rule, OrderRule | SafetyRule) for sheet in sheets),
        "features": _shared(sheets, "feature"),
        "therapies": _shared(sheets, "therapy"),
        "words": _shared(sheets, "word"),
        "groups": tuple(_groups(sheets, conditions)),
    }
    named = _named_only(environment.get_template("pack.html").render({**context, "named": ()}), knowledge)
    return environment.get_template("pack.html").render({**context, "named": named})


def _sheets(
    knowledge: KnowledgeBase, stories: tuple[StoryTold, ...], reviews: tuple[Review, ...], rule_ids: tuple[str, ...]
) -> Iterator[Sheet]:
    rules = {rule.id: rule for rule in knowledge.rules}
    for identity in rule_ids or rules:
        rule = rules[identity]
        yield Sheet(
            rule,
            _KINDS[type(rule)],
            review_of(knowledge, rule, reviews),
            parts_of(knowledge, rule),
            stories_about(stories, identity),
        )


def _shared(sheets: Iterable[Sheet], kind: str) -> tuple[Any, ...]:
    return tuple({part.id: part.value for sheet in sheets for part in sheet.of_kind(kind)}.values())


def _groups(sheets: Iterable[Sheet], conditions: ConditionWords) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """(anchor, name, members) of the groups that are named and not written out."""
    for name in sorted({part.id for sheet in sheets for part in sheet.of_kind("group")}):
        members = conditions.members(name)
        if len(members) > WRITTEN_OUT:
            yield group_anchor(name), spaced(name), members


def _named_only(page: str, knowledge: KnowledgeBase) -> tuple[tuple[str, str, str], ...]:
    """(anchor, ID, words) of what the pack names and does not hold: other rules, and what a decision or source says."""
    evidence = knowledge.evidence
    words = {
        **{rule.id: rule.title for rule in knowledge.rules},
        **{one.id: one.citation for one in evidence.sources.values()},
        **{one.id: f"“{one.quote}”" for one in evidence.statements.values()},
        **{one.id: one.fill for one in evidence.holes.values()},
        **{one.id: one.text for one in evidence.decisions.values()},
        **{one.id: one.topic for one in evidence.updates.values()},
        **{one.id: f"{one.drug}: {one.when}" for one in evidence.planned_safety.values()},
        **{one.id: one.title for one in knowledge.features},
    }
    missing = set(_ANCHOR.findall(page)) - set(_PLACE.findall(page))
    return tuple((anchor_of(name), name, said) for name, said in words.items() if anchor_of(name) in missing)
