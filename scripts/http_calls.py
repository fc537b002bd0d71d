"""One HTTP call with JSON in and out, timed: what the check scripts send to servers they started themselves."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, decoded JSON (None when the body is empty or no JSON), and the time until it was read, in seconds."""

    status: int
    content: Any
    seconds: float


def call(method: str, url: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
    """Send `body` as JSON to `url`; every status is an answer. Raises OSError when there is none."""
    sent = {"Content-Type": "application/json"} | dict(headers or {})
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, sent, method=method)  # noqa: S310 - the callers pass http://127.0.0.1
    began = time.perf_counter()
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310 - as above
            status, text = int(answer.status), answer.read()
    except urllib.error.HTTPError as refused:
        with refused:
            status, text = refused.code, refused.read()
    return Answer(status, _decoded(text), time.perf_counter() - began)


def _decoded(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
