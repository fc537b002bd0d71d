"""The addresses of the pages; they answer GET and HEAD, without authentication and without a patient."""

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from cds_service.pages.page import answer
from cds_service.pages.page_set import PageSet
from cds_service.settings import Settings
from treatment_algorithm.knowledge_base import KnowledgeBase


def add_pages(app: FastAPI, knowledge: KnowledgeBase, settings: Settings) -> None:
    """Put the pages into `app`; they are rendered from `knowledge`, each once."""
    pages = PageSet(knowledge, settings)

    # Plain functions: the first rendering of a page runs in a worker thread, beside the hook calls.
    def guideline(request: Request) -> Response:
        return answer(pages.guideline, request)

    def about(request: Request) -> Response:
        return answer(pages.about, request)

    def index(request: Request) -> Response:
        return answer(pages.index, request)

    def stylesheet(request: Request) -> Response:
        return answer(pages.stylesheet, request)

    def source_attributes(request: Request) -> Response:
        return answer(pages.source_attributes, request)

    for path, endpoint in (
        ("/", index),
        ("/guideline", guideline),
        ("/about", about),
        ("/assets/pages.css", stylesheet),
        ("/api/source-attributes", source_attributes),
    ):
        app.add_api_route(path, endpoint, methods=["GET", "HEAD"], response_model=None, include_in_schema=False)
