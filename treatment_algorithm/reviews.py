"""Reviews: who looked at which rule, in which state, and with what verdict (knowledge/reviews.yaml, decision 12)."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

from pydantic import BeforeValidator, Field, TypeAdapter

from treatment_algorithm.card_texts import Record
from treatment_algorithm.knowledge_errors import KnowledgeError
from treatment_algorithm.knowledge_files import entry_lines, read_models, yaml_files
from treatment_algorithm.knowledge_model import Rule
from treatment_algorithm.rule_content import content_hash, part_hashes, parts_of

if TYPE_CHECKING:
    from treatment_algorithm.knowledge_base import KnowledgeBase

REVIEWS_FILE = "reviews.yaml"
_Rule = TypeVar("_Rule", bound=Rule)


class Review(Record):
    """One review. `content`: content_hash of the rule on that day; `parts`: part_hashes, to tell later what changed."""

    rule: str = Field(min_length=1)
    content: str = Field(pattern=r"^[0-9a-f]{32}$")
    reviewer: str = Field(min_length=1, pattern=r"\S")
    date: datetime.date
    verdict: Literal["approved", "changes-wanted"]
    comment: str = ""
    parts: Mapping[str, Annotated[str, Field(pattern=r"^[0-9a-f]{12}$")]]


class Standing(StrEnum):
    """How the latest review of a rule relates to the rule as it is."""

    APPROVED = "approved"
    CHANGES_WANTED = "changes wanted"
    CHANGED = "changed since the review"
    NEVER = "never reviewed"


@dataclass(frozen=True, slots=True)
class RuleReview:
    """A rule's latest review and what became of it.

    `content` and `parts` are today's; `changed`, `added` and `gone` name parts, empty while the rule is as reviewed.
    """

    standing: Standing
    content: str
    parts: Mapping[str, str]
    review: Review | None = None
    changed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()


def load_reviews(folder: Traversable) -> tuple[Review, ...]:
    """The reviews of a knowledge folder in the order of the file; none without a file.

    KnowledgeError with file and line for an entry that is none.
    """
    file = folder / REVIEWS_FILE
    if not file.is_file():
        return ()
    return read_models(file, TypeAdapter(Annotated[tuple[Review, ...], BeforeValidator(_nothing_is_none_yet)]))


def review_of(knowledge: "KnowledgeBase", rule: Rule, reviews: Iterable[Review]) -> RuleReview:
    """Where a rule stands: its last review in file order counts, whoever wrote it."""
    parts = part_hashes(parts_of(knowledge, rule))
    content = content_hash(parts)
    last = _latest(reviews).get(rule.id)
    if last is None:
        return RuleReview(Standing.NEVER, content, parts)
    if last.content == content:
        standing = Standing.APPROVED if last.verdict == "approved" else Standing.CHANGES_WANTED
        return RuleReview(standing, content, parts, last)
    return RuleReview(
        Standing.CHANGED,
        content,
        parts,
        last,
        changed=tuple(name for name, digest in parts.items() if last.parts.get(name, digest) != digest),
        added=tuple(name for name in parts if name not in last.parts),
        gone=tuple(name for name in last.parts if name not in parts),
    )


def with_reviews(knowledge: "KnowledgeBase", folder: Traversable) -> "KnowledgeBase":
    """The knowledge with every rule approved that the folder's reviews approve as it is, and no other.

    KnowledgeError where a rule claims an approval in its own entry: there it would outlive every change of the rule.
    """
    for rule in knowledge.rules:
        if rule.review != "draft" or rule.reviewed_by or rule.reviewed_on:
            file, line = _place(folder, rule.id)
            raise KnowledgeError(file, line, f"{rule.id}: a review stands in {REVIEWS_FILE}, not in the rule")
    latest = _latest(load_reviews(folder))
    if not latest:
        return knowledge

    def reviewed(rules: tuple[_Rule, ...]) -> tuple[_Rule, ...]:
        return tuple(_reviewed(knowledge, rule, latest) for rule in rules)

    safety_rules = reviewed(knowledge.safety_rules)
    by_id = {rule.id: rule for rule in safety_rules}
    by_drug = {drug: tuple(by_id[rule.id] for rule in rules) for drug, rules in knowledge.rules_by_drug.items()}
    return replace(
        knowledge,
        scenarios=reviewed(knowledge.scenarios),
        recommendations=reviewed(knowledge.recommendations),
        orders=reviewed(knowledge.orders),
        safety_rules=safety_rules,
        rules_by_drug=MappingProxyType(by_drug),
    )


def _nothing_is_none_yet(content: object) -> object:
    """A YAML file that holds only comments is a list without entries."""
    return () if content is None else content


def _latest(reviews: Iterable[Review]) -> Mapping[str, Review]:
    return {review.rule: review for review in reviews}


def _reviewed(knowledge: "KnowledgeBase", rule: _Rule, latest: Mapping[str, Review]) -> _Rule:
    last = latest.get(rule.id)
    if last is None or review_of(knowledge, rule, (last,)).standing is not Standing.APPROVED:
        return rule
    signed = {"review": "approved", "reviewed_by": last.reviewer, "reviewed_on": last.date.isoformat()}
    return rule.model_copy(update=signed)


def _place(folder: Traversable, identity: str) -> tuple[str, int | None]:
    files = (file for place in (folder, folder / "safety") for file in yaml_files(place))
    found = ((file.name, entry_lines(file).get(identity)) for file in files)
    return next(((name, line) for name, line in found if line is not None), ("knowledge", None))
