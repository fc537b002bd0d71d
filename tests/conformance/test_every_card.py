"""Every card of every answer: members, texts, codings, links (checklist CARD, LINK, FB-12)."""

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from tests.conformance.answers import Answer, answers_of, cards, demo_requests, suggestions

if TYPE_CHECKING:
    from starlette.testclient import TestClient

Answers = tuple[Answer, ...]
SENTENCE_END = re.compile(r"[.!?](?:\s|$)")
HTML = re.compile(r"</?[a-z!]|javascript:|&#|on\w+\s*=", re.IGNORECASE)


def absolute(url: str) -> bool:
    """Whether it is an absolute http(s) URL."""
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.hostname)


@pytest.mark.checklist("CARD-2", "CARD-3", "CARD-4")
def test_a_summary_is_one_sentence_of_less_than_140_characters(answers: Answers) -> None:
    for answer, card in cards(answers):
        summary = card["summary"]
        assert isinstance(summary, str), answer.name
        assert 0 < len(summary.strip()) < 140, answer.name
        assert summary.isprintable(), answer.name
        assert not SENTENCE_END.search(summary[:-1]), answer.name


@pytest.mark.checklist("CARD-5", "CARD-16")
def test_a_detail_is_markdown_without_html(answers: Answers) -> None:
    for answer, card in cards(answers):
        assert isinstance(card["detail"], str), answer.name
        assert card["detail"].count("**") % 2 == 0, answer.name
        assert not HTML.search(card["detail"]), answer.name


@pytest.mark.checklist("CARD-6")
def test_an_indicator_is_one_of_the_three(answers: Answers) -> None:
    assert {card["indicator"] for _, card in cards(answers)} == {"info", "warning", "critical"}


@pytest.mark.checklist("CARD-7", "CARD-8", "CARD-9")
def test_a_source_has_a_label_absolute_addresses_and_a_coded_topic(answers: Answers) -> None:
    for answer, card in cards(answers):
        source = card["source"]
        assert source["label"].strip(), answer.name
        assert all(absolute(source[name]) for name in ("url", "icon") if name in source), answer.name
        assert {"code", "system"} <= source["topic"].keys() <= {"code", "system", "display"}, answer.name
    assert any("url" in card["source"] for _, card in cards(answers))


@pytest.mark.checklist("CARD-10", "CARD-11", "CARD-13")
def test_suggestions_come_with_a_selection_behavior_that_fits_what_is_recommended(answers: Answers) -> None:
    seen = set()
    for answer, card in cards(answers):
        assert ("suggestions" in card) is ("selectionBehavior" in card), answer.name
        if "suggestions" in card:
            seen.add(card["selectionBehavior"])
            recommended = [one for one in card["suggestions"] if one.get("isRecommended")]
            assert len(recommended) <= 1 or card["selectionBehavior"] == "any", answer.name
    assert seen
    assert seen <= {"any", "at-most-one"}


@pytest.mark.checklist("CARD-12", "CARD-19")
def test_a_card_offers_override_reasons_each_a_coding_with_its_display(answers: Answers) -> None:
    for answer, card in cards(answers):
        assert card["overrideReasons"], answer.name
        for reason in card["overrideReasons"]:
            assert all(isinstance(reason[name], str) and reason[name] for name in ("code", "system", "display"))


@pytest.mark.checklist("CARD-15")
def test_no_card_stands_twice_in_an_answer(answers: Answers) -> None:
    for answer in answers:
        said = [(card["summary"], card["detail"]) for card in answer.body["cards"]]
        assert len(set(said)) == len(said), answer.name


@pytest.mark.checklist("CARD-1", "SUG-2", "FB-12")
def test_every_card_and_suggestion_has_a_uuid_of_its_own(answers: Answers) -> None:
    """Unique over all answers: no two of the requests share a hookInstance, but for those that are one call twice."""
    seen: dict[str, str] = {}
    for answer in answers:
        found = [card["uuid"] for card in answer.body["cards"]]
        found += [suggestion["uuid"] for _, suggestion in suggestions([answer])]
        assert all(str(UUID(uuid)) == uuid for uuid in found), answer.name
        assert len(set(found)) == len(found), answer.name
        call = f"{answer.request['hook']} {answer.request['hookInstance']} {answer.request['context']['patientId']}"
        for uuid in found:
            assert seen.setdefault(uuid, call) == call, answer.name
    assert seen


@pytest.mark.checklist("CARD-1")
def test_another_call_gets_other_uuids(client: "TestClient") -> None:
    (request,) = (body for name, body in demo_requests() if name == "demo patient-view")
    again = request | {"hookInstance": "0b8f1f52-6d5c-4b5f-9b32-4d1a1b7c2e01"}
    first, second = answers_of(client, [("first", request), ("second", again)])
    uuids = [{card["uuid"] for card in answer.body["cards"]} for answer in (first, second)]
    uuids = [
        found | {one["uuid"] for _, one in suggestions([a])} for found, a in zip(uuids, (first, second), strict=True)
    ]
    assert uuids[0]
    assert not uuids[0] & uuids[1]


@pytest.mark.checklist("LINK-1", "LINK-2", "LINK-3", "LINK-4", "LINK-5")
def test_a_link_is_absolute_labelled_and_launches_nothing(answers: Answers) -> None:
    """No smart link, so no appContext; nothing is launched by itself, so no card is hidden."""
    links = [(answer, link) for answer, card in cards(answers) for link in card.get("links", [])]
    assert links
    for answer, link in links:
        assert link.keys() == {"label", "url", "type"}, answer.name
        assert link["label"].strip(), answer.name
        assert link["type"] == "absolute", answer.name
        assert absolute(link["url"]), answer.name
