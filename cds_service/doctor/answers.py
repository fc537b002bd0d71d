"""What an answer, or its absence, tells about a server: in plain words, and its clock against ours."""

import json
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from cds_service.doctor.check import Check, fail, ok, warn
from cds_service.ehr.outbound import Answer, Inquirer, NoAnswer, NoAnswerKind, OutboundError

SKEW_SECONDS = 30
"""Two clocks may differ by this much before it is worth a warning; tokens are refused beyond 60 seconds (JWT-8)."""

JSON_TYPES = frozenset(
    {"application/json", "application/fhir+json", "application/json+fhir", "application/jwk-set+json"}
)
_HTTP_OK = 200
_REDIRECTS = range(300, 400)

_WHY: Mapping[NoAnswerKind, str] = {
    "host-unknown": "its host name is not known here: check the spelling, and the DNS of this machine",
    "connection-refused": "the connection was refused: nothing listens there, or a firewall is between",
    "certificate": "its TLS certificate is not trusted here: expired, for another name, or signed by an authority that "
    "the public list does not hold",
    "tls": "no TLS connection could be made: is this a plain-http port, or TLS below 1.2?",
    "timeout": "no answer in time: a firewall may drop the packets, or an outgoing proxy is required",
    "no-answer": "the connection broke before an answer came",
}


async def asked(
    inquirer: Inquirer,
    about: str,
    method: str,
    url: str,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> Answer | Check:
    """The answer, or the check that says why there is none."""
    try:
        return await inquirer.ask(method, url, headers, body)
    except NoAnswer as error:
        return fail(about, f"{url} cannot be reached: {_WHY[error.kind]}.")
    except OutboundError:
        return fail(about, f"{url} answered with more than can be used (12 MB).")


def json_object(about: str, url: str, answer: Answer) -> dict[str, Any] | Check:
    """The JSON object of a 200 answer, or the check that says what came instead."""
    if answer.status in _REDIRECTS:
        return fail(
            about, f"{url} redirects ({answer.status}). The service follows no redirect: use the final address."
        )
    if answer.status != _HTTP_OK:
        return fail(about, f"{url} answered {answer.status}.")
    if answer.media_type not in JSON_TYPES:
        came = "an HTML page, perhaps a login page," if answer.media_type == "text/html" else "no JSON type"
        return fail(about, f"{url} answered with {came} where JSON is needed (Content-Type).")
    try:
        content = json.loads(answer.body)
    except (ValueError, RecursionError):
        return fail(about, f"{url} answered with something that is no JSON.")
    if not isinstance(content, dict):
        return fail(about, f"{url} answered with JSON that is no object.")
    return content


def clock_check(about: str, answer: Answer, now: Callable[[], float]) -> Check:
    """How far the server's clock (its Date header, whole seconds) is from `now` (seconds since 1970)."""
    try:
        theirs = parsedate_to_datetime(answer.headers.get("date", "")).timestamp()
    except (ValueError, TypeError):
        return ok(about, "The clock could not be compared: the answer has no Date header.")
    apart = round(theirs - now())
    if abs(apart) <= SKEW_SECONDS:
        return ok(about, f"Its clock and ours differ by {abs(apart)} s.")
    way = "ahead of" if apart > 0 else "behind"
    return warn(
        about,
        f"Its clock is {abs(apart)} s {way} ours. Tokens are refused beyond 60 s: set both clocks by NTP.",
    )
