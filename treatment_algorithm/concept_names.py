"""Which concepts a name stands for: from the concepts' own names, and for drugs from names.csv and their spellings."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from treatment_algorithm.concept_files import ListEntry, NameEntry
from treatment_algorithm.drug_spellings import spellings
from treatment_algorithm.knowledge_errors import KnowledgeError

NAMES = "names.csv"
SHARED_NAMES = "shared_names.yaml"
_FIRST_WORD = re.compile(r"\w+")

Named = tuple[str, str]
"""A name, and the key of a concept that has it."""


@dataclass(frozen=True, slots=True)
class ConceptNames:
    """The names of one kind of concept; `first_words` is what they begin with.

    `spellings`: the form (`drug_spellings.spelled`) of an ingredient -> its concepts; `first_spellings` the words
    that these begin with. Both are empty for what is no drug.
    """

    names: Mapping[str, frozenset[str]]
    first_words: frozenset[str]
    spellings: Mapping[str, frozenset[str]]
    first_spellings: frozenset[str]


def first_word(text: str) -> str:
    """The word that a text begins with, "" when it begins with something else."""
    found = _FIRST_WORD.match(text)
    return found[0] if found else ""


def names_of_a_kind(
    named: Iterable[Named],
    shared: Mapping[str, frozenset[str]],
    further: Iterable[NameEntry] = (),
    ingredients: Iterable[Named] = (),
) -> ConceptNames:
    """The names of a kind; KnowledgeError for a name of several concepts that `shared` does not declare.

    `further`: rows of names.csv, which say themselves how many drugs they stand for and repeat no name.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for name, key in named:
        found[name].add(key)
    for name, keys in found.items():
        if len(keys) > 1 and shared.get(name) != frozenset(keys):
            raise KnowledgeError(SHARED_NAMES, None, f"{name!r} is a name of {', '.join(sorted(keys))}")
    for entry in further:
        if entry.name in found:
            raise KnowledgeError(
                NAMES, entry.line, f"{entry.name!r} is a name of {', '.join(sorted(found[entry.name]))}"
            )
        found[entry.name] = set(entry.concepts)
    names = {name: frozenset(keys) for name, keys in found.items()}
    spelled = spellings(ingredients)
    return ConceptNames(
        names=MappingProxyType(names),
        first_words=frozenset(map(first_word, names)),
        spellings=MappingProxyType(dict(spelled)),
        first_spellings=frozenset(map(first_word, spelled)),
    )


def shared_names(entries: Iterable[ListEntry], all_named: Iterable[Iterable[Named]]) -> dict[str, frozenset[str]]:
    """Name -> the concepts it stands for on purpose; KnowledgeError for one that is no name of several in any kind."""
    several: set[str] = set()
    for named in all_named:
        keys: dict[str, set[str]] = defaultdict(set)
        for name, key in named:
            keys[name].add(key)
        several.update(name for name, found in keys.items() if len(found) > 1)
    declared = {}
    for entry in entries:
        if entry.key not in several:
            raise KnowledgeError(entry.file, entry.line, f"{entry.key!r} is not a name of {', '.join(entry.members)}")
        declared[entry.key] = frozenset(entry.members)
    return declared
