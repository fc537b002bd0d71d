"""The lists that recognition is measured over: the terminology's own names, products seen and unseen, negatives."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FOLDER = Path(__file__).parent
_RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


@dataclass(frozen=True, slots=True)
class Product:
    """A text that names drugs, and the concepts it must be read as.

    products.csv is the list that names and rules were developed with: all of it has been seen.
    `split`: "heldout" when the text was recognised before anyone had looked at it, "tuned" when names or words were
    added with it in view. `kind`: "ingredient" or "brand", which is all that the text names. `blind`: "found" or
    "missed" when it was first measured, "not blind" for the part that was there to develop with. Source: the column
    `source` of products.csv.
    """

    text: str
    concepts: frozenset[str]
    source: str
    batch: str = ""
    kind: str = ""
    blind: str = ""
    split: str = ""


@dataclass(frozen=True, slots=True)
class Unseen:
    """A text gathered after the names were frozen, by a rule that does not look at them; none was fitted to it then.

    `round`: 1 and 2, each gathered and measured once for a freeze of its own. `language`: of the list it comes from, as
    BCP 47. `first`: "found" or "missed" in that one measurement. Source: unseen.csv.
    """

    round: int
    product: Product
    language: str
    first: str


@dataclass(frozen=True, slots=True)
class Negative:
    """A text that names no systemic drug of ours, why not, and the local form (`allowed`) it may be read as.

    `blind`: "silent" or "named" when it was first measured. Source: the column `source` of negatives.csv.
    """

    text: str
    allowed: frozenset[str]
    why: str
    source: str
    batch: str
    blind: str
    split: str


def products() -> tuple[Product, ...]:
    """The rows of products.csv, in its order."""
    return tuple(
        Product(
            row["text"],
            frozenset(row["concepts"].split()),
            row["source"],
            row["batch"],
            row["kind"],
            row["blind"],
            row["split"],
        )
        for row in _rows(_FOLDER / "products.csv")
    )


def unseen() -> tuple[Unseen, ...]:
    """The rows of unseen.csv, in its order."""
    return tuple(
        Unseen(
            int(row["round"]),
            Product(row["text"], frozenset(row["concepts"].split()), row["source"], kind=row["kind"]),
            row["language"],
            row["first"],
        )
        for row in _rows(_FOLDER / "unseen.csv")
    )


def negatives() -> tuple[Negative, ...]:
    """The rows of negatives.csv, in its order."""
    return tuple(
        Negative(
            row["text"],
            frozenset(row["allowed"].split()),
            row["why"],
            row["source"],
            row["batch"],
            row["blind"],
            row["split"],
        )
        for row in _rows(_FOLDER / "negatives.csv")
    )


def terminology_products(knowledge: Path) -> tuple[Product, ...]:
    """Every RxNorm name of a drug in the knowledge's codes.csv, its code removed, with all concepts that carry it."""
    concepts: dict[str, set[str]] = defaultdict(set)
    for row in _rows(knowledge / "concepts" / "codes.csv"):
        if row["kind"] == "medication" and row["system"] == _RXNORM:
            concepts[row["display"]].add(row["concept"])
    return tuple(Product(text, frozenset(found), "codes.csv") for text, found in concepts.items())


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
