"""ConceptTable: the clinical ideas the algorithm speaks of, with their codes, names and sets.

A concept is a key such as `dermatomyositis`; a set is a named group of concepts such as `steroid_sparing`. Both come
from knowledge/concepts, where README.md says how the files are kept.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

from treatment_algorithm.code_index import RXNORM, CodeIndex, CodeMeaning, SiteOrderable
from treatment_algorithm.concept_files import (
    CodeEntry,
    ConceptEntry,
    Folder,
    ListEntry,
    read_codes,
    read_concepts,
    read_lists,
    read_names,
)
from treatment_algorithm.concept_names import NAMES, SHARED_NAMES, ConceptNames, names_of_a_kind, shared_names
from treatment_algorithm.knowledge_errors import KnowledgeError


class ConceptKind(StrEnum):
    """What a concept is about; each kind has its own file."""

    CONDITION = "condition"
    MEDICATION = "medication"
    OBSERVATION = "observation"
    PROCEDURE = "procedure"
    ALLERGY_CLASS = "allergy-class"
    QUALIFIER = "qualifier"


_FILES = {
    "conditions.yaml": ConceptKind.CONDITION,
    "medications.yaml": ConceptKind.MEDICATION,
    "observations.yaml": ConceptKind.OBSERVATION,
    "procedures.yaml": ConceptKind.PROCEDURE,
    "allergens.yaml": ConceptKind.ALLERGY_CLASS,
    "severities.yaml": ConceptKind.QUALIFIER,
}
_CODES = "codes.csv"
_SETS = "sets.yaml"


@dataclass(frozen=True, slots=True)
class Concept:
    """One clinical idea.

    `label`: how a card names it in running text. `names`: reviewed names in lower case (decision 8), its
    `ingredients` among them. `lookalike`: must not be taken for the idea it resembles. `residual`: a drug class, meant
    only where the drug itself is unknown.
    """

    key: str
    kind: ConceptKind
    label: str
    names: tuple[str, ...] = ()
    ingredients: tuple[str, ...] = ()
    lookalike: bool = False
    residual: bool = False


@dataclass(frozen=True, slots=True)
class CodeRow:
    """One code of a concept: seen in public sources (`status`: verified or single-source), or a site's (`site`)."""

    system: str
    code: str
    display: str
    status: str
    provenance: str
    descendants: bool = False


@dataclass(frozen=True)
class ConceptTable:
    """All concepts and sets by their key; immutable, shared by all requests.

    `orderables`: what the site orders for a drug concept (docs/site-file.md); empty without a site file.
    """

    concepts: Mapping[str, Concept]
    sets: Mapping[str, frozenset[str]]
    _codes: CodeIndex
    _rows: Mapping[str, tuple[CodeRow, ...]]
    _names: Mapping[ConceptKind, ConceptNames]
    orderables: Mapping[str, SiteOrderable] = field(default_factory=lambda: MappingProxyType({}))

    def match(self, system: str, code: str) -> frozenset[str]:
        """The concepts of a code; empty for an unknown code or system, which never means "absent" (decision 8).

        ICD codes match with and without dots, `urn:oid:` systems as their URIs.
        """
        return self._codes.match(system, code)

    def expand(self, name: str) -> frozenset[str]:
        """The concepts of a set, or of a single concept (a set goes first); KeyError with the name when unknown."""
        found = self.sets.get(name)
        if found is not None:
            return found
        return frozenset({self.concepts[name].key})

    def code_rows(self, concept: str) -> tuple[CodeRow, ...]:
        """The codes of a concept in the order of the table; KeyError with the name when unknown."""
        return self._rows[concept]

    def names(self, kind: ConceptKind) -> Mapping[str, frozenset[str]]:
        """Reviewed name, in lower case with single blanks -> the concepts of that kind it stands for."""
        return self._names[kind].names

    def names_of(self, kind: ConceptKind) -> ConceptNames:
        """The names of that kind with what shows fast that a text holds none of them, and their spellings."""
        return self._names[kind]

    def draft_coding(self, concept: str, system: str) -> CodeRow:
        """The verified code for a draft order: the bare ingredient in RxNorm, else the first verified row.

        KeyError with the concept when it is unknown or has no such row.
        """
        names = self.concepts[concept].names
        for row in self._rows[concept]:
            if row.system == system and row.status == "verified" and not row.descendants:
                if system == RXNORM and row.display.lower() not in names:
                    continue
                return row
        raise KeyError(concept)

    def with_codes(
        self, codes: Iterable[tuple[str, CodeRow]], orderables: Mapping[str, SiteOrderable] = MappingProxyType({})
    ) -> "ConceptTable":
        """This table with more codes, matched like any other, and with orderables; KeyError for an unknown concept."""
        rows = {key: list(found) for key, found in self._rows.items()}
        for concept, row in codes:
            rows[concept].append(row)
        return replace(
            self,
            orderables=MappingProxyType(dict(orderables)),
            _codes=CodeIndex(_meaning(row, self.concepts[key]) for key, found in rows.items() for row in found),
            _rows=MappingProxyType({key: tuple(found) for key, found in rows.items()}),
        )


