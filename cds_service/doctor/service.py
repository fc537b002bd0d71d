"""The running service as an EHR meets it: discovery, CORS, a sample call, and what it makes of tokens."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cds_service.doctor.answers import asked, clock_check, json_object
from cds_service.doctor.check import Check, fail, ok, warn
from cds_service.doctor.signed_token import TestIdentity
from cds_service.ehr.outbound import Answer, Inquirer
from cds_service.hook_request import ORDER_SELECT, ORDER_SIGN, PATIENT_VIEW

SERVICE_IDS = {f"calcinosis-{hook}" for hook in (PATIENT_VIEW, ORDER_SELECT, ORDER_SIGN)}
_GOAL_SECONDS = 0.5
_HTTP_OK, _UNAUTHORIZED = 200, 401
_LOOK_AT_401 = (
    "Look at: is the issuer a client in CDS_TRUSTED_CLIENTS; does its key set hold this kid and this key; is the "
    "algorithm one of the client's; is CDS_PUBLIC_BASE_URL of the service the address called here (aud); the clocks. "
    "The service's log names the reason"
)


@dataclass(frozen=True, slots=True)
class ServiceVisit:
    """What a visit needs: the public base URL, a body to send, who we are (None: nobody), and the clock."""

    base_url: str
    demo_body: bytes
    identity: TestIdentity | None
    inquirer: Inquirer
    now: Callable[[], float]

    @property
    def discovery_url(self) -> str:
        """Where the services are listed."""
        return f"{self.base_url}/cds-services"

    @property
    def call_url(self) -> str:
        """Where patient-view is called."""
        return f"{self.discovery_url}/calcinosis-{PATIENT_VIEW}"

    def authorization(self, audience: str) -> dict[str, str]:
        """The header of a fresh token for `audience`; none without an identity."""
        return {} if self.identity is None else {"Authorization": f"Bearer {self.identity.token(audience, self.now())}"}

    async def call(self, about: str, headers: dict[str, str]) -> Answer | Check:
        """One patient-view call with the demo patient."""
        sent = {"Content-Type": "application/json", **headers}
        return await asked(self.inquirer, about, "POST", self.call_url, sent, self.demo_body)


async def check_service(visit: ServiceVisit, origin: str | None, auth_expected: bool) -> list[Check]:
    """Everything in order; what cannot go on after a failure is left out.

    `origin`: a browser client's, for the CORS check. `auth_expected`: the local settings say that tokens are required.
    """
    answer = await asked(
        visit.inquirer, "discovery", "GET", visit.discovery_url, visit.authorization(visit.discovery_url)
    )
    if isinstance(answer, Check):
        return [answer]
    checks = [_discovery(visit, answer), clock_check("clock", answer, visit.now)]
    if origin is not None:
        checks.append(await _cors(visit, origin))
    if visit.identity is None:
        checks.append(await _without_token(visit, auth_expected))
    else:
        checks += await _with_tokens(visit, auth_expected)
    return checks


def _discovery(visit: ServiceVisit, answer: Answer) -> Check:
    if answer.status == _UNAUTHORIZED:
        if visit.identity is None:
            return warn(
                "discovery",
                "It asks for a token (401): it cannot be read without --jwt-key, --issuer and --kid. An EHR that reads "
                "it without a token needs CDS_DISCOVERY=open.",
            )
        return fail("discovery", f"The signed token was refused (401). {_LOOK_AT_401}.")
    content = json_object("discovery", visit.discovery_url, answer)
    if isinstance(content, Check):
        return content
    services = content.get("services")
    found = {one.get("id") for one in services if isinstance(one, dict)} if isinstance(services, list) else set()
    if missing := SERVICE_IDS - found:
        return fail("discovery", f"Not this product's services: {', '.join(sorted(missing))} missing at this address.")
    return ok("discovery", f"The three services are listed ({answer.seconds * 1000:.0f} ms).")


async def _cors(visit: ServiceVisit, origin: str) -> Check:
    """A browser's preflight as the CDS Hooks Sandbox sends it."""
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    answer = await asked(visit.inquirer, "CORS", "OPTIONS", visit.call_url, headers)
    if isinstance(answer, Check):
        return answer
    allowed = answer.headers.get("access-control-allow-origin")
    if answer.status != _HTTP_OK or allowed not in ("*", origin):
        return fail(
            "CORS", f"A page of {origin} may not call the service: add this origin to CDS_CORS_ORIGINS, exactly."
        )
    headers_allowed = answer.headers.get("access-control-allow-headers", "").lower()
    if headers_allowed != "*" and not {"authorization", "content-type"} <= set(
        headers_allowed.replace(" ", "").split(",")
    ):
        return fail("CORS", "The answer does not allow the headers Authorization and Content-Type: a proxy changes it.")
    return ok("CORS", f"A page of {origin} may call the service.")


