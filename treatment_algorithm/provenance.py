"""Provenance: where a rule comes from, how far its source was read, and who has reviewed it."""

from typing import Literal

from pydantic import Field

from treatment_algorithm.card_texts import Record
from treatment_algorithm.chart_predicates import Names

_NOT_THE_SOURCE = ("seen secondary", "seen title")


def read_itself(mark: str) -> bool:
    """Whether the figure or phrase was read in the source, not in another that quotes it, nor in a title alone.

    `mark`: a provenance mark of evidence.md. A mark of several clauses, set off by `;`, begins with that of the
    clause that forbids; the others say how much of the rest was read.
    """
    return mark.startswith("seen") and not mark.startswith(_NOT_THE_SOURCE)


class Provenance(Record):
    """Where a rule comes from and who has reviewed it."""

    statements: Names = ()
    sources: Names = Field(min_length=1)
    evidence: str
    mark: str
    review: Literal["draft", "approved"] = "draft"
    reviewed_by: str | None = None
    reviewed_on: str | None = None

    @property
    def seen(self) -> bool:
        """Whether a source was read, so that a SUPPRESS case may be critical (decision 13)."""
        return read_itself(self.mark)
