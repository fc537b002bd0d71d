"""A decision without a server: the same pure calls as the service, nothing fetched, stored or logged."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from cds_service.commands.chart_file import ChartFile
from cds_service.decide import Decision, decide_with_key
from cds_service.ehr.prefetch import gather
from cds_service.hook_request import HookRequest
from cds_service.services import observation_codes, prefetch_templates
from cds_service.settings import Settings
from treatment_algorithm.knowledge_base import KnowledgeBase

# The uuids of a card that no client has seen: the same file gives the same bytes, and no key file is made.
_KEY = b"calcinosis-cds evaluate"


@dataclass(frozen=True, slots=True)
class Offline:
    """The service as it answers on `today` when there is no FHIR server to ask; `templates`: its prefetch keys."""

    knowledge: KnowledgeBase
    settings: Settings
    today: date
    templates: Mapping[str, str]

    async def decide(self, request: HookRequest) -> Decision:
        """The decision on a request; raises PreconditionFailed where the service would answer 412 (decision 11)."""
        chart = await gather(request, self.templates, None, self.settings.deadline_seconds)
        return decide_with_key(request, chart, self.knowledge, self.settings, _KEY, self.today)


def offline_service(knowledge: KnowledgeBase, settings: Settings, today: date) -> Offline:
    """The service without a server, for many requests."""
    return Offline(knowledge, settings, today, prefetch_templates(observation_codes(knowledge)))


def decide_offline(file: ChartFile, knowledge: KnowledgeBase, settings: Settings, today: date) -> Decision:
    """The decision on the chart of one file, on `today`; raises PreconditionFailed as `Offline.decide`."""
    return asyncio.run(offline_service(knowledge, settings, today).decide(file.request))
