"""The addresses of the pages: GET and HEAD, open to anyone but for the workbench, and without a real patient."""

from collections.abc import Callable, Mapping

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from cds_service.pages.demo_charts import DemoCharts, demo_folder
from cds_service.pages.page import Page, answer
from cds_service.pages.workbench import WorkbenchFiles, may_enter, workbench_served
from cds_service.settings import Settings
from cds_service.site import Sites


def add_pages(app: FastAPI, sites: Sites, settings: Settings) -> None:
    """Put the pages into `app`: those of the default site, each rendered once from the knowledge that is in force."""

    # Plain functions: the first rendering of a page runs in a worker thread, beside the hook calls.
    def guideline(request: Request) -> Response:
        return answer(sites.default.pages.guideline, request)

    def about(request: Request) -> Response:
        return answer(sites.default.pages.about, request)

    def index(request: Request) -> Response:
        return answer(sites.default.pages.index, request)

    def stylesheet(request: Request) -> Response:
        return answer(sites.default.pages.stylesheet, request)

    def guideline_stylesheet(request: Request) -> Response:
        return answer(sites.default.pages.guideline_stylesheet, request)

    def source_attributes(request: Request) -> Response:
        return answer(sites.default.pages.source_attributes, request)

    _add(app, "/guideline", guideline)
    _add(app, "/about", about)
    _add(app, "/assets/pages.css", stylesheet)
    _add(app, "/assets/guideline.css", guideline_stylesheet)
    _add(app, "/api/source-attributes", source_attributes)
    if workbench_served(settings):
        _add_workbench(app, sites, WorkbenchFiles(DemoCharts(demo_folder())), settings)
    else:
        _add(app, "/", index)


def _add_workbench(app: FastAPI, sites: Sites, loads: WorkbenchFiles, settings: Settings) -> None:
    def page(request: Request) -> Response:
        return _entered(request, lambda: sites.default.pages.workbench, settings)

    def asset(file: str, request: Request) -> Response:
        return answer(_one_of(loads.assets, file), request)

    def start(request: Request) -> Response:
        return _entered(request, lambda: loads.start(sites.default.knowledge), settings)

    def chart(name: str, request: Request) -> Response:
        return _entered(request, lambda: _one_of(loads.charts, name), settings)

    _add(app, "/", page)
    _add(app, "/assets/{file}", asset)
    _add(app, "/workbench/start.json", start)
    _add(app, "/workbench/charts/{name}.json", chart)


def _entered(request: Request, page: Callable[[], Page], settings: Settings) -> Response:
    if may_enter(request.headers.get("authorization"), settings):
        return answer(page(), request)
    return Response(status_code=401, headers={"WWW-Authenticate": 'Basic realm="workbench", charset="UTF-8"'})


def _one_of(pages: Mapping[str, Page], name: str) -> Page:
    if name not in pages:
        raise HTTPException(404)
    return pages[name]


def _add(app: FastAPI, path: str, endpoint: Callable[..., Response]) -> None:
    app.add_api_route(path, endpoint, methods=["GET", "HEAD"], response_model=None, include_in_schema=False)
