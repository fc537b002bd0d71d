"""Page: one finished answer to a reader's GET, with the headers that every page carries."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from starlette.requests import Request
from starlette.responses import Response

HTML = "text/html; charset=utf-8"
CSS = "text/css; charset=utf-8"
SVG = "image/svg+xml"
SCRIPT = "text/javascript; charset=utf-8"
JSON = "application/json"

# No script, no frame, no form: text, one style sheet of our own, and links that tell no other site where from.
_TEXT = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# The workbench runs our own modules and calls our own addresses. Trusted types: text can never become markup.
_SCRIPTED = f"{_TEXT}; script-src 'self'; connect-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'"

SECURITY_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": _TEXT,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
)


@dataclass(frozen=True, slots=True)
class Page:
    """A body (UTF-8), its media type, and an entity tag that changes with the body and with nothing else.

    `scripted`: whether it may run modules of this site and call its addresses.
    """

    body: bytes
    media_type: str
    etag: str
    scripted: bool = False


def finished(text: str, media_type: str = HTML, *, scripted: bool = False) -> Page:
    """The page of this text."""
    body = text.encode()
    return Page(body, media_type, f'"{hashlib.sha256(body).hexdigest()[:32]}"', scripted)


def answer(page: Page, request: Request) -> Response:
    """The page, its head only for HEAD, or 304 for a reader who has it already (RFC 9110, 9.3.2 and 13.1.2)."""
    headers = {**SECURITY_HEADERS, "ETag": page.etag, "Cache-Control": "no-cache"}
    if page.scripted:
        headers["Content-Security-Policy"] = _SCRIPTED
    if _has(request.headers.get("if-none-match", ""), page.etag):
        return Response(status_code=304, headers=headers)
    headers["Content-Length"] = str(len(page.body))
    body = b"" if request.method == "HEAD" else page.body
    return Response(body, media_type=page.media_type, headers=headers)


def _has(if_none_match: str, etag: str) -> bool:
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return etag in tags or "*" in tags
