"""Drug names in a text, read as RxNorm, labels and order lists write them (decision 8; resolving-codes.md, step 4).

"[volume] ingredient salt strength / ingredient strength DOSE FORM [Brand]": every ingredient and brand counts.
"""

import re
import unicodedata

from treatment_algorithm.concept_table import ConceptKind, ConceptTable
from treatment_algorithm.cues import Cues

# An underscore parts words as a blank does: "Amlodipine_Tab 10mg" (BNF presentation names).
_TOKEN = re.compile(r"[^\W_]+")
_LONGEST_NAME_WORDS = 9


def drugs_named(
    text: str, concepts: ConceptTable, cues: Cues, kind: ConceptKind = ConceptKind.MEDICATION
) -> frozenset[str]:
    """The concepts of every name of that kind in a normalised text: whole words, longest first, none read twice.

    A biosimilar's suffix (`infliximab-dyyb`), salt words and accents are passed over. Empty for a text that refuses
    ("allergy to", "no known", antidote kits); a name behind a word that denies it does not count, nor one that
    something about the drug is called after ("digoxin level").
    """
    names, first_words = concepts.names(kind), concepts.first_words(kind)
    text = _without_accents(text)
    # Most drugs of a chart are none of ours: that shows before anything is searched for.
    if first_words.isdisjoint(_TOKEN.findall(text)) or cues.drug_refusals.search(text):
        return frozenset()
    text = cues.other_drugs.sub(";", text)
    words = [found.span() for found in _TOKEN.finditer(text)]
    found: set[str] = set()
    position = 0
    while position < len(words):
        start, end = words[position]
        if text[start:end] not in first_words:
            position += 1
            continue
        longest = min(len(words), position + _LONGEST_NAME_WORDS)
        for last in range(longest, position, -1):
            named = names.get(text[start : words[last - 1][1]])
            if named is not None:
                denied = position > 0 and text[slice(*words[position - 1])] in cues.drug_denials
                position = _past_salts(text, words, last, cues)
                if not denied and not cues.about_a_drug.match(text, words[position - 1][1]):
                    found |= named
                break
        else:
            position += 1
    return frozenset(found)


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
