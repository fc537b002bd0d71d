"""Recognition of drugs by name stays where docs/recognition.md says it is, over the same lists."""

from collections import Counter
from pathlib import Path

import pytest

import treatment_algorithm
from benchmarks.recognition.lists import negatives, products, terminology_products, unseen
from benchmarks.recognition.measure import Recognise, precision, recall, recogniser, silence
from treatment_algorithm.concept_table import ConceptKind, ConceptTable, load_concepts
from treatment_algorithm.cues import load_cues

FIGURES = Path(__file__).parents[2] / "docs" / "recognition.md"
KNOWLEDGE = Path(treatment_algorithm.__file__).parent / "knowledge"
RECALL = 0.99
PRECISION = 0.995
# What the knowledge itself cannot tell apart or refuses on purpose; docs/recognition.md says why.
KNOWN_TERMINOLOGY_MISSES = 11
# docs/recognition.md, "The figures": found to all of the texts gathered after the names, by round and what they name.
UNSEEN_FIGURES = {
    (1, "ingredient"): (205, 209),
    (1, "brand"): (107, 229),
    (2, "ingredient"): (74, 76),
    (2, "brand"): (107, 228),
}


@pytest.fixture(scope="module")
def concepts() -> ConceptTable:
    return load_concepts(KNOWLEDGE / "concepts")


@pytest.fixture(scope="module")
def recognise(concepts: ConceptTable) -> Recognise:
    return recogniser(concepts, load_cues(KNOWLEDGE))


def test_the_terminologys_own_product_names_are_recognised_without_their_codes(recognise: Recognise) -> None:
    found = recall(terminology_products(KNOWLEDGE), recognise)
    assert found.ratio >= RECALL, [product.text for product, _ in found.missed]
    assert len(found.missed) <= KNOWN_TERMINOLOGY_MISSES, [product.text for product, _ in found.missed]


def test_what_was_found_of_the_texts_gathered_after_the_names_is_still_found(recognise: Recognise) -> None:
    found = recall([one.product for one in unseen() if one.first == "found"], recognise)
    assert not found.missed, [product.text for product, _ in found.missed]


def test_the_stated_figures_are_those_of_the_list_gathered_after_the_names() -> None:
    for (number, kind), (found, listed) in UNSEEN_FIGURES.items():
        first = Counter(one.first for one in unseen() if (one.round, one.product.kind) == (number, kind))
        assert (first["found"], first.total()) == (found, listed)
        assert f"{found} of {listed}" in FIGURES.read_text(encoding="utf-8")
    assert sum(listed for _, listed in UNSEEN_FIGURES.values()) == len(unseen())


def test_what_was_recognised_at_first_is_still_recognised(recognise: Recognise) -> None:
    found = recall([one for one in products() if one.split == "heldout"], recognise)
    assert found.ratio >= RECALL, [product.text for product, _ in found.missed]


def test_all_further_products_together_reach_the_goal(recognise: Recognise) -> None:
    found = recall(products(), recognise)
    assert found.ratio >= RECALL, [product.text for product, _ in found.missed]


def test_texts_that_are_no_systemic_drug_of_ours_name_none(recognise: Recognise) -> None:
    silent = silence(negatives(), recognise)
    assert silent.ratio >= PRECISION, [(one.text, taken_for) for one, taken_for in silent.named]
    assert precision(recall(products(), recognise), silent) >= PRECISION


def test_the_lists_are_as_long_as_the_measurement_needs() -> None:
    for number in (1, 2):
        of_round = [one.product for one in unseen() if one.round == number]
        assert len(of_round) >= 300
        assert {product.kind for product in of_round} == {"ingredient", "brand"}
    assert len(negatives()) >= 500
    why = " ".join(sorted({one.why for one in negatives()}))
    for sort in ("other drug", "local form", "antidote", "allergy", "look-alike", "denied"):
        assert sort in why


def test_every_text_stands_once_and_has_its_source() -> None:
    listed = (*products(), *negatives(), *(one.product for one in unseen()))
    texts = Counter(one.text.lower() for one in listed)
    assert not [text for text, times in texts.items() if times > 1]
    assert all(one.source for one in listed)


def test_no_unseen_text_was_one_of_the_terminologys_own() -> None:
    own = {one.text.lower() for one in terminology_products(KNOWLEDGE)}
    assert not [one.product.text for one in unseen() if one.product.text.lower() in own]
    assert not [one.text for one in products() if one.split == "heldout" and one.text.lower() in own]


def test_a_text_that_was_missed_at_first_counts_as_tuned_on() -> None:
    assert {one.split for one in products() if one.blind in ("missed", "not blind")} == {"tuned"}
    assert {one.split for one in products() if one.blind == "found"} == {"heldout"}
    assert {one.split for one in negatives() if one.blind == "named"} == {"tuned"}


def test_the_lists_expect_drugs_that_the_knowledge_knows(concepts: ConceptTable) -> None:
    expected = frozenset[str]().union(
        *(one.concepts for one in products()),
        *(one.product.concepts for one in unseen()),
        *(one.allowed for one in negatives()),
    )
    assert not [key for key in expected if key not in concepts.concepts]
    assert {concepts.concepts[key].kind for key in expected} == {ConceptKind.MEDICATION}


def test_the_products_cover_every_drug_that_is_no_mere_class(concepts: ConceptTable) -> None:
    listed = frozenset[str]().union(*(one.concepts for one in products()))
    drugs = {
        key
        for key, concept in concepts.concepts.items()
        if concept.kind == ConceptKind.MEDICATION and not concept.residual and not concept.lookalike
    }
    assert len(drugs - listed) <= len(drugs) / 20, sorted(drugs - listed)
