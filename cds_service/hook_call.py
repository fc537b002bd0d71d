"""HookCall: one hook call after it was understood; decided, put on record and counted (design.md 4, steps 5 to 8)."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from time import monotonic

from cds_service.decide import Decision
from cds_service.ehr.authentication import Caller
from cds_service.ehr.fhir_client import fhir_access
from cds_service.ehr.prefetch import gather
from cds_service.ehr.terminology import with_looked_up_drugs
from cds_service.ehr.traffic import FhirTraffic
from cds_service.errors import PreconditionFailed
from cds_service.hook_request import HookRequest
from cds_service.identity import keyed_hash
from cds_service.observability import RequestRecord
from cds_service.records.decision_record import CallFacts, record_decision, record_refusal
from cds_service.request_stages import RequestStages
from cds_service.services import ServiceDefinition
from cds_service.site import Site
from cds_service.wiring import Wiring
from treatment_algorithm.truth import Truth


@dataclass(frozen=True, slots=True)
class HookCall:
    """Who asks (None where nobody is asked), what for, and what answers.

    `record` is the request's line in the log. `until`: when data may arrive at the latest, in seconds of the event
    loop's clock.
    """

    wiring: Wiring
    record: RequestRecord
    caller: Caller | None
    site: Site
    request: HookRequest
    service: ServiceDefinition
    until: float


async def decide_call(call: HookCall) -> Decision:
    """The decision on the chart as it could be gathered; raises PreconditionFailed (decision 11)."""
    wiring, record, knowledge = call.wiring, call.record, call.site.knowledge
    record.service = call.service.id
    allow_list = wiring.allow_list if call.caller is None else call.caller.client.allow_list
    client = fhir_access(call.request, allow_list, _noted(wiring.fhir_traffic, record.stages), wiring.outbound)
    started = monotonic()
    try:
        chart = await gather(call.request, call.service.prefetch, client, call.until)
        chart = await with_looked_up_drugs(chart, wiring.terminology, knowledge.concepts, knowledge.cues, call.until)
    finally:
        record.took("gather", started)
    read = monotonic()
    decision = wiring.decide(call.request, chart, knowledge, wiring.settings, wiring.today())
    record.took("decide", read)
    record.fetch_ms, record.decide_ms = _ms(started, read), _ms(read, monotonic())
    return decision


async def decide_on_record(call: HookCall) -> Decision:
    """The decision, put on record; also that none could be made (decision 25). Raises what `decide_call` raises."""
    wiring, knowledge = call.wiring, call.site.knowledge
    answer_by = call.until + wiring.settings.deadline_seconds - wiring.settings.reading_seconds
    try:
        decision = await decide_call(call)
    except PreconditionFailed as refusal:
        record = partial(record_refusal, _call_facts(call), refusal.prefetch_key, knowledge)
        await wiring.decision_log.put(record, answer_by)
        raise
    base_url, words = wiring.settings.public_base_url, call.site.words
    record = partial(record_decision, _call_facts(call), decision, knowledge, base_url, words)
    began = monotonic()
    await wiring.decision_log.put(record, answer_by)
    call.record.took("put-on-record", began)
    return decision


def count_decision(call: HookCall, decision: Decision) -> None:
    """Count what was answered, and log and count what rules in shadow would have done (docs/site-file.md)."""
    call.record.cards = len(decision.cards)
    call.wiring.metrics.count_decision(decision)
    if not call.site.knowledge.site.anything_in_shadow:
        return
    rules = decision.assessment.rules
    call.record.shadow_cards = len(decision.shadow_cards)
    call.record.shadow_rules = [one.rule_id for one in rules if one.shadow and one.truth is Truth.YES]
    call.wiring.metrics.count_shadow(rules, decision.shadow_cards)


def _call_facts(call: HookCall) -> CallFacts:
    wiring, record, caller = call.wiring, call.record, call.caller
    timings = {"fetch": record.fetch_ms, "decide": record.decide_ms}
    return CallFacts(
        at=datetime.fromtimestamp(wiring.wall(), UTC).isoformat(timespec="milliseconds"),
        service=call.service.id,
        hook=call.request.hook,
        hook_instance=record.request_id or "",
        patient=record.patient or "",
        user=keyed_hash(wiring.settings.hash_key_bytes, "user", call.request.context.user_id),
        software=wiring.software,
        timings={name: value for name, value in timings.items() if value is not None},
        client=None if caller is None else caller.client.name,
        tenant=None if caller is None else caller.tenant,
    )


def _noted(traffic: FhirTraffic, stages: RequestStages | None) -> FhirTraffic:
    """The traffic with every read noted for the request's trace too, where there is one."""
    if stages is None:
        return traffic

    def fetched(prefetch_key: str, outcome: str, seconds: float) -> None:
        traffic.fetched(prefetch_key, outcome, seconds)
        stages.add_read(prefetch_key, outcome, seconds)

    return replace(traffic, fetched=fetched)


def _ms(start: float, end: float) -> float:
    return round((end - start) * 1000, 2)
