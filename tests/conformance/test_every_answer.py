"""Every answer as a whole: JSON, members, emptiness, schema (checklist GEN, RESP, EXT, SYS)."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from tests.conformance.answers import Answer, actions, cards, nodes

if TYPE_CHECKING:
    from starlette.testclient import TestClient

Answers = tuple[Answer, ...]
SCHEMA = json.loads((Path(__file__).parent / "answer.schema.json").read_text(encoding="utf-8"))
# The two lists that may be empty (GEN-3).
MAY_BE_EMPTY = {".cards", ".services"}
EMPTY: tuple[Any, ...] = ("", [], {})


def strict(content: bytes) -> Any:
    """The JSON of `content`; raises ValueError for a key that stands twice and for NaN."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        if len(set(names)) < len(names):
            raise ValueError("a key stands twice")
        return dict(pairs)

    def refused(name: str) -> Any:
        raise ValueError(f"{name} is no JSON")

    return json.loads(content.decode("utf-8"), object_pairs_hook=once, parse_constant=refused)


def ours(answer: Answer) -> list[tuple[str, Any]]:
    """Every value that the service wrote: an updated draft keeps what the client put into it."""
    kept = [
        (f".cards.{c}.suggestions.{s}.actions.{a}.resource", action)
        for c, card in enumerate(answer.body["cards"])
        for s, suggestion in enumerate(card.get("suggestions", []))
        for a, action in enumerate(suggestion.get("actions", []))
        if action["type"] == "update"
    ]
    places = tuple(f"{place}." for place, _ in kept)
    return [(place, value) for place, value in nodes(answer.body) if not place.startswith(places or ("-",))]


def test_there_is_something_to_look_at(answers: Answers) -> None:
    """The walks below mean nothing over answers without cards and actions of every type."""
    assert len(answers) > 900
    assert {answer.request["hook"] for answer, _ in cards(answers)} == {"patient-view", "order-select", "order-sign"}
    assert {action["type"] for _, action in actions(answers)} == {"create", "update", "delete"}


@pytest.mark.checklist("GEN-1", "RESP-1")
def test_a_valid_request_is_answered_200_with_a_json_object_of_cards(answers: Answers) -> None:
    for answer in answers:
        assert (answer.status, answer.content_type) == (200, "application/json"), answer.name
        assert isinstance(answer.body, dict), answer.name
        assert isinstance(answer.body["cards"], list), answer.name


@pytest.mark.checklist("GEN-6")
def test_an_answer_is_strict_json(answers: Answers, client: "TestClient") -> None:
    assert strict(client.get("/cds-services").content)["services"]
    for answer in answers:
        assert strict(answer.content) == answer.body, answer.name


@pytest.mark.parametrize("content", [b'{"a": 1, "a": 2}', b'{"a": NaN}', b'{"a": 1,}', b'{"a": 1} // b', b'"\xe9"'])
def test_json_that_is_not_strict_is_seen(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        strict(content)


@pytest.mark.checklist("GEN-2")
def test_no_element_is_null(answers: Answers, client: "TestClient") -> None:
    for answer in answers:
        assert [place for place, value in ours(answer) if value is None] == [], answer.name
    assert [place for place, value in nodes(client.get("/cds-services").json()) if value is None] == []


@pytest.mark.checklist("GEN-3", "GEN-4")
def test_no_element_is_empty(answers: Answers, client: "TestClient") -> None:
    """An attribute without a value is left out, so nothing but a list of cards is ever empty."""
    for answer in answers:
        found = [place for place, value in ours(answer) if value in EMPTY and place not in MAY_BE_EMPTY]
        assert found == [], answer.name
    discovery = client.get("/cds-services").json()
    assert [place for place, value in nodes(discovery) if value in EMPTY and place not in MAY_BE_EMPTY] == []


@pytest.mark.checklist("RESP-4", "RESP-5")
def test_an_answer_is_valid_against_the_schema(answers: Answers) -> None:
    Draft202012Validator.check_schema(SCHEMA)
    validator = Draft202012Validator(SCHEMA)
    for answer in answers:
        found = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(answer.body)]
        assert found == [], answer.name


SPOILT = [
    lambda body: body.update(title="x"),
    lambda body: body["cards"][0].update(sumary="x"),
    lambda body: body["cards"][0].update(summary="x" * 140),
    lambda body: body["cards"][0].pop("selectionBehavior"),
    lambda body: body["cards"][0].update(links=[]),
    lambda body: body["cards"][0]["suggestions"][0]["actions"][0].pop("resource"),
    lambda body: body["cards"][0]["links"][0].update(appContext="x"),
    lambda body: body.update(systemActions=[]),
]


@pytest.mark.parametrize("number", range(len(SPOILT)))
def test_the_schema_sees_what_is_wrong(answers: Answers, number: int) -> None:
    answer = next(answer for answer in answers if answer.name == "worked card 1")
    spoilt = json.loads(answer.content)
    SPOILT[number](spoilt)
    assert not Draft202012Validator(SCHEMA).is_valid(spoilt)


@pytest.mark.checklist("RESP-3", "SYS-1")
def test_nothing_is_done_without_the_user(answers: Answers) -> None:
    """No systemActions, neither at the top nor inside an extension."""
    for answer in answers:
        assert not [place for place, _ in nodes(answer.body) if place.endswith(".systemActions")], answer.name


@pytest.mark.checklist("EXT-1", "EXT-2")
def test_an_extension_is_an_object_whose_names_are_reverse_domains(answers: Answers) -> None:
    found = [value for answer in answers for place, value in ours(answer) if place.endswith(".extension")]
    assert found
    for extension in found:
        assert isinstance(extension, dict)
        assert [name for name in extension if "." not in name] == []
