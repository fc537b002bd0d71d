"""RequestStages: when the parts of one request began and ended; kept only where traces are wanted."""

from dataclasses import dataclass, field
from time import monotonic


@dataclass(frozen=True, slots=True)
class Stage:
    """One part of a request. `began`, `ended`: seconds of the monotonic clock. `attributes`: words of fixed lists."""

    name: str
    began: float
    ended: float
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class RequestStages:
    """The parts of a request in the order of their ends; `began` is when the request came."""

    began: float = field(default_factory=monotonic)
    parts: list[Stage] = field(default_factory=list)

    def add(self, name: str, began: float, **attributes: str) -> None:
        """A part that began then (seconds of the monotonic clock) and ends now."""
        self.parts.append(Stage(name, began, monotonic(), attributes))

    def add_read(self, prefetch_key: str, outcome: str, seconds: float) -> None:
        """One read from the FHIR server that took so long and ends now (ehr.traffic.Fetched)."""
        self.add("fhir-read", monotonic() - seconds, prefetch_key=prefetch_key, outcome=outcome)
