"""Metrics: counts for whoever runs the service, in Prometheus's text format; nothing of a chart but code systems."""

from collections import Counter as Tally
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, generate_latest

from cards.model import Card
from fhir_mappings.looked_up_drugs import DrugCode
from treatment_algorithm.assessment import RuleResult
from treatment_algorithm.code_index import CODE_FORMS

METRICS_TYPE = CONTENT_TYPE_LATEST
# A request may name any system; a label that takes every value would grow without end.
_OTHER_SYSTEM = "other"


@dataclass(frozen=True, slots=True)
class Metrics:
    """The counters of one running service."""

    registry: CollectorRegistry
    unknown_drug_codes: Counter
    shadow_rule_results: Counter
    shadow_cards: Counter

    def count_unknown_codes(self, codes: Iterable[DrugCode]) -> None:
        """Count the drug codes of one hook call that nothing was made of, by their system."""
        systems = Tally(system if system in CODE_FORMS else _OTHER_SYSTEM for system, _ in codes)
        for system, number in systems.items():
            self.unknown_drug_codes.labels(system).inc(number)

    def count_shadow(self, results: Iterable[RuleResult], cards: Iterable[Card]) -> None:
        """Count what the rules in shadow answered in one hook call, and the cards that were not shown for them."""
        for result in results:
            if result.shadow:
                self.shadow_rule_results.labels(result.rule_id, result.truth).inc()
        for card in cards:
            self.shadow_cards.labels(card.indicator).inc()

    def text(self) -> bytes:
        """All of them, as `GET /metrics` answers."""
        return generate_latest(self.registry)


def build_metrics(refused_site_files: Callable[[], int]) -> Metrics:
    """Counters at zero, in a registry of their own; `refused_site_files` is asked when the metrics are read."""
    registry = CollectorRegistry()
    refused = Gauge("cds_site_file_refused", "Site files whose present content is not in force.", registry=registry)
    refused.set_function(refused_site_files)
    return Metrics(
        registry,
        Counter(
            "cds_unknown_drug_codes",
            "Drug codes of hook calls by which no drug was recognised; each code once a call.",
            ("system",),
            registry=registry,
        ),
        Counter(
            "cds_shadow_rule_results",
            "What rules in shadow answered in hook calls; they are evaluated and do not act.",
            ("rule", "result"),
            registry=registry,
        ),
        Counter(
            "cds_shadow_cards",
            "Cards that were not shown because rules, or the whole service, are in shadow.",
            ("indicator",),
            registry=registry,
        ),
    )
