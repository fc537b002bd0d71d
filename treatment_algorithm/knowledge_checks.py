"""Cross-checks of the knowledge: every name that a rule uses exists, every ID is its own, every rule has a source."""

from collections.abc import Iterable, Iterator
from importlib.resources.abc import Traversable

from pydantic import BaseModel

from treatment_algorithm.card_texts import Link, UseSuggestion
from treatment_algorithm.chart_predicates import SUBJECT, Failed, Measured, Sex, Usable
from treatment_algorithm.dead_entries import dead_entries
from treatment_algorithm.knowledge_base import KnowledgeBase
from treatment_algorithm.knowledge_errors import KnowledgeError
from treatment_algorithm.knowledge_files import entry_lines, yaml_files
from treatment_algorithm.knowledge_model import Rule
from treatment_algorithm.knowledge_walk import entries_of, predicates_of, values_of
from treatment_algorithm.predicates import Feature, InScenario, OnCard

SUMMARY_LIMIT = 120
LABEL_LIMIT = 60


def check_knowledge(knowledge: KnowledgeBase, folder: Traversable) -> None:
    """Raise KnowledgeError, with file and line, at the first unknown name, repeated ID or dead entry."""
    lines = _lines(folder)
    _check_unique(knowledge, lines)
    earlier: set[str] = set()
    for feature in knowledge.features:
        unknown = {p.id for p in predicates_of(feature) if isinstance(p, Feature)} - earlier
        if unknown:
            _fail(lines, feature.id, f"uses {sorted(unknown)[0]}, which is not defined before it")
        earlier.add(feature.id)
    for entry in entries_of(knowledge):
        identity = getattr(entry, "id", "")
        for message in _complaints(knowledge, entry):
            _fail(lines, identity, message)
    for identity, message in dead_entries(knowledge):
        _fail(lines, identity, message)


def _lines(folder: Traversable) -> dict[str, tuple[str, int]]:
    lines: dict[str, tuple[str, int]] = {}
    for place in (folder, folder / "safety", folder / "cards"):
        for file in yaml_files(place):
            lines |= {identity: (file.name, line) for identity, line in entry_lines(file).items()}
    return lines


def _fail(lines: dict[str, tuple[str, int]], identity: str, message: str) -> None:
    file, line = lines.get(identity, ("knowledge", None))
    raise KnowledgeError(file, line, f"{identity}: {message}")


def _check_unique(knowledge: KnowledgeBase, lines: dict[str, tuple[str, int]]) -> None:
    seen: set[str] = set()
    identities = [rule.id for rule in knowledge.rules]
    identities += [feature.id for feature in knowledge.features]
    identities += [card.id for card in knowledge.cards]
    for identity in identities:
        if identity in seen:
            _fail(lines, identity, "stands twice")
        seen.add(identity)


def _complaints(knowledge: KnowledgeBase, entry: BaseModel) -> Iterator[str]:
    yield from _name_complaints(knowledge, entry)
    for value in values_of(entry):
        if isinstance(value, UseSuggestion) and value.use not in knowledge.suggestions:
            yield f"unknown suggestion '{value.use}'"
        if isinstance(value, Link):
            yield from _link_complaints(knowledge, value)
        for name in ("override_reasons",):
            for code in getattr(value, name, ()) or ():
                if code not in knowledge.override_reasons:
                    yield f"unknown override reason '{code}'"
        for option in getattr(value, "options", ()) or ():
            if option not in {recommendation.id for recommendation in knowledge.recommendations}:
                yield f"unknown recommendation '{option}'"
        for fragment in getattr(value, "summary", ()) or ():
            if len(fragment.text) > 2 * SUMMARY_LIMIT:
                yield "a summary that cannot fit"
    if isinstance(entry, Rule):
        for source in entry.sources:
            if source not in knowledge.evidence.sources and source != "D":
                yield f"unknown source '{source}'"
        if entry.review == "approved" and not (entry.reviewed_by and entry.reviewed_on):
            yield "approved without reviewer and date"


def _link_complaints(knowledge: KnowledgeBase, link: Link) -> Iterator[str]:
    if link.source is not None and link.source not in knowledge.evidence.sources:
        yield f"unknown source '{link.source}'"
    elif link.source is not None and knowledge.evidence.sources[link.source].url is None:
        yield f"source '{link.source}' has no address to link to"
    if link.anchor is not None and link.anchor.upper() not in {rule.id for rule in knowledge.rules}:
        yield f"no rule for the anchor '{link.anchor}'"


def _name_complaints(knowledge: KnowledgeBase, entry: BaseModel) -> Iterator[str]:
    names: list[str] = []
    for field in ("orders", "about", "drug", "judges", "drugs"):
        names += getattr(entry, field, ()) or ()
    for predicate in predicates_of(entry):
        match predicate:
            case Feature(id=feature):
                yield from _missing((feature,), {f.id for f in knowledge.features}, "feature")
            case InScenario(ids=scenarios):
                yield from _missing(scenarios, {s.id for s in knowledge.scenarios}, "scenario")
            case OnCard(ids=ids):
                known = {rule.id for rule in knowledge.rules} | set(knowledge.suggestions)
                yield from _missing(ids, known, "rule or suggestion")
            case Failed(therapies=therapies):
                yield from _missing(therapies, {t.id for t in knowledge.therapies}, "therapy")
            case Sex():
                continue
            case Measured(concept=measured) if predicate.has_number:
                names += measured
                yield from _unit_complaints(knowledge, measured)
            case Usable(concept=concepts):
                single = knowledge.concepts.concepts.keys() | {SUBJECT}
                yield from (
                    f"'usable' asks about one drug, and '{name}' is a set" for name in concepts if name not in single
                )
            case _:
                names += getattr(predicate, "concept", ())
    known = knowledge.concepts.concepts.keys() | knowledge.concepts.sets.keys() | {SUBJECT}
    yield from _missing(names, known, "concept or set")


def _unit_complaints(knowledge: KnowledgeBase, names: Iterable[str]) -> Iterator[str]:
    """A number means nothing without a unit: cues.yaml gives each measured concept the one that facts carry."""
    for name in names:
        known = name in knowledge.concepts.sets or name in knowledge.concepts.concepts
        for concept in sorted(knowledge.concepts.expand(name)) if known else ():
            if concept not in knowledge.cues.units:
                yield f"compares '{concept}' with a number, and cues.yaml gives it no unit"


def _missing(names: Iterable[str], known: Iterable[str], what: str) -> Iterator[str]:
    found = set(known)
    for name in names:
        if name not in found:
            yield f"unknown {what} '{name}'"
