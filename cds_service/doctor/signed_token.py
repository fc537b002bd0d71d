"""The JWT of a CDS Client, signed with a test key (CDS Hooks 2.0.1, Trusting CDS Clients; checklist JWT-1..6)."""

import json
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from joserfc import jwk, jwt
from joserfc.errors import JoseError

_SECONDS = 300
_EC_ALGORITHMS = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}
# RS384 is what CDS Hooks recommends beside ES384.
_RSA_ALGORITHM = "RS384"


class UnusableKey(Exception):
    """The key file holds no private key that a CDS Client could sign with; the message holds nothing of it."""


@dataclass(frozen=True, slots=True)
class TestIdentity:
    """A CDS Client as `doctor` plays it: private key, its algorithm and kid, and the issuer it claims to be."""

    __test__ = False  # no test class, whatever pytest thinks of the name

    key: jwk.RSAKey | jwk.ECKey
    algorithm: str
    key_id: str
    issuer: str

    def token(self, audience: str, now: float) -> str:
        """A fresh token for the URL `audience`, valid for five minutes from `now` (seconds since 1970)."""
        issued = int(now)
        header = {"alg": self.algorithm, "typ": "JWT", "kid": self.key_id}
        claims = {
            "iss": self.issuer, "aud": audience, "iat": issued, "exp": issued + _SECONDS, "jti": str(uuid4()),
        }  # fmt: skip
        return jwt.encode(header, claims, self.key, algorithms=[self.algorithm])


def read_identity(key_file: Path, issuer: str, key_id: str) -> TestIdentity:
    """The identity of a private key in PEM or JWK form; raises UnusableKey with a sentence."""
    try:
        text = key_file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise UnusableKey("the file of --jwt-key cannot be read") from None
    key = _parsed(text)
    if not key.is_private:
        raise UnusableKey("the file of --jwt-key holds a public key; signing needs the private one")
    if isinstance(key, jwk.RSAKey):
        return TestIdentity(key, _RSA_ALGORITHM, key_id, issuer)
    algorithm = _EC_ALGORITHMS.get(str(key.as_dict(private=False)["crv"]))
    if algorithm is None:
        raise UnusableKey("the curve of the key in --jwt-key is none of P-256, P-384, P-521")
    return TestIdentity(key, algorithm, key_id, issuer)


def _parsed(text: str) -> jwk.RSAKey | jwk.ECKey:
    for kind in (jwk.ECKey, jwk.RSAKey):
        try:
            key = kind.import_key(json.loads(text) if text.startswith("{") else text)
        except (ValueError, TypeError, KeyError, JoseError):
            continue
        if isinstance(key, jwk.RSAKey | jwk.ECKey):
            return key
    raise UnusableKey("the file of --jwt-key holds no RSA or EC private key (PEM or JWK)")
