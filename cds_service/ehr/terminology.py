"""The optional look-up of unknown drug codes on a terminology server (decision 8; docs/terminology-lookup.md).

Only codes leave: no token, nothing else of the chart. What is not answered stays unknown; nothing here is an error.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal

import msgspec

from cds_service.ehr.allow_list import BaseUrl, parse_base_url
from cds_service.ehr.breaker import Breaker
from cds_service.ehr.fhir_lookup import ask_fhir
from cds_service.ehr.lookup_cache import LookupCache
from cds_service.ehr.outbound import Outbound, OutboundError, Refused, UnusableAnswer
from cds_service.ehr.rxnav import Fetch, ask_rxnav, rxnav_knows
from cds_service.json_body import NotStrictJson, check_json
from fhir_mappings.chart import ReadChart
from fhir_mappings.looked_up_drugs import DrugCode, LookedUpDrug
from fhir_mappings.unknown_drugs import unknown_drug_codes
from treatment_algorithm.concept_table import ConceptTable
from treatment_algorithm.cues import Cues

TerminologyKind = Literal["rxnav", "fhir"]
LOOKUP_CAP = 20
"""So many codes of one request are asked for, all at once."""

_TOLD_SECONDS = 24 * 3600.0
_NOT_KNOWN_SECONDS = 3600.0
_ANSWER_CAP = 256 * 1024
# A server that says "no such code", or that it does not hold the code system, has answered.
_NOT_KNOWN = frozenset({400, 404, 422})


@dataclass(frozen=True, slots=True)
class Terminology:
    """One terminology server and what it said already; lives as long as the process.

    `seconds`: the time for all look-ups of a request. `clock` gives seconds that never go back.
    """

    base: BaseUrl
    kind: TerminologyKind
    seconds: float
    clock: Callable[[], float]
    outbound: Outbound = field(repr=False)
    breaker: Breaker = field(repr=False)
    cache: LookupCache = field(default_factory=LookupCache, repr=False)

    async def look_up(self, codes: Sequence[DrugCode], until: float) -> dict[DrugCode, LookedUpDrug]:
        """What is known of the codes by `until` (seconds of the event loop's clock); never raises for an answer."""
        now = self.clock()
        askable = [code for code in codes if self.kind == "fhir" or rxnav_knows(code)]
        found = {code: drug for code in askable if (drug := self.cache.get(code, now)) is not None}
        missing = [code for code in askable if code not in found][:LOOKUP_CAP]
        loop_time = asyncio.get_running_loop().time()
        until = min(until, loop_time + self.seconds)
        if not missing or until <= loop_time or not self.breaker.admits(self.base):
            return found
        answers = await asyncio.gather(*(self._ask(code, until) for code in missing))
        self.breaker.report(self.base, failed=all(answer is None for answer in answers))
        return found | {code: drug for code, drug in zip(missing, answers, strict=True) if drug is not None}

    async def _ask(self, code: DrugCode, until: float) -> LookedUpDrug | None:
        ask: Callable[[DrugCode, Fetch], Awaitable[LookedUpDrug]] = ask_rxnav if self.kind == "rxnav" else ask_fhir
        try:
            async with asyncio.timeout_at(until):
                drug = await ask(code, self._fetch)
        except Refused as refusal:
            if refusal.status not in _NOT_KNOWN:
                return None
            drug = LookedUpDrug()
        except (OutboundError, NotStrictJson, msgspec.DecodeError, RecursionError, TimeoutError):
            return None
        kept = _NOT_KNOWN_SECONDS if drug == LookedUpDrug() else _TOLD_SECONDS
        self.cache.put(code, drug, self.clock() + kept)
        return drug

    async def _fetch(self, relative: str) -> bytes:
        body = await self.outbound.get(self.base.absolute(relative), {})
        if len(body) > _ANSWER_CAP:
            raise UnusableAnswer("too large")
        check_json(body)
        return body


async def with_looked_up_drugs(
    chart: ReadChart, terminology: Terminology | None, concepts: ConceptTable, cues: Cues, until: float
) -> ReadChart:
    """The chart with what the server says of its unknown drug codes; the chart itself without a server."""
    if terminology is None:
        return chart
    codes = unknown_drug_codes(chart, concepts, cues)
    if not codes:
        return chart
    return replace(chart, looked_up=MappingProxyType(await terminology.look_up(codes, until)))


def terminology_base(url: str | None) -> BaseUrl | None:
    """The base URL of the setting, None when it is unset; raises ValueError for one that is no https base URL."""
    if url is None:
        return None
    base = parse_base_url(url)
    if base is None or base.scheme != "https":
        raise ValueError(f"{url!r} is no https base URL")
    return base
