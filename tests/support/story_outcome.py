"""Outcome: what came out of a story, whichever way it went through the service."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came out of a story: rules by their answer, cards as JSON, the HTTP status."""

    fired: frozenset[str]
    not_fired: frozenset[str]
    unknown: frozenset[str]
    cards: tuple[Mapping[str, Any], ...]
    status: int = 200