def load_concepts(folder: Folder) -> ConceptTable:
    """Read and check the concept files of a folder; raises KnowledgeError at the first thing that is wrong."""
    concepts = _concepts(folder)
    codes = read_codes(folder, _CODES)
    _check_codes(codes, concepts)
    rows: dict[str, list[CodeRow]] = {key: [] for key in concepts}
    for code in codes:
        row = CodeRow(code.system, code.code, code.display, code.status, code.provenance, code.descendants)
        rows[code.concept].append(row)
    return ConceptTable(
        concepts=MappingProxyType(concepts),
        sets=MappingProxyType(_sets(read_lists(folder, _SETS), concepts)),
        _codes=CodeIndex(_meaning(code, concepts[code.concept]) for code in codes),
        _rows=MappingProxyType({key: tuple(found) for key, found in rows.items()}),
        _names=MappingProxyType(_names(concepts, folder)),
    )


def _concepts(folder: Folder) -> dict[str, Concept]:
    concepts: dict[str, Concept] = {}
    for file, kind in _FILES.items():
        for entry in read_concepts(folder, file):
            if entry.key in concepts:
                raise KnowledgeError(file, entry.line, f"{entry.key} stands in two files")
            concepts[entry.key] = _concept(entry, kind)
    return concepts


def _concept(entry: ConceptEntry, kind: ConceptKind) -> Concept:
    return Concept(entry.key, kind, entry.label, entry.names, entry.ingredients, entry.lookalike, entry.residual)


def _meaning(code: CodeEntry | CodeRow, concept: Concept) -> CodeMeaning:
    return CodeMeaning(concept.key, code.system, code.code, code.descendants, concept.lookalike, concept.residual)


def _check_codes(codes: Iterable[CodeEntry], concepts: Mapping[str, Concept]) -> None:
    seen: set[tuple[str, str, str, bool]] = set()
    for code in codes:
        concept = concepts.get(code.concept)
        if concept is None:
            raise KnowledgeError(_CODES, code.line, f"{code.concept} has no entry")
        if concept.kind != code.kind:
            raise KnowledgeError(_CODES, code.line, f"{code.concept} is a {concept.kind}, not a {code.kind}")
        identity = (code.concept, code.system, code.code, code.descendants)
        if identity in seen:
            raise KnowledgeError(_CODES, code.line, f"{code.concept} has {code.code} twice")
        seen.add(identity)


def _sets(entries: list[ListEntry], concepts: Mapping[str, Concept]) -> dict[str, frozenset[str]]:
    by_name = {entry.key: entry for entry in entries}
    return {name: _members(entry, by_name, concepts, ()) for name, entry in by_name.items()}


def _members(
    entry: ListEntry, by_name: Mapping[str, ListEntry], concepts: Mapping[str, Concept], above: tuple[str, ...]
) -> frozenset[str]:
    """The concepts of a set; a member may be another set. Inside a set its own name means the concept."""
    if entry.key in above:
        raise KnowledgeError(entry.file, entry.line, f"{entry.key} contains itself")
    if entry.key in concepts and entry.key not in entry.members:
        raise KnowledgeError(entry.file, entry.line, f"{entry.key} is also a concept, so it must contain it")
    found: set[str] = set()
    for member in entry.members:
        if member in by_name and member != entry.key:
            found |= _members(by_name[member], by_name, concepts, (*above, entry.key))
        elif member not in concepts:
            raise KnowledgeError(entry.file, entry.line, f"{entry.key} names the unknown concept {member}")
        elif concepts[member].lookalike:
            raise KnowledgeError(entry.file, entry.line, f"{entry.key} contains the look-alike {member}")
        else:
            found.add(member)
    return frozenset(found)


def _names(concepts: Mapping[str, Concept], folder: Folder) -> dict[ConceptKind, ConceptNames]:
    named = {
        kind: [(name, one.key) for one in concepts.values() if one.kind == kind for name in one.names]
        for kind in ConceptKind
    }
    shared = shared_names(read_lists(folder, SHARED_NAMES), named.values())
    further = read_names(folder, NAMES)
    for entry in further:
        for key in entry.concepts:
            if key not in concepts or concepts[key].kind != ConceptKind.MEDICATION:
                raise KnowledgeError(NAMES, entry.line, f"{key} is no medication")
    ingredients = [(name, one.key) for one in concepts.values() for name in one.ingredients]
    drugs = names_of_a_kind(named.pop(ConceptKind.MEDICATION), shared, further, ingredients)
    return {ConceptKind.MEDICATION: drugs} | {kind: names_of_a_kind(found, shared) for kind, found in named.items()}
