"""The page that shows the OpenAPI description: Swagger UI, from this service and nowhere else."""

from importlib.resources import files

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from cds_service.pages.page import CSS, HTML, SCRIPT, Page, answer, finished

# Swagger UI makes markup of what it shows; it shows our own description only. Its icons are data addresses.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>calcinosis-cds: OpenAPI description</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
<script src="docs/swagger-ui-bundle.js" defer></script>
<script src="docs/start.js" defer></script>
</head>
<body><main id="description"></main></body>
</html>
"""
_START = """SwaggerUIBundle({
  url: "openapi.json", dom_id: "#description", deepLinking: true, validatorUrl: null, docExpansion: "list",
});
"""
_FOLDER = "swagger_ui"


def add_openapi_page(app: FastAPI) -> None:
    """Put `/docs` and its files into `app`; addresses are relative, so that they hold behind a path of a proxy."""
    folder = files("cds_service.openapi") / _FOLDER
    pages: dict[str, Page] = {
        "/docs": finished(_PAGE, HTML),
        "/docs/start.js": finished(_START, SCRIPT),
    }

    def file(name: str, kind: str) -> Page:
        """Read when it is first asked for: it is large, and seldom wanted."""
        path = f"/docs/{name}"
        if path not in pages:
            pages[path] = finished((folder / name).read_text(encoding="utf-8"), kind)
        return pages[path]

    def page(request: Request) -> Response:
        shown = answer(pages["/docs"], request)
        shown.headers["Content-Security-Policy"] = _POLICY
        return shown

    def start(request: Request) -> Response:
        return answer(pages["/docs/start.js"], request)

    # Plain functions: a file is read in a worker thread, beside the hook calls.
    def style(request: Request) -> Response:
        return answer(file("swagger-ui.css", CSS), request)

    def script(request: Request) -> Response:
        return answer(file("swagger-ui-bundle.js", SCRIPT), request)

    for path, endpoint in (
        ("/docs", page),
        ("/docs/start.js", start),
        ("/docs/swagger-ui.css", style),
        ("/docs/swagger-ui-bundle.js", script),
    ):
        app.add_api_route(path, endpoint, methods=["GET", "HEAD"], response_model=None, include_in_schema=False)
