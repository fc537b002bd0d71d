"""The evidence as data: sources, the statements of the source text, holes, updates, decisions, standard sentences.

Nothing here decides about a patient. The guideline page prints it, cards take their standard sentences from it, and
the tests prove that every statement has a home. Content: knowledge/*.yaml; specification: evidence.md 1, 2.7, 3, 4, 6.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Annotated, Any, TypeVar

from pydantic import Field, TypeAdapter

from treatment_algorithm.card_texts import Record
from treatment_algorithm.knowledge_errors import KnowledgeError
from treatment_algorithm.knowledge_files import line_of, read_models
from treatment_algorithm.provenance import read_itself

RuleId = Annotated[str, Field(pattern=r"^(SC|R|OS|SAFE)-[A-Z0-9-]+$")]
Home = Annotated[str, Field(pattern=r"^((SC|R|OS|SAFE)-[A-Z0-9-]+|sentence:[a-z_]+|guideline)$")]
"""Where a statement lives: a rule, `sentence:<key>`, or `guideline` (the page, and no card)."""

Url = Annotated[str, Field(pattern=r"^https://[a-z0-9.-]+/\S+$")]
Words = Annotated[str, Field(min_length=1)]


class Source(Record):
    """A publication, label or text that rules and statements cite.

    `label`: what a card's link says. `mark`: the provenance mark of evidence.md, word for word. `read`: which part
    was read, and what it shows. `url` is None where the material gives none; such a source is never a link.
    """

    id: str = Field(pattern=r"^[A-Z][A-Z0-9-]+$")
    label: str = Field(min_length=1, max_length=60)
    citation: Words
    url: Url | None
    mark: str = Field(pattern=r"^(seen|unverified)([ ,].+)?$")
    read: Words

    @property
    def read_itself(self) -> bool:
        """Whether the figure or phrase was read in the source itself (provenance.py)."""
        return read_itself(self.mark)


class Agreement(StrEnum):
    """Whether the sources say what the source text says (evidence.md 1.2)."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"
    CANNOT_TELL = "cannot tell"


class Statement(Record):
    """One statement of the source text (S1 to S30): its exact words, and what became of them."""

    id: str = Field(pattern=r"^S\d+$")
    quote: Words
    meaning: Words
    source_says: Words
    agrees: Agreement
    note: str | None
    sources: tuple[str, ...] = Field(min_length=1)
    homes: tuple[Home, ...] = Field(min_length=1)


class Hole(Record):
    """A hole or conflict of the source text (H1 to H11) and how it is filled (evidence.md 1.3)."""

    id: str = Field(pattern=r"^H\d+$")
    conflict: Words
    fill: Words
    homes: tuple[Home, ...] = Field(min_length=1)


class Update(Record):
    """Evidence after the source text (U-*), shown and never computed with (evidence.md section 4).

    `mark` is None where the row carries none of its own: then the marks of its sources hold.
    """

    id: str = Field(pattern=r"^U-[A-Z0-9-]+$")
    topic: Words
    seen: Words
    mark: str | None
    sources: tuple[str, ...]
    urls: tuple[Url, ...]


class DesignDecision(Record):
    """A decision that rests on no source (D-0 to D-15) and is to be confirmed by a clinician (evidence.md 6)."""

    id: str = Field(pattern=r"^D-\d+$")
    text: Words


class Sentence(Record):
    """A standard sentence of the cards, word for word (evidence.md 2.7); `basis` names statements, holes, decisions."""

    key: str = Field(pattern=r"^[a-z_]+$")
    text: Words
    when: Words
    sources: tuple[str, ...]
    basis: tuple[str, ...]


class Occasion(StrEnum):
    """What must hold of the patient or the order for a sentence to be mandatory."""

    ALWAYS = "always"
    WHILE_DRAFT = "while_draft"
    ACTIVITY_UNKNOWN = "activity_unknown"
    ADULT_ONSET = "adult_onset"
    SYSTEMIC_SCLEROSIS = "systemic_sclerosis"
    NOT_SYSTEMIC_SCLEROSIS = "not_systemic_sclerosis"
    CALCINOSIS_CURRENT = "calcinosis_current"
    WARFARIN_ORDERED = "warfarin_ordered"


class Need(Record):
    """A sentence that a card must carry on an occasion; with `option`, only while the card offers that one."""

    sentence: str
    when: Occasion
    option: RuleId | None = None


class Mandate(Record):
    """The sentences that cards of these rules must carry; a rule `SAFE-*` means every safety rule."""

    rules: tuple[Annotated[str, Field(pattern=r"^(SC|R|OS|SAFE)-[A-Z0-9*-]+$")], ...] = Field(min_length=1)
    basis: Words
    needs: tuple[Need, ...] = Field(min_length=1)

    def covers(self, rule_id: str) -> bool:
        """Whether the mandate is about this rule."""
        return any(rule == rule_id or (rule[-1] == "*" and rule_id.startswith(rule[:-1])) for rule in self.rules)


