"""Three-valued truth: the one place where yes, no and unknown are combined (strong Kleene logic).

Unknown is a value, never an exception and never "no" (evidence.md D-0).
"""

from collections.abc import Iterable
from enum import StrEnum


class Truth(StrEnum):
    """What can be said of a question about a patient."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


def all_of(truths: Iterable[Truth]) -> Truth:
    """NO if any is NO, else UNKNOWN if any is UNKNOWN, else YES (YES for none at all)."""
    result = Truth.YES
    for truth in truths:
        if truth is Truth.NO:
            return Truth.NO
        if truth is Truth.UNKNOWN:
            result = Truth.UNKNOWN
    return result


def any_of(truths: Iterable[Truth]) -> Truth:
    """YES if any is YES, else UNKNOWN if any is UNKNOWN, else NO (NO for none at all)."""
    result = Truth.NO
    for truth in truths:
        if truth is Truth.YES:
            return Truth.YES
        if truth is Truth.UNKNOWN:
            result = Truth.UNKNOWN
    return result


def negate(truth: Truth) -> Truth:
    """YES and NO change places; UNKNOWN stays UNKNOWN."""
    if truth is Truth.UNKNOWN:
        return truth
    return Truth.NO if truth is Truth.YES else Truth.YES


def known(value: bool | None) -> Truth:
    """A Python answer as a truth: None is UNKNOWN."""
    if value is None:
        return Truth.UNKNOWN
    return Truth.YES if value else Truth.NO
