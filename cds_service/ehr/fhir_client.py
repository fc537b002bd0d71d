"""Reads and searches on the FHIR server of one request: its base, its token, its scopes (FHIR-1..11)."""

from dataclasses import dataclass, field

from cds_service.ehr.allow_list import AllowList, BaseUrl
from cds_service.ehr.breaker import Breaker
from cds_service.ehr.outbound import Outbound, OutboundError, Refused, Unreachable
from cds_service.ehr.scopes import may_read
from cds_service.hook_request import FhirAuthorization, HookRequest
from cds_service.json_body import NotStrictJson, check_json

_SERVER_ERROR = 500


class NotGranted(OutboundError):
    """The scopes of the token do not cover this type; nothing was asked (FHIR-11)."""


class Malformed(OutboundError):
    """The server answered with JSON that is nested too deep or is not UTF-8."""


@dataclass(slots=True)
class FhirClient:
    """GETs under one allow-listed base with the request's token; lives as long as the request.

    `failed` becomes true when the server did not answer or answered 5xx, `answered` when it gave any other answer.
    """

    base: BaseUrl
    authorization: FhirAuthorization | None
    outbound: Outbound = field(repr=False)
    breaker: Breaker = field(repr=False)
    failed: bool = False
    answered: bool = False

    async def get(self, relative: str) -> bytes:
        """The JSON bytes of `relative` (`Patient/1`, `Condition?patient=1`); raises an OutboundError."""
        path, search, _ = relative.partition("?")
        scope = self.authorization.scope if self.authorization else None
        if not may_read(scope, path.partition("/")[0], search=bool(search)):
            raise NotGranted("scope")
        return await self._fetch(self.base.absolute(relative))

    async def next_page(self, link: str) -> bytes | None:
        """The JSON bytes of a Bundle's next link; None when it leads away from the base (FHIR-2)."""
        url = self.base.link_under(link)
        return None if url is None else await self._fetch(url)

    def report(self) -> None:
        """Tell the breaker how this request fared; call it once, at the end."""
        if self.answered or self.failed:
            self.breaker.report(self.base, failed=not self.answered)

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


def fhir_access(request: HookRequest, allow_list: AllowList, breaker: Breaker, outbound: Outbound) -> FhirClient | None:
    """The client for this request's fhirServer; None when there is no server that may be called (decision 10).

    Without fhirAuthorization the server is called without a token (FHIR-9); with an expired one it is not called.
    """
    base = allow_list.admit(request.fhir_server)
    access = request.fhir_authorization
    expired = access is not None and access.expires_in is not None and access.expires_in <= 0
    if base is None or expired or not breaker.admits(base):
        return None
    return FhirClient(base, access, outbound, breaker)
