"""Who may call: the token of the CDS Client, checked as the specification asks (checklist section 8, goal G8)."""

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc.jwk import ECKey
from starlette.testclient import TestClient

from tests.service.ehr import Json, hook_body, json_lines, running_service, with_access
from tests.service.ehr_client import (
    BASE,
    ISSUER,
    JKU,
    KID,
    PATIENT_VIEW,
    RSA_KID,
    bearer,
    ec_key,
    entry,
    key_set,
    rsa_key,
    token,
    trusting,
    with_algorithm,
    with_key_file,
)
from tests.service.test_feedback import ACCEPTED

FEEDBACK = f"{PATIENT_VIEW}/feedback"


@pytest.fixture
def trusted(tmp_path: Path) -> Iterator[TestClient]:
    """A service that trusts one client, whose keys it has as a file."""
    with running_service(tmp_path, **trusting(tmp_path)) as service:
        yield service


@pytest.fixture
def keys() -> Iterator[respx.MockRouter]:
    """The client's key host; whatever else is asked for fails the test."""
    with respx.mock(assert_all_called=False) as router:
        yield router


def call(service: TestClient, headers: dict[str, str], path: str = PATIENT_VIEW) -> Any:
    return service.post(path, json=hook_body(), headers=headers)


def reason_of(capsys: pytest.CaptureFixture[str]) -> str:
    """What the log says of the last refusal."""
    refused = [line for line in json_lines(capsys.readouterr().out) if line.get("error") == "unauthenticated"]
    return str(refused[-1]["reason"])


@pytest.mark.checklist("JWT-1", "JWT-13")
def test_a_token_signed_with_es384_is_taken(trusted: TestClient) -> None:
    answer = call(trusted, bearer())
    assert answer.status_code == 200
    assert answer.json()["cards"]


@pytest.mark.checklist("JWT-2")
def test_a_token_signed_with_rs384_is_taken(trusted: TestClient) -> None:
    headers = bearer(key=rsa_key(), header={"alg": "RS384", "kid": RSA_KID})
    assert call(trusted, headers).status_code == 200


@pytest.mark.checklist("JWT-8")
def test_the_audience_may_be_one_of_several(trusted: TestClient) -> None:
    assert call(trusted, bearer(aud=["https://other.example.org", f"{BASE}{PATIENT_VIEW}"])).status_code == 200


@pytest.mark.checklist("JWT-1", "SEC-8")
def test_a_token_without_jku_is_taken(trusted: TestClient) -> None:
    """SEC-8: the key set was given out of band."""
    assert call(trusted, bearer(header={"jku": None})).status_code == 200


FOREIGN = ECKey.generate_key("P-384", parameters={"kid": KID})
NOW = time.time()
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown issuer": ({"iss": "https://rogue.example.org"}, "issuer"),
    "an unknown jku": ({"header": {"jku": "https://rogue.example.org/jwks.json"}}, "jku"),
    "a jku with a query": ({"header": {"jku": f"{JKU}?x=1"}}, "jku"),
    "an unknown kid": ({"header": {"kid": "key-9"}}, "key"),
    "the signature of another key": ({"key": FOREIGN}, "signature"),
    "another service as audience": ({"aud": f"{BASE}/cds-services/calcinosis-order-sign"}, "audience"),
    "discovery as audience": ({"aud": f"{BASE}/cds-services"}, "audience"),
    "another host as audience": ({"aud": f"https://testserver{PATIENT_VIEW}"}, "audience"),
    "an empty list of audiences": ({"aud": []}, "claims"),
    "audiences that are no strings": ({"aud": [1, None]}, "audience"),
    "an end long ago": ({"at": NOW - 3600}, "expired"),
    "an end more than the skew ago": ({"exp": int(NOW) - 61, "iat": int(NOW) - 300}, "expired"),
    "a start in the future": ({"nbf": int(NOW) + 600}, "not-yet-valid"),
    "an issue in the future": ({"at": NOW + 600}, "not-yet-valid"),
    "a life of more than an hour": ({"exp": int(NOW) + 3602, "iat": int(NOW)}, "life-too-long"),
    "an end that is text": ({"exp": "tomorrow"}, "claims"),
    "an end that is true": ({"exp": True}, "claims"),
    "an end beyond all time": ({"exp": 1e300}, "claims"),
    "no iss": ({"iss": None}, "claims"),
    "no aud": ({"aud": None}, "claims"),
    "no exp": ({"exp": None}, "claims"),
    "no iat": ({"iat": None}, "claims"),
    "no jti": ({"jti": None}, "claims"),
    "a blank jti": ({"jti": ""}, "claims"),
    "a jti that is a number": ({"jti": 7}, "claims"),
    "a tenant that is a list": ({"tenant": ["a"]}, "claims"),
    "no kid": ({"header": {"kid": None}}, "header"),
    "no typ": ({"header": {"typ": None}}, "header"),
    "another typ": ({"header": {"typ": "at+jwt"}}, "header"),
    "an algorithm that is not listed": ({"header": {"alg": "ES256"}, "key": ECKey.generate_key("P-256")}, "algorithm"),
}  # fmt: skip


