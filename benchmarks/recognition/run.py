"""Print recall and precision for each list and every miss: python -m benchmarks.recognition.run."""

from collections import Counter
from pathlib import Path

import treatment_algorithm
from benchmarks.recognition.lists import Product, Unseen, negatives, products, terminology_products, unseen
from benchmarks.recognition.measure import Recall, precision, recall, recogniser, silence
from treatment_algorithm.concept_table import load_concepts
from treatment_algorithm.cues import load_cues

KNOWLEDGE = Path(treatment_algorithm.__file__).parent / "knowledge"


def main() -> None:
    """Measure all lists with the knowledge of this tree."""
    recognise = recogniser(load_concepts(KNOWLEDGE / "concepts"), load_cues(KNOWLEDGE))
    listed = products()
    terminology = recall(terminology_products(KNOWLEDGE), recognise)
    heldout = recall((one for one in listed if one.split == "heldout"), recognise)
    tuned = recall((one for one in listed if one.split == "tuned"), recognise)
    silent = silence(negatives(), recognise)

    fresh = unseen()
    later = recall((one.product for one in fresh), recognise)

    for number in sorted({one.round for one in fresh}):
        _round_lines(number, tuple(one for one in fresh if one.round == number))

    print("\nNow:")
    _recall_line("gathered after the names", later)
    _recall_line("terminology, codes removed", terminology)
    _recall_line("development list, found at first", heldout)
    _recall_line("development list, fitted to", tuned)
    print(f"  {'negatives, silent':<34} {silent.silent:>5} of {silent.total:<5} {silent.ratio:.4f}")
    print(f"  {'precision (products and negatives)':<34} {precision(recall(listed, recognise), silent):>20.4f}")

    print("\nThe development list when first measured, before the names had seen the texts:")
    for batch in sorted({one.batch for one in listed}):
        _blind_line(f"batch {batch}", [one for one in listed if one.batch == batch])
    for kind in ("ingredient", "brand"):
        _blind_line(f"named by {kind}", [one for one in listed if one.kind == kind])
    _blind_line("all", list(listed))
    first = Counter(one.blind for one in negatives())
    print(
        f"  {'negatives, silent':<34} {first['silent']:>5} of {first.total():<5} {first['silent'] / first.total():.4f}"
    )

    print("\nMissed now:")
    for found in (terminology, heldout, tuned):
        for product, lacking in found.missed:
            print(f"  {product.text} | not read as {', '.join(sorted(lacking))}")
    print("\nRead as a drug though none:")
    for negative, taken_for in silent.named:
        print(f"  {negative.text} | read as {', '.join(sorted(taken_for))} | {negative.why}")
    print("\nMissed though gathered after the names:")
    for one in fresh:
        if one.first == "missed":
            _missed_line(one.product)
    print("\nOf the development list missed when first measured:")
    for product in listed:
        if product.blind == "missed":
            _missed_line(product)


def _missed_line(product: Product) -> None:
    print(f"  {product.text} | {', '.join(sorted(product.concepts))} | {product.source}")


def _round_lines(number: int, listed: tuple[Unseen, ...]) -> None:
    print(f"Round {number}, gathered after the names were frozen, measured once:")
    _first_line("all", listed)
    for kind in ("ingredient", "brand"):
        of_kind = tuple(one for one in listed if one.product.kind == kind)
        _first_line(f"named by {kind}", of_kind)
        for language in sorted({one.language for one in of_kind}):
            _first_line(f"  {language}", tuple(one for one in of_kind if one.language == language))


def _first_line(title: str, listed: tuple[Unseen, ...]) -> None:
    found = sum(one.first == "found" for one in listed)
    print(f"  {title:<34} {found:>5} of {len(listed):<5} {found / len(listed):.4f}")


def _recall_line(title: str, found: Recall) -> None:
    print(f"  {title:<34} {found.found:>5} of {found.total:<5} {found.ratio:.4f}")


def _blind_line(title: str, listed: list[Product]) -> None:
    blind = Counter(one.blind for one in listed)
    total = blind["found"] + blind["missed"]
    print(f"  {title:<34} {blind['found']:>5} of {total:<5} {blind['found'] / total:.4f}")


if __name__ == "__main__":
    main()
