"""The JSON Web Token by which a CDS Client says who it is: read, its claims checked, its signature checked.

CDS Hooks 2.0.1, Trusting CDS Clients; checklist JWT-1..14 and JWT-17. Pure: keys, audiences and the time are given.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from joserfc import jws
from joserfc.errors import JoseError

from cds_service.ehr.json_web_keys import PublicKey
from cds_service.errors import Unauthenticated
from cds_service.json_body import NotStrictJson, check_json

SKEW_SECONDS = 60
LONGEST_LIFE_SECONDS = 3600
_LONGEST_TOKEN = 16 * 1024
_FARTHEST_TIME = 1e11
_REQUIRED_TEXTS = ("iss", "jti")


class _Registry(jws.JWSRegistry):
    """Header parameters that we do not know are ignored unless `crit` names them (RFC 7515 4); long jku are read."""

    max_header_length = 4096


@dataclass(frozen=True, slots=True)
class ClientToken:
    """A token as it was sent, nothing of it proven yet; shows itself in no text."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    signed: jws.CompactSignature

    def __repr__(self) -> str:
        return "ClientToken(hidden)"

    @property
    def issuer(self) -> str:
        """The `iss` claim."""
        return str(self.claims["iss"])

    @property
    def tenant(self) -> str | None:
        """The `tenant` claim, None when there is none."""
        tenant = self.claims.get("tenant")
        return None if tenant is None else str(tenant)

    @property
    def token_id(self) -> str:
        """The `jti` claim."""
        return str(self.claims["jti"])

    @property
    def expires(self) -> int:
        """The first second (since the epoch) in which nobody takes it any more, skew included."""
        return int(self.claims["exp"]) + SKEW_SECONDS + 1


def read_token(authorization: str | None) -> ClientToken:
    """The token of an `Authorization` header; raises Unauthenticated when there is none or it is no signed JWT."""
    if not authorization:
        raise Unauthenticated("no-token")
    scheme, _, value = authorization.strip().partition(" ")
    value = value.strip()
    if scheme.lower() != "bearer" or not value or len(value) > _LONGEST_TOKEN or not value.isascii():
        raise Unauthenticated("malformed")
    try:
        signed = jws.extract_compact(value.encode(), registry=_Registry(strict_check_header=False))
        check_json(signed.payload)
        claims = msgspec.json.decode(signed.payload)
    except (JoseError, NotStrictJson, msgspec.MsgspecError, RecursionError, ValueError):
        raise Unauthenticated("malformed") from None
    if not isinstance(signed.protected, dict) or not isinstance(claims, dict):
        raise Unauthenticated("malformed")
    _require_members(signed.protected, claims)
    return ClientToken(signed.protected, claims, signed)


def check_claims(token: ClientToken, audiences: Collection[str], now: float) -> None:
    """Return if the token is meant for one of `audiences` and lives at `now` (seconds since the epoch).

    60 seconds of skew are allowed; raises Unauthenticated (JWT-7, JWT-8, JWT-14).
    """
    claims = token.claims
    meant_for = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if not any(isinstance(one, str) and one.removesuffix("/") in audiences for one in meant_for):
        raise Unauthenticated("audience")
    if claims["exp"] <= now - SKEW_SECONDS:
        raise Unauthenticated("expired")
    if claims["iat"] > now + SKEW_SECONDS or claims.get("nbf", now) > now + SKEW_SECONDS:
        raise Unauthenticated("not-yet-valid")
    if claims["exp"] - claims["iat"] > LONGEST_LIFE_SECONDS:
        raise Unauthenticated("life-too-long")


def check_signature(token: ClientToken, key: PublicKey, algorithms: Collection[str]) -> None:
    """Return if `key` made the signature with one of `algorithms`; raises Unauthenticated (JWT-4..6).

    The list comes from the configuration of the client, never from the token (SEC-7).
    """
    try:
        proven = jws.validate_compact(
            token.signed, key, registry=_Registry(algorithms=list(algorithms), strict_check_header=False)
        )
    except (JoseError, ValueError, TypeError):
        raise Unauthenticated("signature") from None
    if not proven:
        raise Unauthenticated("signature")


def _require_members(header: Mapping[str, Any], claims: Mapping[str, Any]) -> None:
    """JWT-1, JWT-12, JWT-13: header alg, kid, typ; claims iss, aud, exp, iat, jti; each of its type."""
    if not all(isinstance(header.get(name), str) and header[name] for name in ("alg", "kid", "typ")):
        raise Unauthenticated("header")
    if header["typ"].upper() != "JWT" or not isinstance(header.get("jku", ""), str):
        raise Unauthenticated("header")
    if not all(isinstance(claims.get(name), str) and claims[name] for name in _REQUIRED_TEXTS):
        raise Unauthenticated("claims")
    times = (claims.get("exp"), claims.get("iat"), claims.get("nbf", 0))
    if not all(_is_time(value) for value in times):
        raise Unauthenticated("claims")
    if not claims.get("aud") or not isinstance(claims["aud"], str | list):
        raise Unauthenticated("claims")
    if not isinstance(claims.get("tenant", ""), str):
        raise Unauthenticated("claims")


def _is_time(value: object) -> bool:
    """Seconds since the epoch (RFC 7519, NumericDate) that a data base can hold; True and False are no numbers."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _FARTHEST_TIME
