"""The worked cards of card-style.md section 5 as files, and what of an answer is compared with them."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "worked_cards"
EXAMPLES = ("1", "2", "3", "4", "5", "6", "7")
TEMPLATES = ("2b", "6b")
_NEW_ID = re.compile(r"(cds-[a-z]+)-[A-Za-z0-9-]+")


def read_json(name: str) -> Any:
    """A file of the folder."""
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def request(example: str) -> dict[str, Any]:
    """The hook request of an example."""
    body: dict[str, Any] = read_json(f"example-{example}.request.json")
    return body


def expected_cards(example: str) -> list[dict[str, Any]]:
    """The cards that card-style.md prints."""
    cards: list[dict[str, Any]] = read_json(f"example-{example}.response.json")["cards"]
    return cards


def suggestion(printed: Mapping[str, Any]) -> dict[str, Any]:
    """A suggestion without its uuid, the ids of new resources by their stem (the suffix is the service's own)."""
    kept = {key: value for key, value in printed.items() if key != "uuid"}
    return kept | {"actions": [_action(action) for action in printed.get("actions", ())]}


def _action(action: Mapping[str, Any]) -> dict[str, Any]:
    resource = action.get("resource")
    if resource is None:
        return dict(action)
    return dict(action) | {"resource": dict(resource) | {"id": _NEW_ID.sub(r"\1", resource["id"])}}


def structure(card: Mapping[str, Any]) -> dict[str, Any]:
    """What a card says to machines: everything but its uuids, its summary and its detail."""
    (extension,) = card["extension"].values()
    return {
        "indicator": card["indicator"],
        "source": card["source"],
        "first rule": extension["rules"][0],
        "rules": set(extension["rules"]),
        "knowledge": extension["knowledge"],
        "review": extension["review"],
        "basis": set(extension["basis"]),
        "suggestions": [suggestion(item) for item in card.get("suggestions", ())],
        "selectionBehavior": card.get("selectionBehavior"),
        "overrideReasons": [reason["code"] for reason in card.get("overrideReasons", ())],
        "links": [(link["label"], link["url"], link["type"]) for link in card.get("links", ())],
    }


def headings(detail: str) -> list[str]:
    """The bold words with which paragraphs begin, without their colon; '' for a paragraph without any."""
    found = (re.match(r"\*\*(.+?):?\*\*", paragraph) for paragraph in detail.split("\n\n"))
    return [match.group(1) if match else "" for match in found]


def not_recorded(detail: str) -> list[str]:
    """The items of the paragraph `Not recorded`."""
    match = re.search(r"\*\*Not recorded:\*\* ([^;.\n]+)", detail)
    return match.group(1).split(", ") if match else []
