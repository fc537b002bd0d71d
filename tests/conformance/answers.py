"""Valid requests of the repository (demo, worked cards, stories), the answers to them, and walks over an answer."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.fhir_builder import build_request
from tests.support.story_files import load_stories
from tests.support.worked_cards import EXAMPLES, TEMPLATES, request

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from treatment_algorithm.knowledge_base import KnowledgeBase

Json = dict[str, Any]
PROJECT = Path(__file__).parents[2]
STORIES = (PROJECT / "treatment_algorithm" / "knowledge" / "stories", PROJECT / "tests" / "stories" / "samples")


@dataclass(frozen=True, slots=True)
class Answer:
    """One request and what came back; `name` says where the request stands."""

    name: str
    request: Json
    status: int
    content_type: str
    content: bytes
    body: Json

    @property
    def drafts(self) -> dict[str, Json]:
        """The draft orders of the request by `Type/id`."""
        bundle = self.request["context"].get("draftOrders", {})
        resources = (entry["resource"] for entry in bundle.get("entry", []) if isinstance(entry, dict))
        return {f"{one['resourceType']}/{one['id']}": one for one in resources if isinstance(one, dict) and "id" in one}


def demo_requests() -> Iterator[tuple[str, Json]]:
    """The bodies of demo/hook-requests."""
    for path in sorted((PROJECT / "demo" / "hook-requests").glob("*.json")):
        yield f"demo {path.stem}", json.loads(path.read_text(encoding="utf-8"))


def valid_requests(knowledge: "KnowledgeBase", today: date) -> Iterator[tuple[str, Json]]:
    """Every valid request with its name: demo, worked cards, and the stories that are answered with cards."""
    yield from demo_requests()
    yield from ((f"worked card {example}", request(example)) for example in (*EXAMPLES, *TEMPLATES))
    for story in load_stories(STORIES):
        if story.expect.status == 200:
            yield f"story {story.id}", build_request(story, knowledge.concepts, today)


def answers_of(client: "TestClient", requests: Iterable[tuple[str, Json]]) -> tuple[Answer, ...]:
    """Each request posted to the service of its hook."""
    found = []
    for name, body in requests:
        answer = client.post(f"/cds-services/calcinosis-{body['hook']}", json=body)
        found.append(
            Answer(name, body, answer.status_code, answer.headers["content-type"], answer.content, answer.json())
        )
    return tuple(found)


def cards(answers: Iterable[Answer]) -> Iterator[tuple[Answer, Json]]:
    """Every card with its answer."""
    for answer in answers:
        for card in answer.body["cards"]:
            yield answer, card


def suggestions(answers: Iterable[Answer]) -> Iterator[tuple[Answer, Json]]:
    """Every suggestion with its answer."""
    for answer, card in cards(answers):
        yield from ((answer, suggestion) for suggestion in card.get("suggestions", []))


def actions(answers: Iterable[Answer], kind: str | None = None) -> Iterator[tuple[Answer, Json]]:
    """Every action, or every action of one type, with its answer."""
    for answer, suggestion in suggestions(answers):
        for action in suggestion.get("actions", []):
            if kind is None or action["type"] == kind:
                yield answer, action


def nodes(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Every value inside a JSON value, itself first, with its place."""
    yield place, value
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from nodes(inner, f"{place}.{name}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from nodes(inner, f"{place}.{number}")
