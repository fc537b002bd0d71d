"""Drug names in a text, read as RxNorm, labels and order lists write them (decision 8; resolving-codes.md, step 4).

"[volume] ingredient salt strength / ingredient strength DOSE FORM [Brand]": every ingredient and brand counts.
"""

import re
import unicodedata

from treatment_algorithm.concept_names import ConceptNames
from treatment_algorithm.concept_table import ConceptKind, ConceptTable
from treatment_algorithm.cues import Cues
from treatment_algorithm.drug_spellings import spelled, spelled_as

# An underscore parts words as a blank does: "Amlodipine_Tab 10mg" (BNF presentation names).
_TOKEN = re.compile(r"[^\W_]+")
_LONGEST_NAME_WORDS = 9
_LONGEST_SPELLING_WORDS = 3


def drugs_named(
    text: str, concepts: ConceptTable, cues: Cues, kind: ConceptKind = ConceptKind.MEDICATION
) -> frozenset[str]:
    """The concepts of every name of that kind in a normalised text: whole words, longest first, none read twice.

    A biosimilar's suffix (`infliximab-dyyb`), salt words and accents are passed over; an ingredient may be spelled as
    in another language (drug_spellings.py). Empty for a text that refuses
    ("allergy to", "no known", antidote kits); a name behind a word that denies it does not count, nor one that
    something about the drug is called after ("digoxin level").
    """
    known = concepts.names_of(kind)
    text = _without_accents(text)
    # Most drugs of a chart are none of ours: that shows before anything is searched for.
    tokens = _TOKEN.findall(text)
    # A word that is itself a name or a dose form needs no other spelling.
    unread = [token for token in tokens if token not in known.names and token not in cues.routes_by_word]
    spelled_firsts = spelled_as(unread, known.first_spellings)
    if not spelled_firsts and known.first_words.isdisjoint(tokens):
        return frozenset()
    if cues.drug_refusals.search(text):
        return frozenset()
    text = cues.other_drugs.sub(";", text)
    words = [found.span() for found in _TOKEN.finditer(text)]
    found: set[str] = set()
    position = 0
    while position < len(words):
        named, last = _named_at(text, words, position, known, spelled_firsts)
        if not named:
            position += 1
            continue
        denied = position > 0 and text[slice(*words[position - 1])] in cues.drug_denials
        if not denied and not cues.about_a_drug.match(text, words[last - 1][1]):
            found |= named
        position = _past_salts(text, words, last, cues)
    return frozenset(found)


def _named_at(
    text: str, words: list[tuple[int, int]], position: int, known: ConceptNames, spelled_firsts: set[str]
) -> tuple[frozenset[str], int]:
    """The concepts that the longest name from this word on stands for, and the word behind it; else its spelling's."""
    start, end = words[position]
    word = text[start:end]
    if word in known.first_words:
        for last in range(min(len(words), position + _LONGEST_NAME_WORDS), position, -1):
            named = known.names.get(text[start : words[last - 1][1]])
            if named is not None:
                return named, last
    if word in spelled_firsts:
        for last in range(min(len(words), position + _LONGEST_SPELLING_WORDS), position, -1):
            named = known.spellings.get(spelled(text[start : words[last - 1][1]]))
            if named is not None:
                return named, last
    return frozenset(), position


def _without_accents(text: str) -> str:
    if text.isascii():
        return text
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))


def _past_salts(text: str, words: list[tuple[int, int]], position: int, cues: Cues) -> int:
    while position < len(words) and text[slice(*words[position])] in cues.salts:
        position += 1
    return position


def routes_named(text: str, cues: Cues) -> frozenset[str]:
    """The routes that a normalised text names, by route words or dose form; general ones give way to particular ones.

    "ophthalmic gel" is ophthalmic, not topical; "oral gel" is oral: what may be swallowed is not taken for local.
    """
    text = text.replace("_", " ")
    # One look-up a word instead of one search a route: few routes are left to be searched for.
    possible = {route for word in (*_TOKEN.findall(text), "") for route in cues.routes_by_word.get(word, ())}
    found = frozenset(route for route in possible if cues.routes[route].search(text))
    weak = cues.weak_solutions
    if not found and any(float(percent) <= weak.percent_at_most for percent in weak.pattern.findall(text)):
        return frozenset({weak.route})
    particular = found - cues.general_routes
    if particular:
        return particular
    return frozenset({"oral"}) if "oral" in found else found


def local_concepts(concepts: frozenset[str], route: str | None, cues: Cues, *, by_name: bool) -> frozenset[str]:
    """What drugs become by a local route: `diltiazem` on the skin is `diltiazem_topical`.

    A drug without such a concept keeps its own when it was coded and has none when it was named (decision 8).
    """
    local = cues.local_routes.get(route or "")
    if local is None:
        return concepts
    if by_name:
        return frozenset(local[concept] for concept in concepts if concept in local)
    return frozenset(local.get(concept, concept) for concept in concepts)
