"""Metrics: counts for whoever runs the service, in Prometheus's text format; nothing of a chart but code systems."""

from collections import Counter as Tally
from collections.abc import Iterable
from dataclasses import dataclass

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, generate_latest

from fhir_mappings.looked_up_drugs import DrugCode
from treatment_algorithm.code_index import CODE_FORMS

METRICS_TYPE = CONTENT_TYPE_LATEST
# A request may name any system; a label that takes every value would grow without end.
_OTHER_SYSTEM = "other"


@dataclass(frozen=True, slots=True)
class Metrics:
    """The counters of one running service."""

    registry: CollectorRegistry
    unknown_drug_codes: Counter

    def count_unknown_codes(self, codes: Iterable[DrugCode]) -> None:
        """Count the drug codes of one hook call that nothing was made of, by their system."""
        systems = Tally(system if system in CODE_FORMS else _OTHER_SYSTEM for system, _ in codes)
        for system, number in systems.items():
            self.unknown_drug_codes.labels(system).inc(number)

    def text(self) -> bytes:
        """All of them, as `GET /metrics` answers."""
        return generate_latest(self.registry)


def build_metrics() -> Metrics:
    """Counters at zero, in a registry of their own."""
    registry = CollectorRegistry()
    return Metrics(
        registry,
        Counter(
            "cds_unknown_drug_codes",
            "Drug codes of hook calls by which no drug was recognised; each code once a call.",
            ("system",),
            registry=registry,
        ),
    )
