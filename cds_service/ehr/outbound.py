"""The only module that speaks HTTP outward (decision 24): bounded GETs, no redirects, exceptions of its own.

    OutboundError
    |-- Unreachable      no answer: refused, cut, too slow, or no URL at all
    |   |-- NotConnected     no connection came about, so nothing was asked
    |   `-- NoAnswer         the same for `doctor`; `kind` says why
    |-- Refused          an answer that is not 200; `status` says which
    `-- UnusableAnswer   200, but no JSON, encoded, or too large

No message holds the URL, a header or anything that was answered (FHIR-7).
"""

import math
import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from time import perf_counter
from types import TracebackType
from typing import ClassVar, Literal

import httpx

ANSWER_CAP = 12 * 1024 * 1024
_CONNECT_SECONDS = 2.0
_CONNECTIONS = 50
_JSON_TYPES = frozenset(
    {"application/json", "application/fhir+json", "application/json+fhir", "application/jwk-set+json"}
)
_SECONDS = re.compile(r"\d{1,9}(?:\.\d{1,9})?", re.ASCII)


class OutboundError(Exception):
    """A GET that brought nothing usable; `outcome` is its word in the metrics."""

    outcome: ClassVar[str] = "failed"


class Unreachable(OutboundError):
    """The server did not answer."""

    outcome = "unreachable"


class NotConnected(Unreachable):
    """The connection was refused, or the host is not known."""

    outcome = "not-connected"


class Refused(OutboundError):
    """The server answered with another status than 200; redirects are refusals.

    `retry_after`: the seconds that it asks to wait; None when it does not say, infinite when it names a date.
    """

    outcome = "refused"

    def __init__(self, status: int, retry_after: float | None = None) -> None:
        super().__init__(f"status {status}")
        self.status = status
        self.retry_after = retry_after


class UnusableAnswer(OutboundError):
    """The answer is not JSON, is encoded, or is larger than the cap."""

    outcome = "unusable"


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


NoAnswerKind = Literal["host-unknown", "connection-refused", "certificate", "tls", "timeout", "no-answer"]

_DEEPEST_CAUSE = 10


class NoAnswer(Unreachable):
    """The server did not answer an inquiry; `kind` says why, as far as it can be told."""

    def __init__(self, kind: NoAnswerKind) -> None:
        super().__init__(kind)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said, whatever its status; `headers` with lower-case names, `seconds` until the last byte."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    @property
    def media_type(self) -> str:
        """The media type without its parameters, lower case; empty when there is none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Inquirer:
    """Asks servers how they are, for `doctor`: any method, any status, headers included. No redirects, bounded.

    Not for a hook's request: that goes through Outbound, which takes nothing but a 200 with JSON.
    """

    def __init__(self, seconds: float) -> None:
        self._client = httpx.AsyncClient(
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(seconds),
            headers={"Accept": "application/fhir+json, application/json;q=0.9", "Accept-Encoding": "identity"},
        )

    async def __aenter__(self) -> "Inquirer":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def ask(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """The answer to one request; raises NoAnswer, and UnusableAnswer for one larger than the cap."""
        started = perf_counter()
        content = bytearray()
        try:
            async with self._client.stream(method, url, headers=dict(headers or {}), content=body) as response:
                async for chunk in response.aiter_raw():
                    content += chunk
                    if len(content) > ANSWER_CAP:
                        raise UnusableAnswer("too large")
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, UnicodeError, ValueError) as error:
            raise NoAnswer(_kind_of(error)) from None
        named = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, named, bytes(content), perf_counter() - started)


def _kind_of(error: BaseException) -> NoAnswerKind:
    for cause in _causes(error):
        if isinstance(cause, httpx.TimeoutException | TimeoutError):
            return "timeout"
        if isinstance(cause, socket.gaierror):
            return "host-unknown"
        if isinstance(cause, ConnectionRefusedError):
            return "connection-refused"
        if isinstance(cause, ssl.SSLError):
            return "certificate" if isinstance(cause, ssl.SSLCertVerificationError) else "tls"
    return "no-answer"


def _causes(error: BaseException | None, depth: int = 0) -> Iterator[BaseException]:
    """The error, what it came from, and so on; connection errors of several addresses come as a group."""
    if error is None or depth > _DEEPEST_CAUSE:
        return
    yield error
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _causes(inner, depth + 1)
    # httpcore leaves the socket's error behind as the context only.
    yield from _causes(error.__cause__ or error.__context__, depth + 1)
