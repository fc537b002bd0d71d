"""The only module that speaks HTTP outward (decision 24): bounded GETs, no redirects, exceptions of its own.

    OutboundError
    |-- Unreachable      no answer: cut, too slow, or no URL at all
    |   `-- NotConnected     no connection came about, so nothing was asked
    |-- Refused          an answer that is not 200; `status` says which
    `-- UnusableAnswer   200, but no JSON, encoded, or too large

No message holds the URL, a header or anything that was answered (FHIR-7).
"""

import math
import re
from collections.abc import Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType

import httpx

ANSWER_CAP = 12 * 1024 * 1024
_CONNECT_SECONDS = 2.0
_CONNECTIONS = 50
_JSON_TYPES = frozenset(
    {"application/json", "application/fhir+json", "application/json+fhir", "application/jwk-set+json"}
)
_SECONDS = re.compile(r"\d{1,9}(?:\.\d{1,9})?", re.ASCII)


class OutboundError(Exception):
    """A GET that brought nothing usable."""


class Unreachable(OutboundError):
    """The server did not answer."""


class NotConnected(Unreachable):
    """The connection was refused, or the host is not known."""


class Refused(OutboundError):
    """The server answered with another status than 200; redirects are refusals.

    `retry_after`: the seconds that it asks to wait; None when it does not say, infinite when it names a date.
    """

    def __init__(self, status: int, retry_after: float | None = None) -> None:
        super().__init__(f"status {status}")
        self.status = status
        self.retry_after = retry_after


class UnusableAnswer(OutboundError):
    """The answer is not JSON, is encoded, or is larger than the cap."""


class Outbound:
    """One connection pool for the whole process; close it with `async with`."""

    def __init__(self, seconds: float, answer_cap: int = ANSWER_CAP) -> None:
        """`seconds` bounds each wait for bytes; the whole call is bounded by its caller's deadline."""
        self._answer_cap = answer_cap
        self._client = httpx.AsyncClient(
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(seconds, connect=min(_CONNECT_SECONDS, seconds)),
            limits=httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=20),
            # A cookie that an answer set would go out with the next request, which is another patient's and token's.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            headers={"Accept": "application/fhir+json, application/json;q=0.9", "Accept-Encoding": "identity"},
        )

    async def __aenter__(self) -> "Outbound":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def get(self, url: str, headers: Mapping[str, str]) -> bytes:
        """The body of `GET url`, JSON bytes; raises an OutboundError, and TimeoutError only from the caller's own."""
        try:
            async with self._client.stream("GET", url, headers=dict(headers)) as response:
                return await self._body(response)
        except httpx.ConnectError:
            raise NotConnected("no connection") from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, UnicodeError, ValueError):
            # IDNA errors are ValueErrors and no HTTPErrors (stack.md 4).
            raise Unreachable("no answer") from None

    async def _body(self, response: httpx.Response) -> bytes:
        if response.status_code != httpx.codes.OK:
            raise Refused(response.status_code, _retry_after(response.headers.get("retry-after")))
        media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type not in _JSON_TYPES:
            raise UnusableAnswer("not JSON")
        if response.headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise UnusableAnswer("encoded")
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > self._answer_cap:
                raise UnusableAnswer("too large")
        return bytes(body)


def _retry_after(header: str | None) -> float | None:
    if header is None:
        return None
    return float(header) if _SECONDS.fullmatch(header.strip()) else math.inf
