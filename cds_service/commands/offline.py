"""A decision without a server: the same pure calls as the service, nothing fetched, stored or logged."""

import asyncio
import math
from datetime import date
from functools import partial

from cards.compose import compose_cards
from cards.request_facts import RequestFacts
from cds_service.commands.chart_file import ChartFile
from cds_service.decide import Decision
from cds_service.ehr.prefetch import gather
from cds_service.hook_request import HookRequest
from cds_service.identity import derive_uuid
from cds_service.services import observation_codes, prefetch_templates
from cds_service.settings import Settings
from fhir_mappings.chart import ReadChart
from fhir_mappings.feature_mapping import map_chart
from treatment_algorithm.assess import assess
from treatment_algorithm.knowledge_base import KnowledgeBase

# The uuids of a card that no client has seen: the same file gives the same bytes, and no key file is made.
_KEY = b"calcinosis-cds evaluate"


def read_offline(file: ChartFile, knowledge: KnowledgeBase) -> ReadChart:
    """The chart of the file, as the service gathers it when there is no FHIR server to ask.

    Raises PreconditionFailed where the service would answer 412 (decision 11).
    """
    templates = prefetch_templates(observation_codes(knowledge))
    return asyncio.run(gather(file.request, templates, None, math.inf))


def decide_offline(file: ChartFile, knowledge: KnowledgeBase, settings: Settings, today: date) -> Decision:
    """The decision on the chart of the file, on `today`; raises PreconditionFailed as `read_offline`."""
    chart = read_offline(file, knowledge)
    selections = file.request.context.selections
    mapped = map_chart(chart, selections, knowledge.concepts, knowledge.cues, today)
    assessment = assess(mapped.features, knowledge, file.request.hook, today)
    cards = compose_cards(assessment, knowledge, _facts(file.request, settings))
    return Decision(cards, assessment, mapped.features, mapped.unknown_codes)


def _facts(request: HookRequest, settings: Settings) -> RequestFacts:
    return RequestFacts(
        service_id=f"calcinosis-{request.hook}",
        hook_instance=request.hook_instance,
        patient_id=request.context.patient_id,
        user_id=request.context.user_id,
        encounter_id=request.context.encounter_id,
        base_url=settings.public_base_url,
        derive_uuid=partial(derive_uuid, _KEY),
    )
