"""What the parts of the service say of themselves when the metrics are read: queue, breakers, retries, versions."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from cds_service.ehr.allow_list import BaseUrl
from cds_service.ehr.authentication import ClientTrust
from cds_service.ehr.traffic import FhirTraffic
from cds_service.metrics import Metrics
from cds_service.records.decision_log import DecisionLog
from cds_service.site import Sites


@dataclass(frozen=True, slots=True)
class ServiceState:
    """The parts that are looked at; `servers`: the FHIR bases that may be called."""

    software: str
    sites: Sites = field(repr=False)
    metrics: Metrics = field(repr=False)
    decision_log: DecisionLog
    traffic: FhirTraffic
    servers: frozenset[BaseUrl]
    trust: ClientTrust | None

    def families(self) -> Iterator[Metric]:
        """The gauges and counters of the moment."""
        build = GaugeMetricFamily(
            "cds_build_info", "Always 1; the versions that answer.", labels=("software", "knowledge", "knowledge_hash")
        )
        knowledge = self.sites.default.knowledge
        build.add_metric((self.software, knowledge.version, knowledge.content_hash), 1)
        yield build
        refused = len(self.sites.refused)
        yield _gauge("cds_site_file_refused", "Site files whose present content is not in force.", refused)
        log, traffic = self.decision_log, self.traffic
        yield _gauge("cds_requests_in_flight", "Requests being answered now, this one too.", self.metrics.in_flight)
        yield _gauge("cds_decision_log_queue_depth", "Decisions that wait to be written.", log.depth)
        yield _counter("cds_decision_log_written", "Decisions put on record.", log.written)
        yield _counter("cds_decision_log_dropped", "Decisions that are not on record and will not be.", log.dropped)
        yield _counter(
            "cds_replay_guard_degraded",
            "Client tokens that only this process remembers, because the store was away.",
            0 if self.trust is None else self.trust.replays.degraded,
        )
        yield _counter("cds_fhir_retries", "Reads from FHIR servers that were sent once more.", traffic.retries.granted)
        yield self._breakers()

    def _breakers(self) -> Metric:
        breakers = GaugeMetricFamily(
            "cds_fhir_breaker_open", "1 while a FHIR server is left alone because it kept failing.", labels=("server",)
        )
        opened = self.traffic.breaker.open_bases()
        for server in sorted(self.servers, key=str):
            breakers.add_metric((str(server),), float(server in opened))
        return breakers


def servers_of(own: Iterable[BaseUrl], trust: ClientTrust | None) -> frozenset[BaseUrl]:
    """Every FHIR base that may be called: the service's own list, or those of its trusted clients."""
    if trust is None:
        return frozenset(own)
    return frozenset(base for client in trust.clients for base in client.allow_list.bases)


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(name, meaning, value=value)


def _counter(name: str, meaning: str, value: float) -> Metric:
    return CounterMetricFamily(name, meaning, value=value)
