"""Check: one thing that was looked at, how it is, and what to do about it."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warn", "FAIL"]


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report. `sentence` holds no secret and nothing of a chart; addresses are the operator's own."""

    about: str
    level: Level
    sentence: str


def ok(about: str, sentence: str) -> Check:
    """Nothing to do."""
    return Check(about, "ok", sentence)


def warn(about: str, sentence: str) -> Check:
    """It works, but not as one would want it."""
    return Check(about, "warn", sentence)


def fail(about: str, sentence: str) -> Check:
    """It does not work."""
    return Check(about, "FAIL", sentence)
