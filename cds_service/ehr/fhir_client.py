"""Reads and searches on the FHIR server of one request: its base, its token, its scopes (FHIR-1..11)."""

import asyncio
from dataclasses import dataclass, field

from cds_service.ehr.allow_list import AllowList, BaseUrl
from cds_service.ehr.outbound import Outbound, OutboundError, Refused, Unreachable
from cds_service.ehr.retries import pause_before_retry
from cds_service.ehr.scopes import may_read, need_of
from cds_service.ehr.traffic import FhirTraffic
from cds_service.hook_request import FhirAuthorization, HookRequest
from cds_service.json_body import NotStrictJson, check_json

FAIR_SECONDS = 0.5
"""A call that had less time than this before the deadline says nothing about the server."""

_SERVER_ERROR = 500


class NotGranted(OutboundError):
    """The scopes of the token do not cover this type; nothing was asked (FHIR-11)."""

    outcome = "not-granted"


class LeftAlone(OutboundError):
    """The server kept failing a moment ago; nothing was asked."""

    outcome = "left-alone"


class Malformed(OutboundError):
    """The server answered with JSON that is nested too deep or is not UTF-8."""

    outcome = "unusable"


@dataclass(slots=True)
class FhirClient:
    """GETs under one allow-listed base with the request's token; lives as long as the request.

    `failed` becomes true when the server did not answer in a fair time or answered 5xx, `answered` when it gave any
    other answer. `admitted`: what the breaker said at the first call, None before it.
    """

    base: BaseUrl
    authorization: FhirAuthorization | None
    outbound: Outbound = field(repr=False)
    traffic: FhirTraffic = field(repr=False)
    failed: bool = False
    answered: bool = False
    admitted: bool | None = None

    async def get(self, relative: str, until: float) -> bytes:
        """The JSON bytes of `relative` (`Patient/1`, `Condition?patient=1`).

        `until`: seconds of the event loop's clock, for the wait, the call and its retry. Raises an OutboundError.
        """
        need = need_of(relative)
        scope = self.authorization.scope if self.authorization else None
        if not may_read(scope, need.resource_type, need.search):
            raise NotGranted("scope")
        return await self._in_time(self.base.absolute(relative), until)

    async def next_page(self, link: str, until: float) -> bytes | None:
        """The JSON bytes of a Bundle's next link; None when it leads away from the base (FHIR-2). Else as `get`."""
        url = self.base.link_under(link)
        return None if url is None else await self._in_time(url, until)

    def report(self) -> None:
        """Tell the breaker how this request fared; call it once, at the end."""
        if self.answered or self.failed:
            self.traffic.breaker.report(self.base, failed=not self.answered)

    async def _in_time(self, url: str, until: float) -> bytes:
        if self.admitted is None:
            # Asked at the first call, so that a request with complete prefetch does not use up the one trial.
            self.admitted = self.traffic.breaker.admits(self.base)
        if not self.admitted:
            raise LeftAlone("breaker")
        left = until - asyncio.get_running_loop().time()
        if left <= 0:
            raise Unreachable("too late")
        try:
            async with asyncio.timeout_at(until), self.traffic.bulkhead.place(self.base):
                return await self._with_one_retry(url)
        except TimeoutError:
            # Waiting for a place counts as well: those who hold the places wait for the same server.
            self.failed = self.failed or left >= FAIR_SECONDS
            raise Unreachable("too late") from None

    async def _with_one_retry(self, url: str) -> bytes:
        self.traffic.retries.count_call(self.base)
        try:
            return await self._fetch(url)
        except OutboundError as error:
            pause = pause_before_retry(error)
            if pause is None or not self.traffic.retries.take(self.base):
                raise
        await asyncio.sleep(pause)
        return await self._fetch(url)

    async def _fetch(self, url: str) -> bytes:
        headers = {}
        if self.authorization is not None:
            headers["Authorization"] = f"Bearer {self.authorization.access_token.reveal()}"
        try:
            body = await self.outbound.get(url, headers)
            check_json(body)
        except Unreachable:
            self.failed = True
            raise
        except Refused as refusal:
            self.failed = self.failed or refusal.status >= _SERVER_ERROR
            self.answered = self.answered or refusal.status < _SERVER_ERROR
            raise
        except NotStrictJson:
            raise Malformed("not strict JSON") from None
        self.answered = True
        return body


def fhir_access(
    request: HookRequest, allow_list: AllowList, traffic: FhirTraffic, outbound: Outbound
) -> FhirClient | None:
    """The client for this request's fhirServer; None when there is no server that may be called (decision 10).

    Without fhirAuthorization the server is called without a token (FHIR-9); with an expired one it is not called.
    """
    base = allow_list.admit(request.fhir_server)
    access = request.fhir_authorization
    expired = access is not None and access.expires_in is not None and access.expires_in <= 0
    return None if base is None or expired else FhirClient(base, access, outbound, traffic)
