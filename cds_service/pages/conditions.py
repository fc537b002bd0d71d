"""ConditionWords: a rule's condition as words a clinician reads, either one line or a list of lists."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from cds_service.pages.links import Links, anchor_of
from treatment_algorithm.chart_predicates import SUBJECT, Usable
from treatment_algorithm.explanation import describe
from treatment_algorithm.knowledge_base import KnowledgeBase
from treatment_algorithm.predicates import (
    Every,
    Feature,
    InScenario,
    Not,
    OnCard,
    Predicate,
    Some,
    Unknown,
    walk,
)

WRITTEN_OUT = 2
"""A group with no more members than this is written out; a larger one is named and linked."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A line, and the lines under it."""

    text: Markup
    parts: tuple["Clause", ...] = ()


class ConditionWords:
    """Conditions in words; drugs and findings by the labels that cards use, features by their titles.

    `brief`: titles without what stands in brackets, for the drawing.
    """

    def __init__(self, knowledge: KnowledgeBase, links: Links, *, brief: bool = False) -> None:
        self._knowledge = knowledge
        self._links = links
        self._titles = {
            feature.id: re.sub(r" \([^()]*\)", "", feature.title) if brief else feature.title
            for feature in knowledge.features
        }
        self._therapies = {therapy.id: therapy.label for therapy in knowledge.therapies}

    def tree(self, predicate: Predicate) -> Clause:
        """The condition as a list of lists: 'all of' and 'any of' with their parts."""
        if _open(predicate) is None:
            match predicate:
                case Every(of=parts):
                    return self._listed("All of:", parts)
                case Some(of=parts):
                    return self._listed("Any of:", parts)
                case Not(of=Every(of=parts)):
                    return self._listed("Not all of:", parts)
                case Not(of=Some(of=parts)):
                    return self._listed("None of:", parts)
                case Unknown(of=Every() | Some() as inner):
                    return Clause(Markup("Not known whether:"), (self.tree(inner),))
        return Clause(self.inline(predicate))

    def inline(self, predicate: Predicate) -> Markup:
        """The condition in one line."""
        if (asked := _open(predicate)) is not None:
            return Markup("{} (or not known)").format(self._grouped(asked))
        match predicate:
            case Every(of=parts):
                return Markup(" and ").join(self._grouped(part) for part in parts)
            case Some(of=parts):
                return Markup(" or ").join(self._grouped(part) for part in parts)
            case Not(of=InScenario(ids=ids)):
                return Markup("the scenario is not {}").format(self._either(ids))
            case Not(of=Usable(concept=names)):
                return Markup("{} cannot be suggested").format(self.named(names, " or "))
            case Not(of=inner):
                return Markup("not {}").format(self._grouped(inner))
            case Unknown(of=inner):
                return Markup("not known whether {}").format(self._grouped(inner))
            case Feature(id=identity):
                return Markup('<a href="#{}">{}</a>').format(anchor_of(identity), self._titles[identity])
            case InScenario(ids=ids):
                return Markup("the scenario is {}").format(self._either(ids))
            case OnCard(ids=ids):
                return Markup("on the card: {}").format(self._either(ids))
            case Usable(concept=names):
                return Markup("{} can be suggested").format(self.named(names, " or "))
        return self._leaf(predicate)

    def named(self, names: Iterable[str], between: str = ", ") -> Markup:
        """Concepts and groups by the labels of cards, groups linked to their members."""
        return escape(between).join(self.name(name) for name in names)

    def name(self, name: str) -> Markup:
        """One concept or group."""
        if name == SUBJECT:
            return Markup("this drug")
        if name in self._therapies:
            return escape(self._therapies[name])
        members = self.members(name)
        if 0 < len(members) <= WRITTEN_OUT:
            return escape(" or ".join(members))
        if members:
            return Markup('<a href="#{}">{}</a>').format(group_anchor(name), spaced(name))
        return escape(spaced(name))

    def members(self, name: str) -> tuple[str, ...]:
        """The labels of what a concept or group stands for, sorted; none where the name is neither."""
        concepts = self._knowledge.concepts
        if name not in concepts.sets and name not in concepts.concepts:
            return ()
        return tuple(sorted({self._knowledge.label(concept) for concept in concepts.expand(name)}, key=str.casefold))

    def _listed(self, lead: str, parts: Iterable[Predicate]) -> Clause:
        return Clause(escape(lead), tuple(self.tree(part) for part in parts))

    def _either(self, identities: Iterable[str]) -> Markup:
        return Markup(" or ").join(self._links.to(identity) for identity in identities)

    def _grouped(self, predicate: Predicate) -> Markup:
        words = self.inline(predicate)
        composite = isinstance(predicate, Every | Some) and _open(predicate) is None
        return Markup("({})").format(words) if composite else words

    def _leaf(self, predicate: Predicate) -> Markup:
        names = sorted(names_in(predicate), key=len, reverse=True)
        said = describe(predicate)
        if not names:
            return self._links.linked(said)
        by_words = {spaced(name): name for name in names}
        pieces = re.split(f"({'|'.join(re.escape(words) for words in by_words)})", said)
        return Markup("").join(
            self.name(by_words[piece]) if piece in by_words else self._links.linked(piece) for piece in pieces
        )


def names_in(predicate: Predicate) -> tuple[str, ...]:
    """The concepts, groups and therapies that a single question names."""
    asked: Any = predicate
    return tuple(getattr(asked, "concept", ())) + tuple(getattr(asked, "therapies", ()))


def groups_in(predicates: Iterable[Predicate]) -> set[str]:
    """Every name that the conditions ask for, at any depth."""
    return {name for predicate in predicates for part in walk(predicate) for name in names_in(part)}


def group_anchor(name: str) -> str:
    """The id of the element that lists a group's members."""
    return f"group-{name.replace('_', '-')}"


def spaced(name: str) -> str:
    """A name of the knowledge files as words."""
    return name.replace("_", " ")


def _open(predicate: Predicate) -> Predicate | None:
    """What must hold or be unknown, which the vocabulary can only say with two parts."""
    if isinstance(predicate, Some) and len(predicate.of) == 2:
        asked, unknown = sorted(predicate.of, key=lambda part: isinstance(part, Unknown))
        if isinstance(unknown, Unknown) and unknown.of in (asked, getattr(asked, "of", None)):
            held: Predicate = asked
            return held
    return None
