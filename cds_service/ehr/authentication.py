"""authenticate(): from the Authorization header to the trusted client that sent it, or 401 (checklist section 8)."""

from collections.abc import Callable
from dataclasses import dataclass, field

from cds_service.ehr.client_token import ClientToken, check_claims, check_signature, read_token
from cds_service.ehr.json_web_keys import PublicKey
from cds_service.ehr.key_sets import KeySets
from cds_service.ehr.trusted_clients import TrustedClient, TrustedClients
from cds_service.errors import Unauthenticated
from cds_service.records.token_ids import ReplayGuard


@dataclass(frozen=True, slots=True)
class ClientTrust:
    """Whom this service trusts, and what it needs to find out; `wall` gives seconds since the epoch."""

    clients: TrustedClients
    key_sets: KeySets = field(repr=False)
    replays: ReplayGuard = field(repr=False)
    public_base_url: str
    wall: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Caller:
    """A client whose token was taken; `tenant` is that of the token where the client's tenants are listed."""

    client: TrustedClient
    tenant: str | None
    token_id: str


async def authenticate(authorization: str | None, path: str, trust: ClientTrust) -> Caller:
    """The caller that the header proves, for a call of `path` (`/cds-services/...`); each token is taken once.

    Nothing is fetched before the issuer was found in the table, and no token that fails on its claims makes a fetch.
    Raises Unauthenticated, whose reason goes to the log only (JWT-16).
    """
    token = read_token(authorization)
    client = trust.clients.find(token.issuer, token.tenant)
    if client is None:
        raise Unauthenticated("issuer")
    if token.header["alg"] not in client.algorithms:
        raise Unauthenticated("algorithm")
    if token.header.get("jku", client.key_set_url) != client.key_set_url:
        raise Unauthenticated("jku")
    check_claims(token, audiences_of(trust.public_base_url, path) | client.audiences, trust.wall())
    check_signature(token, await _key(token, client, trust.key_sets), client.algorithms)
    await trust.replays.take(token.issuer, token.token_id, token.expires)
    return Caller(client, token.tenant if client.tenants else None, token.token_id)


def audiences_of(public_base_url: str, path: str) -> frozenset[str]:
    """The audiences that fit a call of `path`: the URL called; for feedback the service's own too (JWT-8)."""
    called = f"{public_base_url}{path}"
    return frozenset({called, called.removesuffix("/feedback")})


async def _key(token: ClientToken, client: TrustedClient, key_sets: KeySets) -> PublicKey:
    kid, algorithm = token.header["kid"], token.header["alg"]
    if client.keys is not None:
        key = client.keys.find(kid, algorithm)
        if key is None:
            raise Unauthenticated("key")
        return key
    if client.key_set_url is None:
        raise Unauthenticated("key")
    return await key_sets.find(client.key_set_url, kid, algorithm)
