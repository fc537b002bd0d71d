"""doctor and trusted clients: the file, the published keys, and whether a test identity could be accepted at all."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx
from joserfc.jwk import ECKey, OctKey, RSAKey

from cds_service.doctor.check import Check
from cds_service.doctor.signed_token import TestIdentity, UnusableKey, read_identity
from cds_service.doctor.trust import Trust, check_identity, check_key_sets, read_trust
from cds_service.ehr.allow_list import AllowList
from cds_service.ehr.trusted_clients import TrustedClients
from cds_service.settings import Settings
from tests.doctor.reports import DATE, NOW, levels, run, sentences, with_inquirer

ISSUER = "https://ehr.example.org/cds-client"
KEYS = "https://ehr.example.org/.well-known/jwks.json"
EC_KEY = ECKey.generate_key("P-384")
RSA_KEY = RSAKey.generate_key(2048)
NAME = "st-elsewhere"


def public(key: ECKey | RSAKey, kid: str = "key-1", **more: Any) -> dict[str, Any]:
    return {**key.as_dict(private=False), "kid": kid, **more}


@pytest.fixture
def key_host() -> Iterator[respx.MockRouter]:
    """The host of the key set; well until told otherwise."""
    with respx.mock(assert_all_called=False) as router:
        publish(router, public(EC_KEY), public(RSA_KEY, "key-2"))
        yield router


def publish(router: respx.MockRouter, *keys: dict[str, Any]) -> None:
    router.get(KEYS).mock(return_value=httpx.Response(200, json={"keys": list(keys)}, headers={"date": DATE}))


def settings(folder: Path, text: str | None = None, **values: Any) -> Settings:
    file = folder / "clients.yaml"
    if text is None:
        client = {"name": NAME, "issuer": ISSUER, "key_set_url": KEYS, "fhir_servers": ["https://ehr.example.org/fhir"]}
        text = json.dumps({"clients": [client]})
    file.write_text(text, encoding="utf-8")
    return Settings(_env_file=None, **{"trusted_clients": file, "client_auth": "required"} | values)


def read(used: Settings) -> tuple[TrustedClients, list[Check]]:
    return read_trust(used, AllowList(frozenset()))


def fetched(clients: TrustedClients, now: float = NOW) -> tuple[Any, list[Check]]:
    result: tuple[Any, list[Check]] = run(
        with_inquirer(lambda inquirer: check_key_sets(clients, inquirer, lambda: now))
    )
    return result


def test_clients_that_are_well(tmp_path: Path, key_host: respx.MockRouter) -> None:
    clients, checks = read(settings(tmp_path))
    assert levels(checks) == {"trusted clients": "ok"}
    _, checks = fetched(clients)
    assert levels(checks) == {NAME: "ok"}
    assert "2 key ids, usable for ES384, RS384" in sentences(checks, NAME)


def test_without_a_file(tmp_path: Path) -> None:
    off = settings(tmp_path, trusted_clients=None, client_auth="off")
    assert levels(read(off)[1]) == {"trusted clients": "ok"}
    required = settings(tmp_path, trusted_clients=None)
    assert levels(read(required)[1]) == {"trusted clients": "FAIL"}


@pytest.mark.parametrize("text", ["clients: []\n", "clients:\n  - name: x\n", "nonsense", "clients: [\n"])
def test_a_file_that_is_wrong_is_said_with_its_line(tmp_path: Path, text: str) -> None:
    clients, checks = read(settings(tmp_path, text))
    assert levels(checks) == {"trusted clients": "FAIL"}
    assert "clients.yaml" in sentences(checks, "trusted clients")
    assert list(clients) == []


def test_a_file_that_nobody_uses(tmp_path: Path) -> None:
    checks = read(settings(tmp_path, client_auth="off"))[1]
    assert levels(checks) == {"trusted clients": "warn"}


def test_a_client_without_a_fhir_server(tmp_path: Path) -> None:
    text = json.dumps({"clients": [{"name": NAME, "issuer": ISSUER, "key_set_url": KEYS}]})
    assert levels(read(settings(tmp_path, text))[1])[NAME] == "warn"


@pytest.mark.parametrize(
    ("response", "words"),
    [
        (httpx.Response(404), "404"),
        (httpx.Response(302), "redirects"),
        (httpx.Response(200, html="<html>"), "HTML"),
        (httpx.Response(200, json={"keys": []}), "no public EC or RSA key"),
        (httpx.Response(200, json={"kid": "x"}), "no list"),
        (httpx.Response(200, json={"keys": [public(EC_KEY) | {"kid": None}]}), "kid"),
    ],
)
def test_keys_that_cannot_be_had(
    tmp_path: Path, key_host: respx.MockRouter, response: httpx.Response, words: str
) -> None:
    key_host.get(KEYS).mock(return_value=response)
    keys, checks = fetched(read(settings(tmp_path))[0])
    assert levels(checks)[NAME] == "FAIL"
    assert words in sentences(checks, NAME)
    assert not keys


def test_a_key_host_that_does_not_answer(tmp_path: Path, key_host: respx.MockRouter) -> None:
    key_host.get(KEYS).mock(side_effect=httpx.ConnectTimeout("x"))
    assert levels(fetched(read(settings(tmp_path))[0])[1]) == {NAME: "FAIL"}


def test_keys_that_fit_no_algorithm_of_the_client(tmp_path: Path, key_host: respx.MockRouter) -> None:
    """An EC key on another curve looks right and checks nothing."""
    publish(key_host, public(ECKey.generate_key("P-256")))
    checks = fetched(read(settings(tmp_path))[0])[1]
    assert levels(checks)[NAME] == "FAIL"
    assert "ES384, RS384" in sentences(checks, NAME)


@pytest.mark.parametrize(
    "leaked",
    [EC_KEY.as_dict(private=True) | {"kid": "x"}, OctKey.generate_key(256).as_dict(private=True)],
    ids=["private", "symmetric"],
)
def test_a_key_set_that_shows_a_secret(tmp_path: Path, key_host: respx.MockRouter, leaked: dict[str, Any]) -> None:
    publish(key_host, public(EC_KEY), leaked)
    checks = fetched(read(settings(tmp_path))[0])[1]
    assert levels(checks)[NAME] == "FAIL"
    assert "private or symmetric" in sentences(checks, NAME)
    assert str(leaked.get("d", leaked.get("k"))) not in sentences(checks, NAME)


def test_the_clock_of_the_key_host(tmp_path: Path, key_host: respx.MockRouter) -> None:
    assert levels(fetched(read(settings(tmp_path))[0], now=NOW + 60)[1])[NAME] == "warn"


def test_keys_from_a_file_are_not_fetched(tmp_path: Path, key_host: respx.MockRouter) -> None:
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [public(EC_KEY)]}), encoding="utf-8")
    text = json.dumps({"clients": [{"name": NAME, "issuer": ISSUER, "key_set": "keys.json"}]})
    checks = fetched(read(settings(tmp_path, text))[0])[1]
    assert levels(checks)[NAME] == "ok"
    assert not key_host.calls


def identity(key: ECKey | RSAKey = EC_KEY, algorithm: str = "ES384", kid: str = "key-1", issuer: str = ISSUER) -> Any:
    return TestIdentity(key, algorithm, kid, issuer)


@pytest.mark.parametrize(
    ("claimed", "level", "words"),
    [
        (identity(), "ok", NAME),
        (identity(RSA_KEY, "RS384", "key-2"), "ok", NAME),
        (identity(issuer=f"{ISSUER}/"), "warn", "letter by letter"),
        (identity(ECKey.generate_key("P-256"), "ES256"), "warn", "ES256"),
        (identity(kid="key-9"), "warn", "no key with the kid"),
        (identity(RSA_KEY, "RS384", "key-1"), "warn", "no key with the kid"),
        (identity(ECKey.generate_key("P-384")), "warn", "another key under this kid"),
    ],
)
def test_why_a_test_token_could_not_be_accepted(
    tmp_path: Path, key_host: respx.MockRouter, claimed: TestIdentity, level: str, words: str
) -> None:
    clients = read(settings(tmp_path))[0]
    (check,) = check_identity(claimed, Trust(clients, fetched(clients)[0]))
    assert (check.level, words in check.sentence) == (level, True)


def test_a_test_token_of_a_client_whose_keys_are_away(tmp_path: Path) -> None:
    (check,) = check_identity(identity(), Trust(read(settings(tmp_path))[0], {}))
    assert (check.level, "could not be had" in check.sentence) == ("warn", True)


def test_a_test_token_where_tenants_tell_the_clients_apart(tmp_path: Path) -> None:
    entry = {"name": NAME, "issuer": ISSUER, "key_set_url": KEYS, "tenants": ["north"]}
    clients = read(settings(tmp_path, json.dumps({"clients": [entry]})))[0]
    (check,) = check_identity(identity(), Trust(clients, {}))
    assert (check.level, "tenant" in check.sentence) == ("warn", True)


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (EC_KEY, "ES384"),
        (RSA_KEY, "RS384"),
        (ECKey.generate_key("P-256"), "ES256"),
        (ECKey.generate_key("P-521"), "ES512"),
    ],
)
@pytest.mark.parametrize("form", ["pem", "jwk"])
def test_a_private_key_in_either_form(tmp_path: Path, key: ECKey | RSAKey, algorithm: str, form: str) -> None:
    file = tmp_path / "key"
    file.write_bytes(key.as_pem(private=True) if form == "pem" else json.dumps(key.as_dict(private=True)).encode())
    found = read_identity(file, ISSUER, "key-1")
    assert found.algorithm == algorithm
    assert found.key.thumbprint() == key.thumbprint()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (EC_KEY.as_pem(private=False), "public key"),
        (json.dumps(public(RSA_KEY)).encode(), "public key"),
        (json.dumps(OctKey.generate_key(256).as_dict(private=True)).encode(), "no RSA or EC"),
        (b"{", "no RSA or EC"),
        (b"-----BEGIN NONSENSE-----", "no RSA or EC"),
        (b"\xff", "cannot be read"),
    ],
    ids=["public PEM", "public JWK", "symmetric", "half a JWK", "no PEM", "no text"],
)
def test_a_key_file_that_cannot_sign(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(UnusableKey, match=words):
        read_identity(tmp_path / "key", ISSUER, "key-1")
