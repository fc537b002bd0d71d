"""The pack shows all that is signed: condition, texts, sources, stories, words; and leads nowhere that is not there."""

import re
from datetime import date
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cds_service.review_pack.pack import review_pack
from cds_service.review_pack.story_words import load_told
from treatment_algorithm.knowledge_base import knowledge_folder
from treatment_algorithm.reviews import Review
from treatment_algorithm.rule_content import content_hash, part_hashes, parts_of

if TYPE_CHECKING:
    from treatment_algorithm.knowledge_base import KnowledgeBase

RULES = ("SC-LOCAL", "R-DILT", "OS-DILT", "SAFE-MTX-PREG", "SAFE-ALLERGY")


class Page(HTMLParser):
    """Words, anchors, and links inside and outside."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.places: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.pieces += [" "] if tag in ("dt", "dd", "li", "p", "h2", "h3", "h4") else []
        self.places += [str(named["id"])] if "id" in named else []
        self.links += [str(named["href"])] if tag == "a" else []
        self.loads += [tag] if tag in ("link", "script", "img", "iframe") else []

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)

    @cached_property
    def words(self) -> str:
        return " ".join("".join(self.pieces).split())


@pytest.fixture(scope="module")
def whole(knowledge: "KnowledgeBase") -> Page:
    return Page(review_pack(knowledge, knowledge_folder(), ()))


def pack_of(knowledge: "KnowledgeBase", *rules: str, reviews: tuple[Review, ...] = ()) -> Page:
    return Page(review_pack(knowledge, knowledge_folder(), reviews, rules))


def test_every_rule_has_its_sheet_with_its_title_words_and_content(whole: Page, knowledge: "KnowledgeBase") -> None:
    for rule in knowledge.rules:
        assert rule.id.lower() in whole.places
        assert rule.title in whole.words
        assert " ".join(rule.says.split()) in whole.words
        assert f"{rule.id}, content {content_hash(part_hashes(parts_of(knowledge, rule)))}" in whole.words


def test_every_link_inside_leads_to_one_place(whole: Page, knowledge: "KnowledgeBase") -> None:
    for page in (whole, *(pack_of(knowledge, rule) for rule in RULES)):
        assert len(page.places) == len(set(page.places))
        inside = {link[1:] for link in page.links if link.startswith("#")}
        assert inside - set(page.places) == set()


def test_the_pack_needs_no_other_file(whole: Page) -> None:
    assert whole.loads == []
    assert [link for link in whole.links if not link.startswith(("#", "https://"))] == []


def test_a_pack_of_some_rules_holds_these_only(knowledge: "KnowledgeBase") -> None:
    page = pack_of(knowledge, "R-DILT", "SAFE-MTX-PREG")
    assert page.words.count("Name ______________________") == 2
    assert "Methotrexate is contraindicated in pregnancy and breastfeeding" in page.words


def test_every_text_of_a_safety_rule_is_shown(whole: Page, knowledge: "KnowledgeBase") -> None:
    for rule in knowledge.safety_rules:
        for case in rule.cases:
            for piece in (*case.summary, *case.why, *case.ordered, *case.suggested, *case.dropped, *case.consider):
                for plain in re.split(r"\{[^}]*\}|\*\*", piece.text):
                    assert " ".join(plain.split()) in whole.words, rule.id


def test_every_word_and_feature_that_is_signed_is_shown(whole: Page, knowledge: "KnowledgeBase") -> None:
    for word in knowledge.words.values():
        for variant in word.variants:
            for plain in re.split(r"\{[^}]*\}", variant.text):
                assert " ".join(plain.split()) in whole.words, word.id
    for feature in knowledge.features:
        assert feature.id.lower() in whole.places


def test_a_draft_says_without_which_values_it_is_not_offered(knowledge: "KnowledgeBase") -> None:
    """Decision 31: diltiazem is drafted only with heart rate and blood pressure on record."""
    assert "Drafted only with Heart rate and blood pressure" in pack_of(knowledge, "SC-LOCAL").words


def test_sources_stand_with_their_marks_and_what_was_read(knowledge: "KnowledgeBase") -> None:
    words = pack_of(knowledge, "R-DILT").words
    source = knowledge.evidence.sources["BALIN"]
    assert source.citation in words
    assert f"What was read: {source.read}" in words
    assert source.mark in words


def test_stories_stand_with_what_is_expected(knowledge: "KnowledgeBase") -> None:
    words = pack_of(knowledge, "SAFE-MTX-PREG").words
    assert "Methotrexate is selected in pregnancy" in words
    assert "pregnancy, onset 2026-08-20" in words
    assert "the rule just does not fire" in words
    assert "most urgent card" in words


def review(knowledge: "KnowledgeBase", rule_id: str, **changed: str) -> Review:
    rule = next(rule for rule in knowledge.rules if rule.id == rule_id)
    parts = {**part_hashes(parts_of(knowledge, rule)), **changed}
    return Review(
        rule=rule_id,
        content=content_hash(parts),
        reviewer="Dr. <A>",
        date=date(2026, 12, 1),
        verdict="approved",
        comment="read & signed",
        parts=parts,
    )


def test_the_last_review_is_told_and_nothing_of_it_is_markup(knowledge: "KnowledgeBase") -> None:
    page = pack_of(knowledge, "R-DILT", reviews=(review(knowledge, "R-DILT"),))
    assert "Last review: Dr. <A>, 2026-12-01, approved: read & signed. Nothing has changed." in page.words


def test_what_changed_since_the_last_review_is_named(knowledge: "KnowledgeBase") -> None:
    old = review(knowledge, "R-DILT", says="0" * 12, **{"feature F-GONE": "0" * 12})
    words = pack_of(knowledge, "R-DILT", reviews=(old,)).words
    assert "Changed: says No longer there: feature F-GONE" in words


def test_a_rule_that_nobody_reviewed_says_so(knowledge: "KnowledgeBase") -> None:
    assert "Nobody has reviewed this rule." in pack_of(knowledge, "R-DILT").words


def test_the_same_knowledge_gives_the_same_pack(knowledge: "KnowledgeBase") -> None:
    first = review_pack(knowledge, knowledge_folder(), (), RULES)
    assert review_pack(knowledge, knowledge_folder(), (), RULES) == first


STORY = """
- id: told
  about: R-DILT
  kind: fires
  title: A story
  patient: {age: 40, deceased: false}
  drugs: [{is: mycophenolate_mofetil, until: 2026-01-02, reason: lack_of}]
  measurements: [{is: lvef, value: 40, on: 2026-01-02}]
  orders: []
  expect: {fired: [R-DILT], not_fired: [], says: [a_b], cards: 0}
"""


def test_a_story_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(STORY, encoding="utf-8")
    (story,) = load_told(tmp_path)
    assert story.shows == "the rule fires"
    assert story.chart == (
        ("patient", "age 40, not deceased"),
        ("drugs", "mycophenolate mofetil, until 2026-01-02, reason lack_of"),
        ("measurements", "lvef, value 40, on 2026-01-02"),
        ("orders", "none"),
    )
    assert story.expected == (
        ("fires", "R-DILT"),
        ("does not fire", "nothing"),
        ("a card says", "“a_b”"),
        ("number of cards", "0"),
    )


def test_a_folder_without_stories_has_none(tmp_path: Path) -> None:
    assert load_told(tmp_path / "nowhere") == ()