async def _without_token(visit: ServiceVisit, auth_expected: bool) -> Check:
    answer = await visit.call("sample call", {})
    if isinstance(answer, Check):
        return answer
    if answer.status == _UNAUTHORIZED:
        if auth_expected:
            return ok(
                "sample call", "A call without a token is refused (401), as it should be. Try one with --jwt-key."
            )
        return warn(
            "sample call", "A token is required (401), though CDS_CLIENT_AUTH is not required here: another instance?"
        )
    if auth_expected and answer.status == _HTTP_OK:
        return fail(
            "sample call",
            "A call without a token was answered, though CDS_CLIENT_AUTH is required here: is it this instance?",
        )
    return _cards("sample call", visit.call_url, answer)


async def _with_tokens(visit: ServiceVisit, auth_expected: bool) -> list[Check]:
    """A good token, the same again, one for another address, none at all."""
    signed = visit.authorization(visit.call_url)
    answer = await visit.call("signed call", signed)
    if isinstance(answer, Check):
        return [answer]
    if answer.status == _UNAUTHORIZED:
        return [fail("signed call", f"The signed token was refused (401). {_LOOK_AT_401}.")]
    checks = [_cards("signed call", visit.call_url, answer)]
    for about, headers, what in (
        ("replayed token", signed, "The same token a second time"),
        ("wrong audience", visit.authorization(f"{visit.discovery_url}/another"), "A token for another address"),
        ("no token", {}, "A call without a token"),
    ):
        checks.append(_refused(about, await visit.call(about, headers), what, auth_expected))
    return checks


def _refused(about: str, answer: Answer | Check, what: str, auth_expected: bool) -> Check:
    if isinstance(answer, Check):
        return answer
    if answer.status == _UNAUTHORIZED:
        return ok(about, f"{what} is refused (401).")
    if not auth_expected:
        return warn(about, f"{what} was answered ({answer.status}): tokens are not checked (CDS_CLIENT_AUTH=off).")
    return fail(about, f"{what} was answered ({answer.status}) where 401 is due.")


def _cards(about: str, url: str, answer: Answer) -> Check:
    content = json_object(about, url, answer)
    if isinstance(content, Check):
        return fail(about, f"{content.sentence}{_code_of(answer.body)}")
    cards = content.get("cards")
    if not isinstance(cards, list):
        return fail(about, "The answer holds no cards member: something other than this service answers.")
    sentence = f"Answered with {len(cards)} {'card' if len(cards) == 1 else 'cards'} in {answer.seconds * 1000:.0f} ms."
    if answer.seconds > _GOAL_SECONDS:
        return warn(about, f"{sentence} CDS Hooks asks for an answer in the order of 500 ms.")
    return ok(about, sentence)


def _code_of(body: bytes) -> str:
    """The stable code of an OperationOutcome answer, a constant of this product."""
    try:
        outcome: Any = json.loads(body)
        code = outcome["issue"][0]["details"]["coding"][0]["code"]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        return ""
    return f" Its error code: {code}." if isinstance(code, str) and code.replace("-", "").isalnum() else ""
