"""The files of the demonstration as the tests of this folder read them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from demo.build_requests import DEMO, REQUESTS, chart_files, read_json

Json = dict[str, Any]

BROKEN = "dm-broken-entries"
CHARTS = {name: path for name, path in chart_files().items() if name != BROKEN}
REQUEST_FILES = sorted(path.name for path in REQUESTS.glob("*.json"))
README = (DEMO / "README.md").read_text(encoding="utf-8")
CODES = DEMO.parent / "treatment_algorithm" / "knowledge" / "concepts" / "codes.csv"


def resources(chart: Path) -> list[Json]:
    """The resources of a chart, in its order."""
    return [entry["resource"] for entry in read_json(chart)["entry"]]


def request_bytes(file: str) -> bytes:
    """The body of a demo request as it is sent."""
    return (REQUESTS / file).read_bytes()


def nodes(node: Any) -> Iterator[Json]:
    """Every object inside a resource, itself first."""
    if isinstance(node, list):
        for item in node:
            yield from nodes(item)
    elif isinstance(node, dict):
        yield node
        for value in node.values():
            yield from nodes(value)
