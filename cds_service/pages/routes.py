"""The addresses of the pages; they answer GET and HEAD, without authentication and without a patient."""

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from cds_service.pages.page import answer
from cds_service.site import Sites


def add_pages(app: FastAPI, sites: Sites) -> None:
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

    def source_attributes(request: Request) -> Response:
        return answer(sites.default.pages.source_attributes, request)

    for path, endpoint in (
        ("/", index),
        ("/guideline", guideline),
        ("/about", about),
        ("/assets/pages.css", stylesheet),
        ("/api/source-attributes", source_attributes),
    ):
        app.add_api_route(path, endpoint, methods=["GET", "HEAD"], response_model=None, include_in_schema=False)
