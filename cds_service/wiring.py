"""Wiring: what one running service is made of, built once and handed to the routes (design.md 1, lifespan)."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from time import monotonic, time

from cds_service.admin import load_admin_token
from cds_service.decide import Decide
from cds_service.ehr.allow_list import AllowList, build_allow_list
from cds_service.ehr.authentication import ClientTrust
from cds_service.ehr.breaker import Breaker
from cds_service.ehr.key_sets import KeySets
from cds_service.ehr.outbound import Outbound
from cds_service.ehr.terminology import Terminology, terminology_base
from cds_service.ehr.traffic import FhirTraffic, fhir_traffic
from cds_service.ehr.trusted_clients import TrustedClients, load_trusted_clients
from cds_service.errors import StartRefused
from cds_service.metrics import Metrics, build_metrics
from cds_service.observability import Logger
from cds_service.records.decision_log import DecisionLog
from cds_service.records.retention import DailyPurge, Terms
from cds_service.records.storage import Store, engine_url, open_store
from cds_service.records.token_ids import ReplayGuard
from cds_service.service_state import ServiceState, servers_of
from cds_service.settings import DISTRIBUTION, Settings
from cds_service.site import Sites
from cds_service.traces import Traces, open_traces


@dataclass(slots=True)
class Readiness:
    """Whether the service is about to stop: then it answers on for a while, and says that it is not ready."""

    draining: bool = False


@dataclass(frozen=True, slots=True)
class Wiring:
    """Everything a route needs beyond the request; `today` gives the site's calendar day.

    `sites`: the knowledge in force and what is made of it, one for each site file.
    `trust`: the clients that may call, None where nobody is asked. `allow_list`: the FHIR servers that may be called
    then; a trusted client brings its own list. `terminology`: the server that is asked for unknown drug codes,
    None when there is none. `admin_token`: what the bearer of the metrics must show, None where nobody is asked.
    `traces`: where the parts of requests are told, None where nobody wants them. `wall` gives seconds since the epoch.
    """

    settings: Settings
    sites: Sites
    trust: ClientTrust | None
    allow_list: AllowList
    fhir_traffic: FhirTraffic
    outbound: Outbound
    terminology: Terminology | None
    metrics: Metrics
    traces: Traces | None
    readiness: Readiness
    admin_token: bytes | None
    store: Store
    decision_log: DecisionLog
    decide: Decide
    today: Callable[[], date]
    wall: Callable[[], float]
    software: str
    logger: Logger


@asynccontextmanager
async def open_wiring(
    settings: Settings, sites: Sites, decide: Decide, today: Callable[[], date], logger: Logger
) -> AsyncIterator[Wiring]:
    """The parts of a running service; connections close at the end. Raises StartRefused."""
    software = version(DISTRIBUTION)
    async with (
        Outbound(settings.deadline_seconds) as outbound,
        open_store(settings.database_url) as store,
        client_trust(settings, outbound, store) as trust,
        open_decision_log(settings, store) as decision_log,
        purging(settings, store, logger),
        tracing(settings, software) as traces,
    ):
        metrics, allow_list = build_metrics(), allow_list_of(settings)
        traffic = fhir_traffic(monotonic, metrics.count_fetch)
        servers = servers_of(allow_list.bases, trust)
        metrics.state = ServiceState(software, sites, metrics, decision_log, traffic, servers, trust).families
        yield Wiring(
            settings=settings,
            sites=sites,
            trust=trust,
            allow_list=allow_list,
            fhir_traffic=traffic,
            outbound=outbound,
            terminology=terminology_of(settings, outbound),
            metrics=metrics,
            traces=traces,
            readiness=Readiness(),
            admin_token=load_admin_token(settings.admin_token),
            store=store,
            decision_log=decision_log,
            decide=decide,
            today=today,
            wall=time,
            software=software,
            logger=logger,
        )


@asynccontextmanager
async def open_decision_log(settings: Settings, store: Store) -> AsyncIterator[DecisionLog]:
    """The decision log, which writes in the background; what waits at the end is written then."""
    log = DecisionLog(store, settings.audit)
    log.start()
    try:
        yield log
    finally:
        await log.close()


@asynccontextmanager
async def tracing(settings: Settings, software: str) -> AsyncIterator[Traces | None]:
    """The traces that the settings want; what waits at the end is sent then, beside the event loop."""
    traces = open_traces(settings.traces_endpoint, software)
    try:
        yield traces
    finally:
        if traces is not None:
            await asyncio.to_thread(traces.close)


@asynccontextmanager
async def purging(settings: Settings, store: Store, logger: Logger) -> AsyncIterator[None]:
    """What is past its term is purged in the background, once a day."""
    purge = DailyPurge(store, Terms(settings.feedback_comment_days, settings.decision_days), time, logger)
    purge.start()
    try:
        yield
    finally:
        await purge.close()


def allow_list_of(settings: Settings) -> AllowList:
    """The FHIR servers that the settings allow; raises StartRefused for an entry that is no base URL."""
    try:
        return build_allow_list(settings.allowed_fhir_servers, settings.allow_http_fhir)
    except ValueError as error:
        raise StartRefused(f"The list of allowed FHIR servers cannot be used: {error}.") from None


def trusted_clients_of(settings: Settings) -> TrustedClients | None:
    """The clients of CDS_TRUSTED_CLIENTS, None where nobody is asked; raises StartRefused."""
    if settings.client_auth == "off":
        return None
    if settings.trusted_clients is None:
        raise StartRefused("CDS_CLIENT_AUTH=required needs the file of the trusted clients (CDS_TRUSTED_CLIENTS).")
    return load_trusted_clients(settings.trusted_clients, allow_list_of(settings), settings.production)


def site_files_of_clients(settings: Settings) -> tuple[Path, ...]:
    """The site files that trusted clients name for themselves; raises StartRefused."""
    clients = trusted_clients_of(settings) or ()
    return tuple(client.site_file for client in clients if client.site_file is not None)


@asynccontextmanager
async def client_trust(settings: Settings, outbound: Outbound, store: Store) -> AsyncIterator[ClientTrust | None]:
    """Whom the service trusts, None where nobody is asked; key sets are fetched in the background from the start."""
    clients = trusted_clients_of(settings)
    if clients is None:
        yield None
        return
    key_sets = KeySets(outbound, monotonic)
    key_sets.prefetch({client.key_set_url for client in clients if client.key_set_url and client.keys is None})
    replays = ReplayGuard(store, time, monotonic)
    try:
        yield ClientTrust(clients, key_sets, replays, settings.public_base_url, time)
    finally:
        await key_sets.close()
        await replays.close()


def terminology_of(settings: Settings, outbound: Outbound) -> Terminology | None:
    """The terminology server of the settings; raises ValueError for one that is no https base URL."""
    base = terminology_base(settings.terminology_server)
    if base is None:
        return None
    seconds = settings.terminology_deadline_seconds
    return Terminology(base, settings.terminology_kind, seconds, monotonic, outbound, Breaker(monotonic))


def refuse_unsafe_settings(settings: Settings) -> None:
    """Return if the service may start with these settings, else raise StartRefused (decision 4)."""
    if settings.production:
        _refuse_open_production(settings)
    trusted_clients_of(settings)
    allow_list_of(settings)
    try:
        terminology_base(settings.terminology_server)
    except ValueError as error:
        raise StartRefused(f"The terminology server (CDS_TERMINOLOGY_SERVER) cannot be used: {error}.") from None
    engine_url(settings.database_url)
    load_admin_token(settings.admin_token)
    try:
        _ = settings.hash_key_bytes
    except (OSError, ValueError) as error:
        raise StartRefused(f"The key of the keyed hashes (CDS_HASH_KEY) cannot be used: {error}.") from None


def _refuse_open_production(settings: Settings) -> None:
    """GEN-7, SEC-1, decision 4: what development may leave open is closed in production."""
    if settings.client_auth == "off":
        raise StartRefused("CDS_CLIENT_AUTH=off is for development: in production every client says who it is.")
    if not settings.public_base_url.startswith("https://"):
        raise StartRefused(
            "CDS_PUBLIC_BASE_URL must be the https address that clients call in production: the audience of their "
            "tokens is checked against it."
        )
    if settings.allow_http_fhir:
        raise StartRefused("CDS_ALLOW_HTTP_FHIR is for development: in production FHIR servers are called over https.")
