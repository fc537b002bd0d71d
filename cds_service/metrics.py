"""Metrics: counts for whoever runs the service, in Prometheus's text format; nothing of a chart but code systems.

Every label takes values of a fixed list: addresses, services, rules, error codes, prefetch keys. Counting is done in
the event loop only, in plain tallies that are turned into metrics when they are asked for.
"""

from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from cards.model import Card
from cds_service.request_kind import RequestKind
from fhir_mappings.looked_up_drugs import DrugCode
from treatment_algorithm.assessment import RuleResult
from treatment_algorithm.code_index import CODE_FORMS

if TYPE_CHECKING:
    from cds_service.decide import Decision

METRICS_TYPE = CONTENT_TYPE_LATEST
# Shares below 0.5 s, 2 s and 5 s are read from these (reliability.md 1.3); the others show where the time goes.
DURATION_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 5.0, 10.0)
# A request may name any system; a label that takes every value would grow without end.
_OTHER_SYSTEM = "other"
_OF_RESULT = attrgetter("rule_id", "truth")


@dataclass(frozen=True, slots=True)
class Total:
    """A counter: how often each combination of label values occurred."""

    name: str
    meaning: str
    labels: tuple[str, ...]
    counts: Tally[tuple[str, ...]] = field(default_factory=Tally)

    def family(self) -> Metric:
        """As Prometheus has it."""
        family = CounterMetricFamily(self.name, self.meaning, labels=self.labels)
        for values, count in sorted(self.counts.items()):
            family.add_metric(values, count)
        return family


@dataclass(slots=True, eq=False)
class Metrics(Collector):
    """The counts of one running service; `state` gives what is only looked at when somebody asks."""

    registry: CollectorRegistry
    duration: Histogram
    fetch_duration: Histogram
    state: Callable[[], Iterable[Metric]] = tuple
    in_flight: int = 0
    requests: Total = field(
        default_factory=lambda: Total(
            "cds_requests",
            "Requests answered; outcome is success or the code of the error.",
            ("address", "service", "hook", "outcome"),
        )
    )
    cards: Total = field(
        default_factory=lambda: Total("cds_cards", "Cards answered in hook calls.", ("hook", "indicator"))
    )
    card_rules: Total = field(
        default_factory=lambda: Total(
            "cds_card_rules", "Rules that cards of hook calls rest on; a card counts for each.", ("rule", "indicator")
        )
    )
    rule_results: Total = field(
        default_factory=lambda: Total(
            "cds_rule_results", "What each rule that acts answered in hook calls.", ("rule", "result")
        )
    )
    unknown_data: Total = field(
        default_factory=lambda: Total(
            "cds_unknown_data", "Hook calls in which a group of data was not, or not wholly, readable.", ("group",)
        )
    )
    unknown_drug_codes: Total = field(
        default_factory=lambda: Total(
            "cds_unknown_drug_codes",
            "Drug codes of hook calls by which no drug was recognised; each code once a call.",
            ("system",),
        )
    )
    feedback: Total = field(
        default_factory=lambda: Total(
            "cds_feedback", "Feedback entries stored; one that is sent again counts again.", ("service", "outcome")
        )
    )
    feedback_rules: Total = field(
        default_factory=lambda: Total(
            "cds_feedback_rules",
            "Feedback entries by the rules of their card; unknown when the card is not on record.",
            ("rule", "outcome"),
        )
    )

    shadow_rule_results: Total = field(
        default_factory=lambda: Total(
            "cds_shadow_rule_results",
            "What rules in shadow answered in hook calls; they are evaluated and do not act.",
            ("rule", "result"),
        )
    )
    shadow_cards: Total = field(
        default_factory=lambda: Total(
            "cds_shadow_cards",
            "Cards that were not shown because rules, or the whole service, are in shadow.",
            ("indicator",),
        )
    )

    def count_request(self, kind: RequestKind, outcome: str, seconds: float) -> None:
        """Count one answered request and its time."""
        self.requests.counts[(kind.address, kind.service, kind.hook, outcome)] += 1
        self.duration.labels(kind.address, kind.service, kind.hook).observe(seconds)

    def count_decision(self, decision: "Decision") -> None:
        """Count what one hook call was answered, by which rules, and what could not be known."""
        assessment = decision.assessment
        self.rule_results.counts.update(_OF_RESULT(result) for result in assessment.rules if not result.shadow)
        self.unknown_data.counts.update(
            (group,) for group, state in decision.features.groups.items() if not state.closed
        )
        for card in decision.cards:
            self.cards.counts[(assessment.hook, card.indicator)] += 1
        for rule, indicator in decision.rules_of_cards():
            self.card_rules.counts[(rule, indicator)] += 1
        self.count_unknown_codes(decision.unknown_codes)

    def count_unknown_codes(self, codes: Iterable[DrugCode]) -> None:
        """Count the drug codes of one hook call that nothing was made of, by their system."""
        self.unknown_drug_codes.counts.update(
            (system if system in CODE_FORMS else _OTHER_SYSTEM,) for system, _ in codes
        )

    def count_fetch(self, prefetch_key: str, outcome: str, seconds: float) -> None:
        """Count one read from a FHIR server and its time."""
        self.fetch_duration.labels(prefetch_key, outcome).observe(seconds)

    def count_feedback(self, service: str, outcomes: Iterable[str]) -> None:
        """Count stored feedback entries."""
        self.feedback.counts.update((service, outcome) for outcome in outcomes)

    def count_feedback_rules(self, rules: Sequence[str], outcome: str) -> None:
        """Count one feedback entry for the rules of its card; none when the card is not on record."""
        self.feedback_rules.counts.update((rule, outcome) for rule in rules or ("unknown",))

    def collect(self) -> Iterator[Metric]:
        """Every counter and gauge, for the registry."""
        for total in (
            self.requests, self.cards, self.card_rules, self.rule_results, self.unknown_data, self.unknown_drug_codes,
            self.feedback, self.feedback_rules, self.shadow_rule_results, self.shadow_cards,
        ):  # fmt: skip
            yield total.family()
        yield from self.state()

    def count_shadow(self, results: Iterable[RuleResult], cards: Iterable[Card]) -> None:
        """Count what the rules in shadow answered in one hook call, and the cards that were not shown for them."""
        for result in results:
            if result.shadow:
                self.shadow_rule_results.counts[(result.rule_id, result.truth)] += 1
        for card in cards:
            self.shadow_cards.counts[(card.indicator,)] += 1

    def text(self) -> bytes:
        """All of them, as `GET /metrics` answers."""
        return generate_latest(self.registry)


def build_metrics() -> Metrics:
    """Counters at zero, in a registry of their own."""
    registry = CollectorRegistry()
    metrics = Metrics(
        registry,
        Histogram(
            "cds_request_duration_seconds",
            "Time from the arrival of a request to the end of its answer.",
            ("address", "service", "hook"),
            buckets=DURATION_BUCKETS,
            registry=registry,
        ),
        Histogram(
            "cds_fhir_fetch_duration_seconds",
            "Time of reads from FHIR servers, waiting and retry included; the outcome is ok or what went wrong.",
            ("prefetch_key", "outcome"),
            buckets=DURATION_BUCKETS,
            registry=registry,
        ),
    )
    registry.register(metrics)
    return metrics
