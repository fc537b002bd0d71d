"""Where the time of one request goes inside the process: decode, read, map, assess, compose, encode."""

import asyncio
import math
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from statistics import median
from time import perf_counter_ns
from typing import Any

import msgspec

from cards.compose import compose_cards
from cds_service.decide import request_facts
from cds_service.ehr.prefetch import gather
from cds_service.hook_request import decode
from cds_service.services import find_service, observation_codes, service_definitions
from cds_service.settings import Settings
from fhir_mappings.feature_mapping import map_features
from treatment_algorithm.assess import assess
from treatment_algorithm.knowledge_base import KnowledgeBase

STAGES = ("decode", "read", "map", "assess", "compose", "encode")


@dataclass(slots=True)
class StageTimes:
    """Microseconds of each run by stage."""

    runs: dict[str, list[float]] = field(default_factory=lambda: {stage: [] for stage in STAGES})

    def middle(self, stage: str) -> float:
        """The median of a stage in microseconds."""
        return median(self.runs[stage])

    def least(self, stage: str) -> float:
        """The shortest run of a stage in microseconds: what it costs on a quiet machine."""
        return min(self.runs[stage])

    def timed(self, stage: str, step: Callable[[], Any]) -> Any:
        """What `step` gives, its time kept."""
        started = perf_counter_ns()
        value = step()
        self.runs[stage].append((perf_counter_ns() - started) / 1000)
        return value


def measure_stages(
    body: bytes, knowledge: KnowledgeBase, settings: Settings, today: date, runs: int, warm_up: int = 5
) -> StageTimes:
    """The times of `runs` decisions on one body, after some that do not count; no HTTP, no log, no store."""
    services = service_definitions(observation_codes(knowledge))
    times = StageTimes()
    # One loop for all runs, and no Runner: its handling of Ctrl-C costs more than what is measured.
    loop = asyncio.new_event_loop()
    with closing(loop):
        for number in range(warm_up + runs):
            if number == warm_up:
                times = StageTimes()
            request = times.timed("decode", partial(decode, body))
            service = find_service(services, f"calcinosis-{request.hook}", request.hook)
            reading = gather(request, service.prefetch, None, math.inf)
            chart = times.timed("read", partial(loop.run_until_complete, reading))
            selections = request.context.selections
            mapping = partial(map_features, chart, selections, knowledge.concepts, knowledge.cues, today)
            assessing = partial(assess, times.timed("map", mapping), knowledge, request.hook, today)
            facts = request_facts(request, settings, settings.hash_key_bytes)
            composing = partial(compose_cards, times.timed("assess", assessing), knowledge, facts)
            times.timed("encode", partial(msgspec.json.encode, {"cards": times.timed("compose", composing)}))
    return times
