"""Every demo request gets the cards that the clinical source asks for, and the near misses get none."""

import re
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from scripts.check_links import links_of
from tests.conftest import PUBLIC_BASE_URL
from tests.demo.conftest import Cards
from tests.demo.demo_cards import EXPECTED
from tests.demo.demo_files import CHARTS, REQUEST_FILES

if TYPE_CHECKING:
    from starlette.testclient import TestClient

README_CALLS = ("patient-view.json", "order-select.json", "order-sign.json")
LATER = date(2026, 11, 24)
SILENT = [file for file, expected in EXPECTED.items() if not expected]


def rules_of(card: dict[str, Any]) -> frozenset[str]:
    """The ids of the rules that fired, from the card's extension."""
    (extension,) = card["extension"].values()
    return frozenset(extension.get("rules", []))


def without_safety(rules: frozenset[str]) -> frozenset[str]:
    return frozenset(rule for rule in rules if not rule.startswith("SAFE-"))


@pytest.mark.parametrize("file", EXPECTED)
def test_a_request_gets_the_cards_of_the_clinical_source(cards: Cards, file: str) -> None:
    found = cards(file)
    assert [(card["indicator"], without_safety(rules_of(card))) for card in found] == [
        (expected.indicator, expected.rules) for expected in EXPECTED[file]
    ]
    for card, expected in zip(found, EXPECTED[file], strict=True):
        assert expected.safety <= rules_of(card)
        text = f"{card['summary']}\n{card['detail']}".replace("**", "").lower()
        assert [words for words in expected.says if words.lower() not in text] == []


@pytest.mark.checklist("RESP-2")
@pytest.mark.parametrize("file", [file for file in SILENT if "near-miss" in file])
def test_a_near_miss_gets_no_card(cards: Cards, file: str) -> None:
    assert cards(file) == []


@pytest.mark.parametrize("file", REQUEST_FILES)
def test_nothing_of_a_chart_stands_on_a_threshold_day(cards: Cards, file: str) -> None:
    """The same words two days later: the demonstration does not change over night."""
    words = [(card["summary"], card["detail"], rules_of(card)) for card in cards(file)]
    assert [(card["summary"], card["detail"], rules_of(card)) for card in cards(file, LATER)] == words


@pytest.mark.parametrize("day", [date(2027, 5, 31), date(2027, 11, 24), date(2028, 11, 22)])
@pytest.mark.parametrize("file", README_CALLS)
def test_what_the_readme_calls_does_not_age_out(cards: Cards, file: str, day: date) -> None:
    (card,) = cards(file, day)
    (expected,) = EXPECTED[file]
    assert card["indicator"] == expected.indicator
    assert expected.rules == without_safety(rules_of(card))


@pytest.mark.parametrize("file", REQUEST_FILES)
def test_no_card_says_who_the_patient_is(cards: Cards, file: str) -> None:
    for card in cards(file):
        assert not re.search(r"\bDemo\b", f"{card['summary']} {card['detail']}")


def test_every_link_to_the_service_leads_to_an_anchor_that_exists(cards: Cards, client: "TestClient") -> None:
    urls = {url for file in REQUEST_FILES for card in cards(file) for url in links_of(card)}
    ours = sorted(url for url in urls if url.startswith(PUBLIC_BASE_URL))
    assert len(ours) > len(CHARTS) / 2
    pages: dict[str, str] = {}
    missing = []
    for url in ours:
        page, _, anchor = url.partition("#")
        if page not in pages:
            answer = client.get(page)
            assert answer.status_code == 200, page
            pages[page] = answer.text
        if anchor and f'id="{anchor}"' not in pages[page]:
            missing.append(url)
    assert missing == []
