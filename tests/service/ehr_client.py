"""A CDS Client that says who it is: its keys, its tokens, and the file that makes this service trust it."""

import base64
import hmac
import json
import time
import uuid
from functools import cache
from pathlib import Path
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, KeySet, RSAKey

from tests.service.ehr import FHIR_SERVER, Json

BASE = "https://cds.example.org"
ISSUER = "https://ehr.example.org/cds-client"
JKU = "https://ehr.example.org/.well-known/jwks.json"
KID = "key-1"
RSA_KID = "rsa-1"
PATIENT_VIEW = "/cds-services/calcinosis-patient-view"


@cache
def ec_key(kid: str = KID) -> ECKey:
    """The client's P-384 key."""
    return ECKey.generate_key("P-384", parameters={"kid": kid, "use": "sig", "alg": "ES384"})


@cache
def rsa_key(bits: int = 2048, kid: str = RSA_KID) -> RSAKey:
    """The client's RSA key."""
    return RSAKey.generate_key(bits, parameters={"kid": kid, "use": "sig"})


def key_set(*keys: ECKey | RSAKey) -> Json:
    """A JWK Set of public keys, both of the client's by default."""
    return dict(KeySet(list(keys or (ec_key(), rsa_key()))).as_dict(private=False))


def token(
    path: str = PATIENT_VIEW,
    *,
    key: ECKey | RSAKey | None = None,
    header: Json | None = None,
    at: float | None = None,
    **claims: Any,
) -> str:
    """A token for a call of `path`, made now (or `at`); a header or claim of None is left out."""
    now = int(time.time() if at is None else at)
    heads = {"alg": "ES384", "kid": KID, "typ": "JWT", "jku": JKU} | (header or {})
    body = {"iss": ISSUER, "aud": f"{BASE}{path}", "exp": now + 300, "iat": now, "jti": str(uuid.uuid4())} | claims
    heads, body = ({name: value for name, value in part.items() if value is not None} for part in (heads, body))
    return jws.serialize_compact(heads, json.dumps(body), key or ec_key(), algorithms=[heads["alg"]])


def with_algorithm(algorithm: str, secret: bytes | None = None) -> str:
    """A sound token whose header was changed to another algorithm: unsigned, or signed with a `secret` (HS384)."""
    encoded, body, _ = token().split(".")
    head = _encoded(json.dumps(json.loads(_decoded(encoded)) | {"alg": algorithm}).encode())
    signature = b"" if secret is None else hmac.digest(secret, f"{head}.{body}".encode(), "sha384")
    return f"{head}.{body}.{_encoded(signature)}"


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def bearer(*arguments: Any, **changes: Any) -> dict[str, str]:
    """The Authorization header of a token."""
    return {"Authorization": f"Bearer {token(*arguments, **changes)}"}


def entry(**changes: Any) -> Json:
    """The client in the file of trusted clients, its keys fetched from JKU; a change of None takes a member out."""
    value: Json = {"name": "st-elsewhere", "issuer": ISSUER, "key_set_url": JKU, "fhir_servers": [FHIR_SERVER]}
    return {name: member for name, member in (value | changes).items() if member is not None}


def with_key_file(folder: Path, **changes: Any) -> Json:
    """The client with its keys in a file, so that nothing is fetched."""
    (folder / "st-elsewhere.jwks.json").write_text(json.dumps(key_set()), encoding="utf-8")
    return entry(key_set="st-elsewhere.jwks.json", **changes)


def trust_file(folder: Path, *entries: Json) -> Path:
    """The file of trusted clients (JSON is YAML)."""
    file = folder / "clients.yaml"
    file.write_text(json.dumps({"clients": entries}, indent=1), encoding="utf-8")
    return file


def trusting(folder: Path, *entries: Json, **values: Any) -> Json:
    """Settings of a service that trusts the entries; without entries the client with its keys in a file."""
    clients = entries or (with_key_file(folder),)
    return {
        "client_auth": "required",
        "trusted_clients": trust_file(folder, *clients),
        "public_base_url": BASE,
    } | values
