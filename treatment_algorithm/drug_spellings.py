"""How an ingredient is written elsewhere: one form for its national spellings, salts grown onto it, and short cuts.

International names are shaped for all languages: "f" for "ph", "t" for "th", "e" for "ae" and "oe", "i" for "y", no "h"
and no "k" (WHO, General principles for guidance in devising INN); the languages then write them back their own way.
Two spellings with one form are the same ingredient: methotrexate, metotrexat, metotreksat.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

# In this order: digraphs before their letters, a soft "c" before the hard one and before a double letter is made one.
_SPELLED_ALIKE = (
    *(("ph", "f"), ("ch", "k"), ("qu", "k"), ("ck", "k"), ("x", "ks"), ("ae", "e"), ("oe", "e"), ("h", "")),
    *(("ce", "se"), ("ci", "si"), ("cy", "sy"), ("c", "k"), ("y", "i"), ("z", "s"), ("w", "v"), ("j", "i")),
    *((letter * 2, letter) for letter in "almpstu"),
)
_VOWELS = "aeiou"
_LATIN_ENDINGS = ("um", "us")
_SHORTEST = 6
_SHORTEST_WORD = 5
# A word is cut where a system's column ends: no more than this is missing, and this much is left.
_CUT_OFF = 2
_LEFT_OF_A_CUT = 8
# "Metoprololsuccinat"; "Alendronsäure", "alendronsyra", "alendroninezuur" (without accents): words grown on.
_GERMANIC_SALTS = (
    *("hydrochlorid", "natrium", "dinatrium", "kalium", "calcium", "magnesium", "acetat", "succinat", "tartrat"),
    *("phosphat", "sulfat", "maleat", "fumarat", "besilat", "mesilat", "citrat"),
)
_GERMANIC_ACIDS = ("saure", "syra", "syre", "zuur", "inezuur")


def spelled(text: str) -> str:
    """The one form of all spellings of a text in lower case without accents; its words stay apart and in order."""
    return " ".join(_forms(text))


def spelled_as(words: Iterable[str], forms: frozenset[str]) -> set[str]:
    """Those of the words that are spelled as one of the forms; a short word begins no ingredient's name."""
    long_enough = [word for word in words if len(word) >= _SHORTEST_WORD]
    if not long_enough:
        return set()
    written = _forms(" ".join(long_enough))
    if forms.isdisjoint(written):
        return set()
    return {word for word, form in zip(long_enough, written, strict=True) if form in forms}


def _forms(text: str) -> list[str]:
    for written, alike in _SPELLED_ALIKE:
        text = text.replace(written, alike)
    return [(word[:-2] if word.endswith(_LATIN_ENDINGS) else word).rstrip(_VOWELS) for word in text.split(" ")]


def spellings(ingredients: Iterable[tuple[str, str]]) -> Mapping[str, frozenset[str]]:
    """Form -> concepts, for (ingredient, concept) pairs.

    A form of fewer than six letters, and a cut that two concepts share, stands for nothing.
    """
    found: dict[str, set[str]] = defaultdict(set)
    cuts: dict[str, set[str]] = defaultdict(set)
    grown = [spelled(salt) for salt in _GERMANIC_SALTS]
    for ingredient, concept in ingredients:
        for written in _written(ingredient):
            found[spelled(written)].add(concept)
        if " " not in ingredient:
            for salt in grown:
                found[spelled(ingredient) + salt].add(concept)
            for missing in range(1, _CUT_OFF + 1):
                cut = spelled(ingredient[:-missing])
                if len(cut) >= _LEFT_OF_A_CUT:
                    cuts[cut].add(concept)
    known = {form: frozenset(concepts) for form, concepts in found.items() if len(form) >= _SHORTEST}
    short = {form: frozenset(concepts) for form, concepts in cuts.items() if len(concepts) == 1}
    return short | known


def _written(ingredient: str) -> Iterator[str]:
    yield ingredient
    yield ingredient.replace(" ", "")
    if ingredient.endswith("ic acid"):
        stem = ingredient.removesuffix("ic acid")
        yield f"acid {stem}ic"
        for acid in _GERMANIC_ACIDS:
            yield stem + acid
