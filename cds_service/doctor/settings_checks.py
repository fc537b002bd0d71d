"""The local settings: what the service would refuse to start with, and what contradicts itself."""

from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from urllib.parse import urlsplit

from pydantic import ValidationError

from cds_service.doctor.check import Check, fail, ok, warn
from cds_service.doctor.ehr import is_loopback
from cds_service.doctor.stand_in_key import stand_in_key
from cds_service.errors import StartRefused
from cds_service.settings import ENV_PREFIX, Settings, unknown_names
from cds_service.wiring import refuse_unsafe_settings

_LONG_DEADLINE = 5.0
# A default that is made from another setting, which is the one at fault.
_FOLLOWS_ANOTHER = "default_factory_not_called"


def unusable_settings(error: ValidationError) -> list[Check]:
    """One check for each value that cannot be used; the value itself is not repeated."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [
        fail(f"{ENV_PREFIX}{str(one['loc'][0] if one['loc'] else '').upper()}", f"Cannot be used: {one['msg']}.")
        for one in found
        if one["type"] != _FOLLOWS_ANOTHER
    ]


def check_settings(settings: Settings, names: Iterable[str]) -> Iterator[Check]:
    """`names`: of the environment variables and of the `.env` file."""
    unknown = unknown_names(names)
    if unknown:
        yield warn("names", f"No such setting, so without effect: {', '.join(unknown)}. A typing error?")
    else:
        yield ok("names", f"Every {ENV_PREFIX} name is a setting.")
    yield _start(settings)
    yield _public_base_url(settings)
    yield _cors(settings)
    yield _hash_key(settings)
    if settings.deadline_seconds > _LONG_DEADLINE:
        yield warn("time limit", "CDS_DEADLINE_SECONDS is above 5 s: EHRs give up on a service earlier than that.")
    yield _fhir_servers(settings)


def _start(settings: Settings) -> Check:
    """What `serve` would say."""
    made_at_start = settings.hash_key is None and not (settings.data_directory / "hash.key").exists()
    try:
        with stand_in_key(settings) if made_at_start else nullcontext(settings) as checked:
            refuse_unsafe_settings(checked)
    except StartRefused as refusal:
        return fail("start", f"The service does not start with these settings. {refusal}")
    return ok("start", f"The service starts with these settings ({settings.environment}).")


def _public_base_url(settings: Settings) -> Check:
    about, url = "public address", settings.public_base_url
    parts = urlsplit(url)
    if not parts.hostname or parts.query or parts.fragment or parts.username:
        return fail(about, "CDS_PUBLIC_BASE_URL is no address of a service: scheme, host, perhaps a port and a path.")
    if settings.production and parts.scheme != "https":
        return fail(
            about, f"{url} is plain http. EHRs call https; tokens are checked against exactly this address (aud)."
        )
    if is_loopback(parts.hostname) or parts.hostname == "0.0.0.0":  # noqa: S104  compared, not bound
        sentence = f"{url} is this machine only"
        if settings.production:
            return fail(about, f"{sentence}. Set CDS_PUBLIC_BASE_URL to the address that the EHR calls.")
        return ok(about, f"{sentence}, enough for a test here. An EHR elsewhere needs CDS_PUBLIC_BASE_URL.")
    return ok(about, f"EHRs are to call {url}/cds-services; tokens must name the address they call (aud).")


def _cors(settings: Settings) -> Check:
    origins = settings.allowed_origins
    wrong = [one for one in origins if one != "*" and not _is_origin(one)]
    if wrong:
        return fail(
            "CORS", f"No origin, so it never matches: {', '.join(wrong)}. An origin is scheme://host[:port], no slash."
        )
    if "*" in origins:
        return (
            warn("CORS", "Every web page may call the service (CDS_CORS_ORIGINS=*): list the origins of your clients.")
            if settings.production
            else ok("CORS", "Every web page may call the service: development.")
        )
    return ok("CORS", f"Browser clients: {', '.join(origins) or 'none'}.")


def _is_origin(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return bool(parts.hostname) and text == f"{parts.scheme}://{parts.netloc}" and parts.scheme in ("http", "https")
    except ValueError:
        return False


def _hash_key(settings: Settings) -> Check:
    if settings.hash_key is not None:
        return ok("hash key", "Its own file (CDS_HASH_KEY).")
    sentence = "CDS_HASH_KEY is not set: a random key is kept beside the data base"
    if settings.production:
        return warn("hash key", f"{sentence}. Instances that do not share it give other uuids to the same card.")
    return ok("hash key", f"{sentence}, which is enough for one instance.")


def _fhir_servers(settings: Settings) -> Check:
    count = len(settings.allowed_fhir_servers) + len(settings.allow_http_fhir)
    if settings.production and settings.allow_http_fhir:
        return fail("FHIR servers", "CDS_ALLOW_HTTP_FHIR is for tests: in production no plain-http server is called.")
    if not count:
        return ok(
            "FHIR servers", "None in CDS_ALLOWED_FHIR_SERVERS: only prefetch is used, and fhir_servers of clients."
        )
    return ok("FHIR servers", f"{count} may be called. Look at one with --ehr URL.")
