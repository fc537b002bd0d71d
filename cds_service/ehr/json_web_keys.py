"""JSON Web Key Sets: the public keys of a CDS Client, by key id (RFC 7517, JWT-13)."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, RSAKey

from cds_service.json_body import NotStrictJson, check_json

PublicKey = ECKey | RSAKey
_CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
_SMALLEST_RSA_BITS = 2048
_LARGEST_SET = 200


class UnusableKeySet(ValueError):
    """The bytes are no JWK Set with a usable key; the message holds nothing of them."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Public keys by kid; one kid may name several keys of different types."""

    by_id: Mapping[str, tuple[PublicKey, ...]]

    def find(self, kid: str, algorithm: str) -> PublicKey | None:
        """The key of this id that such a signature can be checked with, None when there is none."""
        return next((key for key in self.by_id.get(kid, ()) if fits(key, algorithm)), None)


def read_key_set(body: bytes) -> Keys:
    """The keys of a JWK Set that can check a signature; others, and keys without an id, are left out.

    Raises UnusableKeySet when it is no JWK Set or nothing of it can be used.
    """
    try:
        check_json(body)
        value = msgspec.json.decode(body)
    except (NotStrictJson, msgspec.MsgspecError, RecursionError):
        raise UnusableKeySet("the key set is no JSON") from None
    entries = value.get("keys") if isinstance(value, dict) else None
    if not isinstance(entries, list):
        raise UnusableKeySet("the key set has no list 'keys'")
    keys: dict[str, tuple[PublicKey, ...]] = {}
    for entry in entries[:_LARGEST_SET]:
        key = _public_key(entry)
        if key is not None:
            keys[entry["kid"]] = (*keys.get(entry["kid"], ()), key)
    if not keys:
        raise UnusableKeySet("the key set has no public EC or RSA key with a kid that may check signatures")
    return Keys(MappingProxyType(keys))


def fits(key: PublicKey, algorithm: str) -> bool:
    """RFC 7518 3.1, 3.4: each ES algorithm has its own curve; RS and PS take an RSA key."""
    curve = _CURVES.get(algorithm)
    return isinstance(key, RSAKey) if curve is None else isinstance(key, ECKey) and key.curve_name == curve


def _public_key(entry: Any) -> PublicKey | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("kid"), str) or entry.get("use", "sig") != "sig":
        return None
    # A private or symmetric key in a published set is a leak, and no basis for trust.
    if entry.get("kty") not in ("EC", "RSA") or "d" in entry:
        return None
    try:
        key = JWKRegistry.import_key(entry)
        usable = isinstance(key, ECKey) or (isinstance(key, RSAKey) and key.public_key.key_size >= _SMALLEST_RSA_BITS)
    except (JoseError, ValueError, TypeError, KeyError, Warning):
        return None
    return key if usable and isinstance(key, ECKey | RSAKey) else None