@pytest.mark.checklist("JWT-6", "JWT-7", "JWT-8", "JWT-9", "JWT-10", "JWT-12", "JWT-13", "JWT-14", "JWT-16", "JWT-20")
@pytest.mark.checklist("SEC-2", "SEC-7")
@pytest.mark.parametrize("fault", WRONG)
def test_a_token_that_is_wrong_in_one_way_is_401_without_a_reason(
    trusted: TestClient, capsys: pytest.CaptureFixture[str], fault: str
) -> None:
    """The reason stands in the log, as one of our own words."""
    changes, reason = WRONG[fault]
    answer = call(trusted, bearer(**changes))
    assert (answer.status_code, answer.content) == (401, b"")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert reason_of(capsys) == reason


@pytest.mark.checklist("JWT-3", "JWT-16", "JWT-17")
@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (None, "no-token"),
        ("", "no-token"),
        ("Bearer", "malformed"),
        ("Bearer ", "malformed"),
        ("Basic dXNlcjpwYXNz", "malformed"),
        ("Bearer not.a.token", "malformed"),
        ("Bearer a.b", "malformed"),
        ("Bearer " + "x" * 20_000, "malformed"),
        ("Bearer " + "." * 3_000, "malformed"),
        ("Token eyJhbGciOiJFUzM4NCJ9.e30.AA", "malformed"),
    ],
)
def test_a_header_that_holds_no_token_is_401(
    trusted: TestClient, capsys: pytest.CaptureFixture[str], header: str | None, reason: str
) -> None:
    answer = call(trusted, {} if header is None else {"Authorization": header})
    assert (answer.status_code, answer.content) == (401, b"")
    assert reason_of(capsys) == reason


