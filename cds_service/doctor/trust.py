"""The trusted clients: the file, their published keys, and whether a test token could be accepted at all."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from cds_service.doctor.answers import asked, clock_check, json_object
from cds_service.doctor.check import Check, fail, ok, warn
from cds_service.doctor.signed_token import TestIdentity
from cds_service.ehr.allow_list import AllowList
from cds_service.ehr.json_web_keys import Keys, PublicKey, UnusableKeySet, fits, read_key_set
from cds_service.ehr.outbound import Inquirer
from cds_service.ehr.trusted_clients import TrustedClient, TrustedClients, load_trusted_clients
from cds_service.errors import StartRefused
from cds_service.settings import Settings

_NOBODY = TrustedClients({})


@dataclass(frozen=True, slots=True)
class Trust:
    """The clients of the file, and the keys that could be had, by the client's name."""

    clients: TrustedClients = _NOBODY
    keys: Mapping[str, Keys] | None = None


def read_trust(settings: Settings, allowed: AllowList) -> tuple[TrustedClients, list[Check]]:
    """The clients of CDS_TRUSTED_CLIENTS (none when the file cannot be used) and what there is to say of the file."""
    about = "trusted clients"
    if settings.trusted_clients is None:
        if settings.client_auth == "required":
            return _NOBODY, [
                fail(about, "CDS_CLIENT_AUTH=required, but no file in CDS_TRUSTED_CLIENTS: nobody may call.")
            ]
        return _NOBODY, [ok(about, "Nobody is asked for a token (CDS_CLIENT_AUTH=off): development.")]
    try:
        clients = load_trusted_clients(settings.trusted_clients, allowed, settings.production)
    except StartRefused as refusal:
        return _NOBODY, [fail(about, str(refusal))]
    count = len(list(clients))
    checks = [ok(about, f"{count} {'client' if count == 1 else 'clients'} in the file.")]
    if settings.client_auth == "off":
        checks.append(warn(about, "The file is not used: CDS_CLIENT_AUTH is off, everybody may call."))
    checks += [
        warn(client.name, "It has no FHIR server: what its prefetch leaves out cannot be read.")
        for client in clients
        if not client.allow_list.bases
    ]
    return clients, checks


async def check_key_sets(
    clients: TrustedClients, inquirer: Inquirer, now: Callable[[], float]
) -> tuple[Mapping[str, Keys], list[Check]]:
    """The keys of each client, from its file or its URL, and whether tokens can be checked with them."""
    found: dict[str, Keys] = {}
    checks: list[Check] = []
    for client in clients:
        keys = client.keys
        if keys is None and client.key_set_url is not None:
            keys, fetched = await _fetched(client.name, client.key_set_url, inquirer, now)
            checks += fetched
        if keys is not None:
            found[client.name] = keys
            checks.append(_usable(client, keys))
    return found, checks


async def _fetched(
    name: str, url: str, inquirer: Inquirer, now: Callable[[], float]
) -> tuple[Keys | None, list[Check]]:
    answer = await asked(inquirer, name, "GET", url)
    if isinstance(answer, Check):
        return None, [answer]
    clock = [clock_check(name, answer, now)]
    content = json_object(name, url, answer)
    if isinstance(content, Check):
        return None, [content, *clock]
    entries = content.get("keys")
    if any(isinstance(one, dict) and ("d" in one or one.get("kty") == "oct") for one in _list(entries)):
        clock.append(fail(name, f"{url} publishes a private or symmetric key: tell its owner to replace it at once."))
    try:
        return read_key_set(answer.body), clock
    except UnusableKeySet as error:
        return None, [fail(name, f"{url} cannot be used: {error}."), *clock]


def _list(entries: object) -> list[object]:
    return entries if isinstance(entries, list) else []


def _usable(client: TrustedClient, keys: Keys) -> Check:
    algorithms = [one for one in sorted(client.algorithms) if any(fits(key, one) for key in _all(keys))]
    if not algorithms:
        wanted = ", ".join(sorted(client.algorithms))
        return fail(client.name, f"None of its keys fits its algorithms ({wanted}): every token will be refused.")
    return ok(client.name, f"{len(keys.by_id)} key ids, usable for {', '.join(algorithms)}.")


def _all(keys: Keys) -> Iterator[PublicKey]:
    return (key for group in keys.by_id.values() for key in group)


def check_identity(identity: TestIdentity, trust: Trust) -> list[Check]:
    """Whether the trusted clients of these settings could accept a token of this identity; says what is missing."""
    about = "test identity"
    if identity.issuer not in trust.clients.by_issuer:
        return [warn(about, "No trusted client of these settings has the issuer of --issuer, letter by letter.")]
    client = trust.clients.find(identity.issuer, None)
    if client is None:
        return [warn(about, "The clients of this issuer are told apart by tenant, and tokens made here name none.")]
    if identity.algorithm not in client.algorithms:
        return [warn(about, f"The key signs with {identity.algorithm}, which {client.name} may not use (algorithms).")]
    keys = (trust.keys or {}).get(client.name)
    if keys is None:
        return [warn(about, f"The keys of {client.name} could not be had, so no token of it can be accepted.")]
    public = keys.find(identity.key_id, identity.algorithm)
    if public is None:
        return [warn(about, f"The key set of {client.name} has no key with the kid of --kid for {identity.algorithm}.")]
    if public.thumbprint() != identity.key.thumbprint():
        return [warn(about, f"The key set of {client.name} has another key under this kid: not the one of --jwt-key.")]
    return [ok(about, f"A token of it should be accepted as {client.name}.")]