class PlannedRule(Record):
    """A safety rule that is specified but not checked by this version, in the words of its row (evidence.md 3)."""

    id: str = Field(pattern=r"^SAFE-[A-Z0-9-]+$")
    drug: Words
    when: Words
    action: Words
    source: Words


class SentenceFile(Record):
    """The whole of sentences.yaml."""

    sentences: tuple[Sentence, ...]
    mandatory: tuple[Mandate, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """All of it, each kind by its ID and in the order of its file."""

    sources: Mapping[str, Source]
    statements: Mapping[str, Statement]
    holes: Mapping[str, Hole]
    updates: Mapping[str, Update]
    decisions: Mapping[str, DesignDecision]
    sentences: Mapping[str, Sentence]
    mandates: tuple[Mandate, ...]
    planned_safety: Mapping[str, PlannedRule]


_Entry = TypeVar("_Entry", bound=Record)


def load_evidence(folder: Traversable) -> Evidence:
    """The evidence files of the knowledge folder, checked against each other; KnowledgeError with file and line."""
    file = read_models(folder.joinpath("sentences.yaml"), TypeAdapter(SentenceFile))
    evidence = Evidence(
        sources=_load(folder, "sources.yaml", TypeAdapter(tuple[Source, ...])),
        statements=_load(folder, "statements.yaml", TypeAdapter(tuple[Statement, ...])),
        holes=_load(folder, "holes.yaml", TypeAdapter(tuple[Hole, ...])),
        updates=_load(folder, "updates.yaml", TypeAdapter(tuple[Update, ...])),
        decisions=_load(folder, "design_decisions.yaml", TypeAdapter(tuple[DesignDecision, ...])),
        sentences=_by_id(folder, "sentences.yaml", file.sentences, ("sentences",)),
        mandates=file.mandatory,
        planned_safety=_load(folder, "planned_safety.yaml", TypeAdapter(tuple[PlannedRule, ...])),
    )
    _check_names(folder, evidence)
    return evidence


def needs_of(mandates: Iterable[Mandate], rule_ids: Collection[str]) -> tuple[Need, ...]:
    """The sentences that a card of these rules must carry, each once, in the order of the table (lint rule L6)."""
    covering = (mandate for mandate in mandates if any(mandate.covers(rule_id) for rule_id in rule_ids))
    return tuple(dict.fromkeys(need for mandate in covering for need in mandate.needs))


def _load(folder: Traversable, name: str, adapter: TypeAdapter[tuple[_Entry, ...]]) -> Mapping[str, _Entry]:
    return _by_id(folder, name, read_models(folder.joinpath(name), adapter), ())


def _by_id(
    folder: Traversable, name: str, entries: tuple[_Entry, ...], within: tuple[str, ...]
) -> Mapping[str, _Entry]:
    found: dict[str, _Entry] = {}
    for index, entry in enumerate(entries):
        identity = _identity(entry)
        if identity in found:
            raise _complaint(folder, name, (*within, index), f"{identity} stands twice")
        found[identity] = entry
    return MappingProxyType(found)


def _identity(entry: Any) -> str:
    return str(entry.key if isinstance(entry, Sentence) else entry.id)


def _check_names(folder: Traversable, evidence: Evidence) -> None:
    """Every source, sentence, statement, hole and decision that an entry names is there; no home is a planned rule."""
    homes = {"guideline"} | {f"sentence:{key}" for key in evidence.sentences}
    basis = evidence.statements.keys() | evidence.holes.keys() | evidence.decisions.keys()
    named: list[tuple[str, tuple[str | int, ...], Iterable[str], Collection[str]]] = []
    for index, statement in enumerate(evidence.statements.values()):
        named.append(("statements.yaml", (index, "sources"), statement.sources, evidence.sources))
        named.append(("statements.yaml", (index, "homes"), _not_rules(statement.homes, evidence), homes))
    for index, hole in enumerate(evidence.holes.values()):
        named.append(("holes.yaml", (index, "homes"), _not_rules(hole.homes, evidence), homes))
    for index, update in enumerate(evidence.updates.values()):
        named.append(("updates.yaml", (index, "sources"), update.sources, evidence.sources))
    for index, sentence in enumerate(evidence.sentences.values()):
        named.append(("sentences.yaml", ("sentences", index, "sources"), sentence.sources, evidence.sources))
        named.append(("sentences.yaml", ("sentences", index, "basis"), sentence.basis, basis))
    for index, mandate in enumerate(evidence.mandates):
        keys = [need.sentence for need in mandate.needs]
        named.append(("sentences.yaml", ("mandatory", index, "needs"), keys, evidence.sentences))
    for name, path, names, known in named:
        for missing in (item for item in names if item not in known):
            raise _complaint(folder, name, path, f"{missing} is not known")


def _not_rules(homes: Iterable[str], evidence: Evidence) -> list[str]:
    """The homes that are no rules, and the planned rules, in which nothing can live yet."""
    return [home for home in homes if home in evidence.planned_safety or "-" not in home]


def _complaint(folder: Traversable, name: str, path: tuple[str | int, ...], message: str) -> KnowledgeError:
    return KnowledgeError(name, line_of(folder.joinpath(name).read_text(encoding="utf-8"), path), message)
