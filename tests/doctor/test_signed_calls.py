"""doctor --jwt-key against the real service: good tokens are taken, and what should be refused is refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import respx

from cds_service.doctor.check import Check
from cds_service.doctor.demo_request import demo_request
from cds_service.doctor.service import ServiceVisit, check_service
from cds_service.doctor.signed_token import TestIdentity
from tests.doctor.reports import levels, run, sentences, with_inquirer
from tests.doctor.test_service_checks import ANSWERED, CALL, LISTED, REFUSED, SERVICE, service
from tests.service.ehr_client import ISSUER, KID, RSA_KID, ec_key, rsa_key, trusting

if TYPE_CHECKING:
    from treatment_algorithm.knowledge_base import KnowledgeBase

EC = TestIdentity(ec_key(), "ES384", KID, ISSUER)
RSA = TestIdentity(rsa_key(), "RS384", RSA_KID, ISSUER)


@contextmanager
def trusting_service(folder: Path, **values: Any) -> Iterator[None]:
    with service(folder, **trusting(folder) | values):
        yield


def visited(knowledge: "KnowledgeBase", identity: TestIdentity, now: float, auth_expected: bool = True) -> list[Check]:
    body = demo_request(knowledge.concepts)
    checks: list[Check] = run(
        with_inquirer(
            lambda inquirer: check_service(
                ServiceVisit(SERVICE, body, identity, inquirer, lambda: now), None, auth_expected
            )
        )
    )
    return [check for check in checks if check.about != "clock"]


@pytest.fixture
def wall() -> float:
    """The clock that the service looks at, too."""
    import time

    return time.time()


@pytest.mark.parametrize("identity", [EC, RSA], ids=["ES384", "RS384"])
def test_a_client_that_is_trusted(
    tmp_path: Path, knowledge: "KnowledgeBase", wall: float, identity: TestIdentity
) -> None:
    with trusting_service(tmp_path):
        checks = visited(knowledge, identity, wall)
    assert levels(checks) == {
        "discovery": "ok",
        "signed call": "ok",
        "replayed token": "ok",
        "wrong audience": "ok",
        "no token": "ok",
    }
    assert "1 card" in sentences(checks, "signed call")


@pytest.mark.parametrize(
    ("identity", "apart"),
    [
        (TestIdentity(ec_key(), "ES384", KID, "https://other.example.org"), 0),
        (TestIdentity(ec_key(), "ES384", "key-9", ISSUER), 0),
        (TestIdentity(ec_key("stranger"), "ES384", KID, ISSUER), 0),
        (EC, 7200),
        (EC, -7200),
    ],
    ids=["issuer", "kid", "key", "clock ahead", "clock behind"],
)
def test_a_token_that_is_refused_and_what_to_look_at(
    tmp_path: Path, knowledge: "KnowledgeBase", wall: float, identity: TestIdentity, apart: int
) -> None:
    with trusting_service(tmp_path, discovery="open"):
        checks = visited(knowledge, identity, wall + apart)
    assert levels(checks) == {"discovery": "ok", "signed call": "FAIL"}
    for word in ("issuer", "kid", "algorithm", "CDS_PUBLIC_BASE_URL", "clocks"):
        assert word in sentences(checks, "signed call")


def test_a_public_address_that_is_not_the_one_called(tmp_path: Path, knowledge: "KnowledgeBase", wall: float) -> None:
    with trusting_service(tmp_path, public_base_url="https://old.example.org"):
        assert levels(visited(knowledge, EC, wall))["discovery"] == "FAIL"


def test_a_service_that_checks_no_token(tmp_path: Path, knowledge: "KnowledgeBase", wall: float) -> None:
    with service(tmp_path):
        checks = visited(knowledge, EC, wall, auth_expected=False)
    assert levels(checks) == {
        "discovery": "ok",
        "signed call": "ok",
        "replayed token": "warn",
        "wrong audience": "warn",
        "no token": "warn",
    }


def test_a_service_that_takes_what_it_should_refuse(knowledge: "KnowledgeBase", wall: float) -> None:
    """A gateway that strips the check, or another service at this address."""
    with respx.mock(base_url=SERVICE) as router:
        router.get("/cds-services").mock(return_value=LISTED)
        router.post(CALL).mock(return_value=ANSWERED)
        found = levels(visited(knowledge, EC, wall))
    assert [found[about] for about in ("replayed token", "wrong audience", "no token")] == ["FAIL"] * 3


def test_a_service_that_goes_away_in_between(knowledge: "KnowledgeBase", wall: float) -> None:
    with respx.mock(base_url=SERVICE) as router:
        router.get("/cds-services").mock(return_value=LISTED)
        router.post(CALL).mock(side_effect=[ANSWERED, REFUSED, httpx.ConnectTimeout("x"), REFUSED])
        assert levels(visited(knowledge, EC, wall))["wrong audience"] == "FAIL"
