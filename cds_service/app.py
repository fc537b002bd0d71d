"""create_app(): the web application, put together once from the settings."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from cards.text_checks import check_texts
from cds_service.admission import Admission
from cds_service.clock import site_clock
from cds_service.cors import Cors
from cds_service.decide import Decide, decide
from cds_service.error_response import error_response
from cds_service.errors import PreconditionFailed, ServiceError, Unauthenticated, status_body
from cds_service.observability import build_logger
from cds_service.openapi.document import openapi_document
from cds_service.openapi.page import add_openapi_page
from cds_service.pages.routes import add_pages
from cds_service.request_scope import RequestScope
from cds_service.routes import add_metrics, add_routes
from cds_service.settings import Settings, environment, unknown_names
from cds_service.site import Sites
from cds_service.site_watch import site_watch
from cds_service.wiring import open_wiring, refuse_unsafe_settings, site_files_of_clients
from fhir_mappings.units import prepare_units
from treatment_algorithm.knowledge_base import KnowledgeBase, knowledge_folder, load_knowledge

# FastAPI's own spans and logs would carry texts of exceptions to whatever exporter the process has (FHIR-7).
_NO_TELEMETRY: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}


def create_app(
    settings: Settings,
    *,
    decide: Decide = decide,
    clock: Callable[[], date] | None = None,
    knowledge: KnowledgeBase | None = None,
) -> FastAPI:
    """The ASGI application; its lifespan opens the store and the HTTP client once.

    `clock` gives today's date (by default the calendar day in CDS_TIME_ZONE), `knowledge` spares loading it again.
    Raises StartRefused for settings that are not safe to start with, and for a wrong site file.
    """
    refuse_unsafe_settings(settings)
    knowledge = _shipped_knowledge() if knowledge is None else knowledge
    sites = Sites(knowledge, settings, site_files_of_clients(settings))
    prepare_units(knowledge.cues)
    logger = build_logger(settings.log_level)
    today = site_clock(settings.time_zone) if clock is None else clock

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_wiring(settings, sites, decide, today, logger) as wiring, site_watch(sites, logger):
            app.state.wiring = wiring
            if names := unknown_names(environment()):
                logger.warning("unknown-settings", names=list(names))
            logger.info("started", public_base_url=settings.public_base_url, knowledge=knowledge.version)
            yield
            logger.info("stopped")

    app = FastAPI(
        title="calcinosis-cds",
        lifespan=lifespan,
        redirect_slashes=False,
        telemetry=_NO_TELEMETRY,
        openapi_url=None if settings.production else "/openapi.json",
        # FastAPI's own pages load their scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
    )
    add_routes(app)
    if settings.admin_token is not None or not settings.production:
        add_metrics(app)
    if not settings.production:
        # What FastAPI would make of the routes is empty: they read bytes.
        document = openapi_document(settings, sites.default.known)
        app.openapi = lambda: document  # type: ignore[method-assign]
        add_openapi_page(app)
    add_pages(app, sites, settings)
    app.add_exception_handler(ServiceError, _service_error)
    app.add_exception_handler(HTTPException, _framework_error)
    app.add_middleware(Admission, limit=settings.max_in_flight)
    app.add_middleware(RequestScope, logger=logger)
    # Added last, so outermost: its header stands on every answer, errors included. No credentials: there are none.
    app.add_middleware(Cors, allow_origins=settings.allowed_origins, allow_methods=["GET", "POST"], allow_headers=["*"])
    return app


def _shipped_knowledge() -> KnowledgeBase:
    """The knowledge that comes with the product, its texts and drafts checked; raises KnowledgeError."""
    folder = knowledge_folder()
    knowledge = load_knowledge(folder)
    check_texts(knowledge, folder)
    return knowledge


async def _service_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, ServiceError):
        raise error
    record = request.state.record
    record.error = error.code
    if isinstance(error, PreconditionFailed):
        record.prefetch_key = error.prefetch_key
    if isinstance(error, Unauthenticated):
        record.reason = error.reason
        # Nothing but the status (JWT-16), and how one says who one is (JWT-20, RFC 9110).
        return Response(status_code=error.status, headers={"WWW-Authenticate": "Bearer"})
    return error_response(error)


async def _framework_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    request.state.record.error = f"http-{error.status_code}"
    body = status_body(error.status_code)
    return Response(body, status_code=error.status_code, media_type="application/json", headers=error.headers)
