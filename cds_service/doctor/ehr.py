"""The EHR's FHIR server: address, TLS, allow list, capability statement, SMART configuration; no patient is read."""

from collections.abc import Callable, Iterator, Mapping
from ipaddress import ip_address

from cds_service.doctor.answers import asked, clock_check, json_object
from cds_service.doctor.capabilities import capability_checks, needed_searches
from cds_service.doctor.check import Check, fail, ok, warn
from cds_service.ehr.allow_list import AllowList, BaseUrl
from cds_service.ehr.outbound import Answer, Inquirer

_UNAUTHORIZED = (401, 403)
_NOT_FOUND = 404


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def address_checks(base: BaseUrl, allow_list: AllowList, production: bool) -> Iterator[Check]:
    """What the address itself tells: https, and whether the service would call it."""
    if base.scheme == "https":
        yield ok("https", "The address is https.")
    elif production:
        yield fail("https", "Plain http: in production the service calls https servers only.")
    elif is_loopback(base.host):
        yield ok("https", "Plain http on this machine: for tests only.")
    else:
        yield warn("https", "Plain http over a network: patient data and tokens would be readable. Tests only.")
    if base in allow_list.bases:
        yield ok("allow list", "The service may call it.")
    else:
        setting = "CDS_ALLOWED_FHIR_SERVERS" if base.scheme == "https" else "CDS_ALLOW_HTTP_FHIR"
        yield warn(
            "allow list",
            f"Not on the allow list: the service will use what the prefetch brings and never call it. Add {base} to "
            f"{setting}, or to fhir_servers of the client.",
        )


async def check_ehr(
    base: BaseUrl, templates: Mapping[str, str], inquirer: Inquirer, now: Callable[[], float]
) -> list[Check]:
    """What the server says about itself: capability statement, clock, SMART configuration."""
    url = base.absolute("metadata")
    answer = await asked(inquirer, "metadata", "GET", url)
    if isinstance(answer, Check):
        return [answer]
    checks = [clock_check("clock", answer, now)]
    statement = _reason(url, answer) or json_object("metadata", url, answer)
    if isinstance(statement, Check):
        return [statement, *checks]
    checks.insert(0, ok("metadata", f"{url} answered in {answer.seconds * 1000:.0f} ms."))
    checks += capability_checks(statement, needed_searches(templates))
    checks.append(await _smart(base, inquirer))
    return checks


def _reason(url: str, answer: Answer) -> Check | None:
    if answer.status == _NOT_FOUND:
        return fail(
            "metadata", f"{url} answered 404: the base is another path, often ending in /fhir, /R4 or a tenant."
        )
    if answer.status in _UNAUTHORIZED:
        return fail(
            "metadata",
            f"{url} answered {answer.status}. FHIR servers show it without a token: is the path right, "
            f"and does a gateway stand before it?",
        )
    return None


async def _smart(base: BaseUrl, inquirer: Inquirer) -> Check:
    """SMART App Launch: a server names its authorization server here. The service needs none of it."""
    url = base.absolute(".well-known/smart-configuration")
    answer = await asked(inquirer, "SMART", "GET", url)
    if isinstance(answer, Check):
        return warn("SMART", answer.sentence)
    if answer.status == _NOT_FOUND:
        return ok(
            "SMART", "No SMART configuration: the CDS Client must get the access token another way, or fill prefetch."
        )
    content = json_object("SMART", url, answer)
    if isinstance(content, Check):
        return warn("SMART", content.sentence)
    scopes = content.get("scopes_supported")
    listed = f", {len(scopes)} scopes listed" if isinstance(scopes, list) else ""
    return ok("SMART", f"SMART configuration found{listed}. The CDS Client gets the token; the service only uses it.")
