"""Key sets over time: kept, refreshed behind the requests, and used on while their host is down (JWT-18)."""

import asyncio
import json
from dataclasses import dataclass, field

import pytest
from joserfc.jwk import ECKey

from cds_service.ehr.json_web_keys import read_key_set
from cds_service.ehr.key_sets import KeySets
from cds_service.ehr.outbound import Outbound, Unreachable
from cds_service.errors import Unauthenticated
from tests.service.ehr_client import JKU, KID, RSA_KID, key_set, rsa_key

pytestmark = pytest.mark.checklist("JWT-18")


@dataclass
class KeyHost(Outbound):
    """Answers with `body`; None: it is down."""

    body: bytes | None = json.dumps(key_set()).encode()
    calls: int = 0
    hold: asyncio.Event | None = None

    async def get(self, url: str, headers: object, **_: object) -> bytes:
        self.calls += 1
        if self.hold is not None:
            await self.hold.wait()
        if self.body is None:
            raise Unreachable("no answer")
        return self.body


@dataclass
class Case:
    """Key sets on a clock that the test sets."""

    now: float = 1000.0
    host: KeyHost = field(default_factory=KeyHost)

    def __post_init__(self) -> None:
        self.key_sets = KeySets(self.host, lambda: self.now)

    async def find(self, kid: str = KID) -> bool:
        """Whether the key is found; what runs behind the request is let finish."""
        try:
            await self.key_sets.find(JKU, kid, "RS384" if kid == RSA_KID else "ES384")
        except Unauthenticated:
            return False
        finally:
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        return True


def test_a_set_is_used_for_ten_minutes_and_then_refreshed_behind_the_request() -> None:
    async def story() -> None:
        case = Case()
        assert await case.find()
        case.now += 599
        assert await case.find()
        assert case.host.calls == 1
        case.now += 2
        case.host.body = json.dumps(key_set(rsa_key())).encode()
        assert await case.find(), "the request itself is served with what is known"
        assert case.host.calls == 2
        assert not await case.find(), "a key that was withdrawn is known no more"

    asyncio.run(story())


def test_a_host_that_is_down_does_not_lock_its_client_out_for_a_day() -> None:
    async def story() -> None:
        case = Case()
        assert await case.find()
        case.host.body = None
        case.now += 23 * 3600
        assert await case.find()
        case.now += 2 * 3600
        assert not await case.find(), "after a day the keys are too old"
        case.host.body = json.dumps(key_set()).encode()
        case.now += 6
        assert await case.find()

    asyncio.run(story())


def test_a_refresh_that_fails_is_not_tried_again_at_every_request() -> None:
    async def story() -> None:
        case = Case()
        assert await case.find()
        case.host.body = None
        case.now += 700
        for _ in range(20):
            assert await case.find()
        assert case.host.calls == 2

    asyncio.run(story())


def test_a_set_that_never_came_is_asked_for_every_five_seconds_at_most() -> None:
    async def story() -> None:
        case = Case()
        case.host.body = None
        for _ in range(20):
            assert not await case.find()
        assert case.host.calls == 1
        case.now += 6
        case.host.body = json.dumps(key_set()).encode()
        assert await case.find()

    asyncio.run(story())


def test_an_unknown_kid_makes_one_fetch_a_minute_at_most() -> None:
    async def story() -> None:
        case = Case()
        assert await case.find()
        for second in range(120):
            case.now = 1000.0 + second
            assert not await case.find(f"made-up-{second}")
        assert case.host.calls == 1 + 2

    asyncio.run(story())


def test_requests_that_come_together_wait_for_one_fetch() -> None:
    async def story() -> None:
        case = Case()
        case.host.hold = asyncio.Event()
        calls = [asyncio.create_task(case.find()) for _ in range(10)]
        await asyncio.sleep(0)
        calls[0].cancel()
        await asyncio.sleep(0)
        case.host.hold.set()
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert results[1:] == [True] * 9, "a request that was given up does not end the fetch of the others"
        assert case.host.calls == 1

    asyncio.run(story())


@pytest.mark.parametrize(("curve", "algorithm"), [("P-256", "ES256"), ("P-384", "ES384"), ("P-521", "ES512")])
def test_a_key_is_for_the_algorithm_of_its_curve(curve: str, algorithm: str) -> None:
    """RFC 7518 3.4: a P-256 key can make no ES384 signature, so it is as good as not there."""
    key = ECKey.generate_key(curve, parameters={"kid": KID})
    keys = read_key_set(json.dumps(key_set(key)).encode())
    found = [name for name in ("ES256", "ES384", "ES512", "RS384", "PS384") if keys.find(KID, name)]
    assert found == [algorithm]