@pytest.mark.checklist("JWT-4")
def test_an_unsigned_token_is_401(trusted: TestClient, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(trusted, {"Authorization": f"Bearer {with_algorithm('none')}"}).status_code == 401
    assert reason_of(capsys) == "algorithm"


@pytest.mark.checklist("JWT-5")
def test_a_token_signed_with_the_public_key_as_a_secret_is_401(
    trusted: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    """The classic confusion of asymmetric and symmetric algorithms."""
    forged = with_algorithm("HS384", ec_key().as_pem(private=False))
    assert call(trusted, {"Authorization": f"Bearer {forged}"}).status_code == 401
    assert reason_of(capsys) == "algorithm"


@pytest.mark.checklist("JWT-6")
def test_a_payload_that_was_changed_after_signing_is_401(trusted: TestClient) -> None:
    head, _, signature = token().split(".")
    _, other, _ = token(iss=ISSUER, sub="someone").split(".")
    assert call(trusted, {"Authorization": f"Bearer {head}.{other}.{signature}"}).status_code == 401


@pytest.mark.checklist("JWT-7", "JWT-14")
def test_clocks_may_differ_by_a_minute(trusted: TestClient) -> None:
    """Epic: nbf is some minutes before iat."""
    now = int(time.time())
    assert call(trusted, bearer(exp=now - 50, iat=now - 300)).status_code == 200
    assert call(trusted, bearer(at=now + 50, nbf=now - 300)).status_code == 200


@pytest.mark.checklist("JWT-11")
def test_a_token_is_taken_once(trusted: TestClient, capsys: pytest.CaptureFixture[str]) -> None:
    headers = bearer()
    assert call(trusted, headers).status_code == 200
    assert call(trusted, headers).status_code == 401
    assert reason_of(capsys) == "replayed"


@pytest.mark.checklist("JWT-11")
def test_a_refused_token_does_not_use_up_its_jti(trusted: TestClient) -> None:
    """Else anyone who sees a jti could block the real token."""
    assert call(trusted, bearer(jti="the-same-jti", key=FOREIGN)).status_code == 401
    assert call(trusted, bearer(jti="the-same-jti")).status_code == 200


@pytest.mark.checklist("JWT-11")
def test_one_jti_is_taken_once_by_two_services_on_one_data_base(tmp_path: Path) -> None:
    """G8: across workers; both knew nothing of the other's memory."""
    values = trusting(tmp_path)
    with running_service(tmp_path, **values) as one, running_service(tmp_path, **values) as other:
        headers = bearer()
        assert call(one, headers).status_code == 200
        assert call(other, headers).status_code == 401


@pytest.mark.checklist("JWT-15", "DISC-1")
def test_discovery_asks_for_a_token_unless_it_is_open(tmp_path: Path, trusted: TestClient) -> None:
    assert trusted.get("/cds-services").status_code == 401
    assert trusted.get("/cds-services", headers=bearer("/cds-services")).status_code == 200
    with running_service(tmp_path, **trusting(tmp_path, discovery="open")) as service:
        assert service.get("/cds-services").status_code == 200
        assert call(service, {}).status_code == 401


@pytest.mark.checklist("JWT-15", "JWT-8")
@pytest.mark.parametrize("audience", [FEEDBACK, PATIENT_VIEW])
def test_feedback_asks_for_a_token_of_either_audience(trusted: TestClient, audience: str) -> None:
    body = {"feedback": [ACCEPTED]}
    assert trusted.post(FEEDBACK, json=body).status_code == 401
    assert trusted.post(FEEDBACK, json=body, headers=bearer(audience)).status_code == 200


def test_a_token_for_feedback_is_none_for_the_service(trusted: TestClient) -> None:
    assert call(trusted, bearer(FEEDBACK)).status_code == 401


@pytest.mark.checklist("JWT-15")
def test_the_trace_asks_for_a_token_too(trusted: TestClient) -> None:
    """Decision 23: the same authentication as the hooks."""
    assert call(trusted, {}, "/api/evaluate").status_code == 401


@pytest.mark.checklist("JWT-3", "ERR-3")
def test_who_does_not_say_who_he_is_learns_nothing_of_the_services(trusted: TestClient) -> None:
    """The same answer for a service that exists, one that does not, and a body that is no JSON."""
    known = call(trusted, {})
    unknown = call(trusted, {}, "/cds-services/nothing")
    broken = trusted.post(PATIENT_VIEW, content=b"{", headers={"Content-Type": "text/plain"})
    assert {(answer.status_code, answer.content) for answer in (known, unknown, broken)} == {(401, b"")}


@pytest.mark.checklist("REQ-15")
def test_a_trusted_client_is_told_that_a_service_does_not_exist(trusted: TestClient) -> None:
    assert call(trusted, bearer("/cds-services/nothing"), "/cds-services/nothing").status_code == 404


@pytest.mark.checklist("JWT-17")
def test_two_authorization_headers_are_401(trusted: TestClient) -> None:
    headers = [("Authorization", f"Bearer {token()}"), ("Authorization", f"Bearer {token()}")]
    assert trusted.post(PATIENT_VIEW, json=hook_body(), headers=headers).status_code == 401


@pytest.mark.checklist("JWT-19", "CORS-1", "CORS-4")
def test_a_browser_asks_first_without_a_token_and_can_read_the_401(tmp_path: Path) -> None:
    origin = "https://ehr.example.org"
    with running_service(tmp_path, **trusting(tmp_path, cors_origins=(origin,))) as service:
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST",
                 "Access-Control-Request-Headers": "authorization,content-type"}  # fmt: skip
        assert service.options(PATIENT_VIEW, headers=asked).status_code == 200
        refused = call(service, {"Origin": origin})
        assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, origin)


