"""Links: every ID of the knowledge has an anchor on the guideline page, and every text that names one leads there."""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from markupsafe import Markup, escape

from treatment_algorithm.knowledge_base import KnowledgeBase

PROJECT = "D"
"""The `source` of a rule that rests on the project's own decision."""
_PUBLIC_IDS = (
    r"(?P<doi>doi:(?P<doi_path>10\.\d{4,9}/[^\s,;()\[\]]+(?:\([^\s()]*\)[^\s,;()\[\]]*)?))"
    r"|(?P<pmid>PMID (?P<pmid_path>\d{6,9}))"
    r"|(?P<pmc>(?P<pmc_path>PMC\d{6,9}))"
)
_MARK = r"\[(?P<mark>(?:seen|unverified)[^\]]*)\]"


def anchor_of(identity: str) -> str:
    """The id of the element that is about this entry: the lower-case ID."""
    return identity.lower()


class Links:
    """Texts of the knowledge as HTML: escaped, IDs linked, provenance marks set apart."""

    def __init__(self, knowledge: KnowledgeBase) -> None:
        self._knowledge = knowledge

    @cached_property
    def identities(self) -> tuple[str, ...]:
        """The ID of everything that has an element of its own, in the order of the page."""
        evidence = self._knowledge.evidence
        return (
            *(rule.id for rule in self._knowledge.rules),
            *evidence.planned_safety,
            *evidence.sources,
            *evidence.statements,
            *evidence.holes,
            *evidence.updates,
            *evidence.decisions,
            *(feature.id for feature in self._knowledge.features),
        )

    def linked(self, text: str) -> Markup:
        """The text with its IDs, DOIs and PubMed numbers as links and its marks as badges."""
        return Markup("").join(self._pieces(text))

    def to(self, identity: str) -> Markup:
        """A link to one entry; the plain words where it has no element of its own."""
        if identity == PROJECT:
            return Markup('<a href="#design-decisions">decision of the project</a>')
        if identity == "guideline":
            return Markup("this page only")
        if identity.startswith("sentence:"):
            key = identity.removeprefix("sentence:")
            return Markup('<a href="#sentence-{}">sentence “{}”</a>').format(key, key.replace("_", " "))
        if identity in self._known:
            return Markup('<a class="ref" href="#{}">{}</a>').format(anchor_of(identity), identity)
        return escape(identity)

    def all_to(self, identities: Iterable[str]) -> Markup:
        """Links to several entries, set off by commas."""
        return Markup(", ").join(self.to(identity) for identity in identities)

    def mark(self, mark: str) -> Markup:
        """A provenance mark as a badge; its words are always there, the colour only repeats them."""
        words = "decision of the project" if mark == PROJECT else mark
        return Markup('<span class="mark {}">{}</span>').format(_class_of(mark), words)

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.identities)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        names = "|".join(re.escape(name) for name in sorted(self.identities, key=len, reverse=True))
        return re.compile(rf"{_MARK}|{_PUBLIC_IDS}|(?<![\w-])(?P<id>{names})(?![\w]|-\w)")

    def _pieces(self, text: str) -> Iterator[Markup]:
        end = 0
        for found in self._pattern.finditer(text):
            yield escape(text[end : found.start()])
            yield self._piece(found)
            end = found.end()
        yield escape(text[end:])

    def _piece(self, found: re.Match[str]) -> Markup:
        parts = found.groupdict()
        if parts["mark"]:
            return self.mark(parts["mark"])
        if parts["id"]:
            return self.to(parts["id"])
        if parts["doi"]:
            path = parts["doi_path"].rstrip(".")
            tail = parts["doi_path"][len(path) :]
            return Markup('<a href="https://doi.org/{0}">doi:{0}</a>{1}').format(path, tail)
        if parts["pmid"]:
            return Markup('<a href="https://pubmed.ncbi.nlm.nih.gov/{0}/">PMID {0}</a>').format(parts["pmid_path"])
        return Markup('<a href="https://pmc.ncbi.nlm.nih.gov/articles/{0}/">{0}</a>').format(parts["pmc_path"])


def _class_of(mark: str) -> str:
    if "unverified" in mark:
        return "unverified"
    if mark == PROJECT:
        return "decided"
    return "seen" if mark == "seen" else "partly"
