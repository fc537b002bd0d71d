"""The two ways by which text of a chart enters a card: whatever it is, one harmless line comes out (G9)."""

import re
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.escaping import markdown, plain
from tests.properties.strategies import THOROUGH

# Text of any kind, and text that is dense in what Markdown, HTML and displays could use.
TEXT = st.text(max_size=200) | st.text(
    alphabet="ab1 <>&\"'`*_~#|[](){}!\\/:.@-+=\n\r\t\u202e\u2066\u200b\u200d\ufeff\u3164\ufe0f\u2028\x00\x1b\x7f\u0301",
    max_size=200,
)
SIGNS = frozenset(" ,'()-")


@pytest.mark.checklist("CARD-14")
@THOROUGH
@given(TEXT)
def test_markdown_lets_only_letters_marks_digits_and_a_few_signs_through(text: str) -> None:
    said = markdown(text)
    assert len(said) <= 60
    assert all(char in SIGNS or unicodedata.category(char)[0] in "LMN" for char in said)


@THOROUGH
@given(TEXT)
def test_plain_lets_no_control_and_no_markup_through(text: str) -> None:
    said = plain(text)
    assert len(said) <= 60
    assert not set(said) & set("<>&\n\r\t\x00")
    assert all(char == " " or unicodedata.category(char)[0] not in "CZ" for char in said)


@THOROUGH
@given(TEXT, st.sampled_from((markdown, plain)))
def test_escaping_twice_changes_nothing(text: str, escape: Callable[[str], str]) -> None:
    assert escape(escape(text)) == escape(text)


@THOROUGH
@given(TEXT)
def test_what_is_escaped_has_no_blank_at_its_ends_and_no_two_together(text: str) -> None:
    said = markdown(text)
    assert said == " ".join(said.split())


@THOROUGH
@given(TEXT, st.sampled_from((markdown, plain)))
def test_nothing_unseen_and_no_pile_of_marks_comes_through(text: str, escape: Callable[[str], str]) -> None:
    said = escape(text)
    assert not set(said) & set("\u034f\u115f\u1160\u3164\uffa0\ufe0f\U000e0100")
    assert not re.search("\u0301{4}", said)


@pytest.mark.parametrize("escape", [markdown, plain])
def test_a_pile_of_marks_is_cut_and_a_filler_is_a_blank(escape: Callable[[str], str]) -> None:
    assert escape("e" + "\u0301" * 50 + "lbow") == "e" + "\u0301" * 3 + "lbow"
    assert escape("el\u3164bow\ufe0f") == "el bow"
    assert escape("กี่") == "กี่"


@pytest.mark.parametrize("text", ["left elbow", "Elbow (left), forearm", "crâne", "肘", "o'clock 12-3"])
def test_an_ordinary_body_site_comes_through_as_it_is(text: str) -> None:
    assert markdown(text) == text
    assert plain(text) == text


@pytest.mark.parametrize("escape", [markdown, plain])
def test_a_long_text_is_cut_at_sixty_characters(escape: Callable[[str], str]) -> None:
    assert escape("a" * 61) == "a" * 60
    assert escape("a" * 59 + " b") == "a" * 59