@pytest.mark.checklist("JWT-8")
def test_an_ehr_with_a_fixed_audience_is_served_by_configuration(tmp_path: Path) -> None:
    """Epic: the audience is configured by the health system (reliability.md 1.2)."""
    client = with_key_file(tmp_path, audiences=["st-elsewhere-cds"])
    with running_service(tmp_path, **trusting(tmp_path, client)) as service:
        assert call(service, bearer(aud="st-elsewhere-cds")).status_code == 200
        assert call(service, bearer(aud="another-cds")).status_code == 401


@pytest.mark.checklist("JWT-21")
def test_a_tenant_that_is_not_listed_is_401(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    client = with_key_file(tmp_path, tenants=["ward-a"])
    with running_service(tmp_path, **trusting(tmp_path, client)) as service:
        assert call(service, bearer(tenant="ward-a")).status_code == 200
        for tenant in ("ward-b", None):
            assert call(service, bearer(tenant=tenant)).status_code == 401
            assert reason_of(capsys) == "issuer"


def test_one_issuer_may_speak_for_several_tenants_with_keys_of_their_own(tmp_path: Path) -> None:
    """Oracle Health: one issuer for all organisations (reliability.md 1.2)."""
    other = ECKey.generate_key("P-384", parameters={"kid": KID})
    (tmp_path / "other.json").write_text(json.dumps(key_set(other)), encoding="utf-8")
    clients = (
        with_key_file(tmp_path, tenants=["a"]),
        entry(name="otherwhere", tenants=["b"], key_set="other.json", fhir_servers=[]),
    )
    with running_service(tmp_path, **trusting(tmp_path, *clients)) as service:
        assert call(service, bearer(tenant="a")).status_code == 200
        assert call(service, bearer(tenant="b", key=other)).status_code == 200
        assert call(service, bearer(tenant="b")).status_code == 401


@pytest.mark.checklist("SEC-5", "SEC-6")
def test_the_log_says_which_client_called_and_holds_no_token(
    trusted: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    headers = bearer(jti="4f9d2c55-aaaa-4e6f-b1d1-7d3d2b3c4d5e")
    call(trusted, headers)
    output = capsys.readouterr().out
    (line,) = [line for line in json_lines(output) if line["event"] == "request"]
    assert (line["client"], line["token_id"]) == ("st-elsewhere", "4f9d2c55-aaaa-4e6f-b1d1-7d3d2b3c4d5e")
    assert not any(part in output for part in headers["Authorization"].removeprefix("Bearer ").split("."))


def test_a_jti_that_could_be_anything_is_hashed_in_the_log(
    trusted: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    call(trusted, bearer(jti="Jane Roe, born 1962"))
    assert "Jane" not in capsys.readouterr().out


@pytest.mark.checklist("FHIR-10")
def test_a_client_reaches_its_own_fhir_servers_only(tmp_path: Path, keys: respx.MockRouter) -> None:
    """Another client's server is not called, whatever the request names (API1)."""
    mine, others = "https://ehr.example.org/fhir", "https://other.example.org/fhir"
    called = keys.route(host="ehr.example.org").mock(return_value=httpx.Response(404))
    foreign = keys.route(host="other.example.org").mock(return_value=httpx.Response(404))
    clients = (
        with_key_file(tmp_path),
        entry(name="otherwhere", issuer="https://other.example.org", key_set="st-elsewhere.jwks.json",
              fhir_servers=[others]),
    )  # fmt: skip
    with running_service(tmp_path, **trusting(tmp_path, *clients)) as service:
        for server in (mine, others):
            service.post(PATIENT_VIEW, json=with_access(hook_body(prefetch={}), server), headers=bearer())
    assert called.called
    assert not foreign.called


class TestPublishedKeys:
    """Keys that are fetched from the client's key-set URL."""

    @pytest.fixture
    def served(self, tmp_path: Path, keys: respx.MockRouter) -> respx.Route:
        """The key host, which answers with the client's keys."""
        return keys.get(JKU).mock(return_value=httpx.Response(200, json=key_set()))

    @pytest.fixture
    def fetching(self, tmp_path: Path, served: respx.Route) -> Iterator[TestClient]:
        """A service that has to fetch the client's keys."""
        with running_service(tmp_path, **trusting(tmp_path, entry())) as service:
            yield service

    @pytest.mark.checklist("JWT-1", "SEC-8")
    def test_keys_are_fetched_once_for_many_calls(self, fetching: TestClient, served: respx.Route) -> None:
        for _ in range(5):
            assert call(fetching, bearer()).status_code == 200
        assert served.call_count == 1

    @pytest.mark.checklist("JWT-9", "JWT-10", "SEC-2")
    def test_nothing_is_fetched_for_who_is_not_in_the_table(self, fetching: TestClient, served: respx.Route) -> None:
        """A rogue issuer or jku makes no connection at all: an unexpected one would fail this test."""
        call(fetching, bearer())
        rogue = "https://rogue.example.org"
        assert call(fetching, bearer(iss=rogue, header={"jku": f"{rogue}/jwks.json"})).status_code == 401
        assert call(fetching, bearer(header={"jku": f"{rogue}/jwks.json"})).status_code == 401
        assert served.call_count == 1

    @pytest.mark.checklist("JWT-18")
    def test_an_unknown_kid_fetches_once_and_then_waits(self, fetching: TestClient, served: respx.Route) -> None:
        new = ECKey.generate_key("P-384", parameters={"kid": "key-2"})
        call(fetching, bearer())
        served.mock(return_value=httpx.Response(200, json=key_set(ec_key(), new)))
        assert call(fetching, bearer(key=new, header={"kid": "key-2"})).status_code == 200
        for number in range(5):
            assert call(fetching, bearer(header={"kid": f"made-up-{number}"})).status_code == 401
        assert served.call_count == 2

    def test_keys_that_cannot_be_fetched_let_nobody_in(
        self, fetching: TestClient, served: respx.Route, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        for answer in (
            httpx.Response(500),
            httpx.Response(200, text="<html>", headers={"Content-Type": "text/html"}),
            httpx.Response(200, json={"keys": []}),
            httpx.Response(302, headers={"Location": "https://rogue.example.org"}),
            httpx.Response(200, json={"keys": [], "padding": "x" * 70_000}),
            httpx.ConnectError("gone"),
        ):
            served.mock(side_effect=[answer])
            with running_service(tmp_path, **trusting(tmp_path, entry())) as service:
                assert call(service, bearer()).status_code == 401
                assert reason_of(capsys) == "keys-unavailable"


def short_rsa_key() -> Json:
    """A JWK of 1024 bits; joserfc itself would warn when it makes one."""
    numbers = rsa.generate_private_key(public_exponent=65537, key_size=1024).public_key().public_numbers()  # noqa: S505  to be refused

    def encoded(number: int) -> str:
        data = number.to_bytes((number.bit_length() + 7) // 8)
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    return {"kty": "RSA", "kid": RSA_KID, "n": encoded(numbers.n), "e": encoded(numbers.e)}


@pytest.mark.checklist("JWT-5", "JWT-13")
@pytest.mark.parametrize(
    "published",
    [
        {"kty": "oct", "kid": KID, "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ"},
        {"kty": "EC", "kid": KID, "crv": "P-384", "x": "AA", "y": "AA"},
        ec_key().as_dict(private=True),
        ec_key().as_dict(private=False) | {"use": "enc"},
        {name: value for name, value in ec_key().as_dict(private=False).items() if name != "kid"},
        short_rsa_key(),
    ],
    ids=["symmetric", "no point of the curve", "private", "for encryption", "without kid", "short RSA"],
)
def test_a_key_that_is_no_sound_public_key_is_not_used(tmp_path: Path, keys: respx.MockRouter, published: Json) -> None:
    keys.get(JKU).mock(return_value=httpx.Response(200, json={"keys": [published]}))
    with running_service(tmp_path, **trusting(tmp_path, entry())) as service:
        assert call(service, bearer()).status_code == 401
