"""One run of `doctor`: its parts in order, each a title and what was found."""

from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from datetime import date

from cds_service.doctor.check import Check, fail
from cds_service.doctor.demo_request import demo_request
from cds_service.doctor.ehr import address_checks, check_ehr, is_loopback
from cds_service.doctor.knowledge_checks import check_knowledge
from cds_service.doctor.sample_call import sample_call
from cds_service.doctor.service import ServiceVisit, check_service
from cds_service.doctor.settings_checks import check_settings
from cds_service.doctor.signed_token import TestIdentity
from cds_service.doctor.store_check import check_data_base
from cds_service.doctor.trust import Trust, check_identity, check_key_sets, read_trust
from cds_service.ehr.allow_list import AllowList, BaseUrl, build_allow_list
from cds_service.ehr.outbound import Inquirer
from cds_service.errors import StartRefused
from cds_service.services import observation_codes, prefetch_templates
from cds_service.settings import Settings
from cds_service.site import knowledge_of_site
from treatment_algorithm.knowledge_base import KnowledgeBase

ANSWER_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the report."""

    title: str
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class EhrQuestion:
    """Look at this FHIR server; with `patient_id`, read this patient with `token` (None: without one)."""

    base: BaseUrl
    token: str | None = None
    patient_id: str | None = None


@dataclass(frozen=True, slots=True)
class ServiceQuestion:
    """Look at the service running at `base_url`; `origin` for CORS, `identity` to sign tokens with."""

    base_url: str
    origin: str | None = None
    identity: TestIdentity | None = None


@dataclass(frozen=True, slots=True)
class Installation:
    """What is examined: settings, the names in environment and `.env`, the shipped knowledge, the day, the clock."""

    settings: Settings
    names: tuple[str, ...]
    knowledge: KnowledgeBase
    today: date
    now: Callable[[], float]


async def examine(
    installation: Installation, ehr: EhrQuestion | None, service: ServiceQuestion | None
) -> AsyncIterator[Part]:
    """The parts as they are ready: always the installation, then what was asked for."""
    settings, knowledge = installation.settings, installation.knowledge
    yield Part("Settings", tuple(check_settings(settings, installation.names)))
    yield Part("Knowledge", tuple(check_knowledge(knowledge, settings)))
    yield Part("Data base", (await check_data_base(settings.database_url),))
    async with Inquirer(ANSWER_SECONDS) as inquirer:
        allowed = _allowed(settings)
        clients, checks = read_trust(settings, allowed)
        keys, key_checks = await check_key_sets(clients, inquirer, installation.now)
        yield Part("Trusted clients", (*checks, *key_checks))
        if ehr is not None:
            everyone = AllowList(allowed.bases.union(*(client.allow_list.bases for client in clients)))
            yield Part(f"EHR {ehr.base}", tuple(await _ehr(installation, ehr, everyone, inquirer)))
        if service is not None:
            checks = [] if service.identity is None else check_identity(service.identity, Trust(clients, keys))
            body = demo_request(knowledge.concepts)
            visit = ServiceVisit(service.base_url, body, service.identity, inquirer, installation.now)
            checks += await check_service(visit, service.origin, settings.client_auth == "required")
            yield Part(f"Service {service.base_url}", tuple(checks))


async def _ehr(
    installation: Installation, ehr: EhrQuestion, allow_list: AllowList, inquirer: Inquirer
) -> Iterable[Check]:
    settings = installation.settings
    try:
        knowledge = knowledge_of_site(installation.knowledge, settings.site_file)
    except StartRefused:
        knowledge = installation.knowledge  # said under Knowledge
    templates = prefetch_templates(observation_codes(knowledge))
    checks = [
        *address_checks(ehr.base, allow_list, settings.production),
        *await check_ehr(ehr.base, templates, inquirer, installation.now),
    ]
    if ehr.patient_id is None:
        return checks
    if ehr.token is not None and ehr.base.scheme != "https" and not is_loopback(ehr.base.host):
        return [*checks, fail("sample call", "Not made: a token is not sent over plain http.")]
    sample = await sample_call(ehr.base, ehr.token, ehr.patient_id, templates, knowledge, settings, installation.today)
    return [*checks, *sample]


def _allowed(settings: Settings) -> AllowList:
    try:
        return build_allow_list(settings.allowed_fhir_servers, settings.allow_http_fhir)
    except ValueError:
        return AllowList(frozenset())  # said under Settings
