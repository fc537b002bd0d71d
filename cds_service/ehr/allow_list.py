"""Which FHIR servers may be called: exact base URLs, compared part by part (FHIR-10, decision 24)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

_DEFAULT_PORTS = {"https": 443, "http": 80}
# Printable ASCII without space, quotes, angle brackets, backslash, caret, backtick, braces and bar (RFC 3986).
_URL_CHARACTERS = re.compile(r"[!#-;=?-\[\]_a-z~]+", re.ASCII)
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]", re.ASCII)
_ENCODED_STRUCTURE = re.compile(r"%(?:2e|2f|3b|5c|0[0-9a-f]|1[0-9a-f]|7f|25)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class BaseUrl:
    """The base of a FHIR server: scheme, lower-case host, port, and path without its last slash."""

    scheme: str
    host: str
    port: int
    path: str

    def __str__(self) -> str:
        port = "" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}{self.path}"

    def absolute(self, relative: str) -> str:
        """The URL of `relative` (`Patient/1`, `Condition?patient=1`) under this base."""
        return f"{self}/{relative}"

    def link_under(self, link: str) -> str | None:
        """A Bundle's link, absolute or relative, as a URL under this base; None when it leads elsewhere (FHIR-2)."""
        if not _is_plain(link):
            return None
        parts = _plain_url(urljoin(f"{self}/", link) if "://" not in link else link)
        if parts is None or _origin(parts) != (self.scheme, self.host, self.port):
            return None
        inside = parts.path == self.path or parts.path.startswith(f"{self.path}/")
        query = f"?{parts.query}" if parts.query else ""
        return f"{self}{parts.path[len(self.path) :]}{query}" if inside else None


@dataclass(frozen=True, slots=True)
class AllowList:
    """The bases that may be called."""

    bases: frozenset[BaseUrl]

    def admit(self, url: str | None) -> BaseUrl | None:
        """The base that `url` is, exactly (a last slash aside); None when it is not on the list."""
        base = parse_base_url(url) if url else None
        return base if base in self.bases else None


def parse_base_url(url: str) -> BaseUrl | None:
    """The base URL that `url` is, or None.

    Not a base: userinfo, query, fragment, backslash, control characters, dot segments, encoded slashes or dots,
    an empty or non-ASCII host, a scheme other than http and https.
    """
    parts = _plain_url(url)
    if parts is None or parts.query or "?" in url:
        return None
    scheme, host, port = _origin(parts)
    return BaseUrl(scheme, host, port, parts.path.removesuffix("/"))


def build_allow_list(allowed: Iterable[str], allowed_http: Iterable[str]) -> AllowList:
    """The list of the settings: https bases, and plain-http ones from their own setting only.

    Raises ValueError, which says what is wrong with which entry (an operator's text, not a request's).
    """
    bases = set()
    for url, schemes in [*((url, ("https",)) for url in allowed), *((url, ("http", "https")) for url in allowed_http)]:
        base = parse_base_url(url)
        if base is None:
            raise ValueError(f"{url!r} is no base URL of a FHIR server")
        if base.scheme not in schemes:
            raise ValueError(f"{url!r} is not https: list it in CDS_ALLOW_HTTP_FHIR (outside production only)")
        bases.add(base)
    return AllowList(frozenset(bases))


def _is_plain(url: str) -> bool:
    return url.isascii() and _URL_CHARACTERS.fullmatch(url.lower()) is not None


def _plain_url(url: str) -> SplitResult | None:
    """The parts of an http or https URL that reads the same way to every parser, else None."""
    if not _is_plain(url) or "#" in url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    authority = parts.netloc.lower()
    host = authority.rpartition(":")[0] if port is not None or authority.endswith(":") else authority
    if parts.scheme not in _DEFAULT_PORTS or "@" in authority or not _HOST.fullmatch(host) or port == 0:
        return None
    if _ENCODED_STRUCTURE.search(parts.path) or "//" in parts.path:
        return None
    # Some servers cut `;parameters` off a segment before they resolve its dots.
    segments = {segment.partition(";")[0] for segment in parts.path.split("/")}
    return None if {".", ".."} & segments else parts


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return parts.scheme, host, parts.port or _DEFAULT_PORTS[parts.scheme]
