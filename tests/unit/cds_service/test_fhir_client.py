"""One request's calls to its FHIR server: what is tried again, what is waited for, and who is blamed (1.7)."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

import httpx
import pytest
import respx

from cds_service.ehr.allow_list import BaseUrl
from cds_service.ehr.breaker import FAILURES, OPEN_SECONDS
from cds_service.ehr.fhir_client import FAIR_SECONDS, FhirClient, LeftAlone
from cds_service.ehr.outbound import Outbound, OutboundError, Refused, Unreachable
from cds_service.ehr.traffic import CALLS_AT_ONCE, FhirTraffic, fhir_traffic

BASE = BaseUrl("https", "ehr.example.org", 443, "/fhir")
FOUND = httpx.Response(200, json={"resourceType": "Patient", "id": "p"})


@dataclass
class Service:
    """The process's guards with a clock that a test moves, and clients of requests."""

    now: float = 0.0
    outbound: Outbound = field(default_factory=lambda: Outbound(4.0))
    traffic: FhirTraffic = field(init=False)

    def __post_init__(self) -> None:
        self.traffic = fhir_traffic(lambda: self.now)

    def request(self) -> FhirClient:
        return FhirClient(BASE, None, self.outbound, self.traffic)

    async def ask(self, client: FhirClient, seconds: float = 4.0) -> str:
        """The name of what came of one read: `read`, or the error's class."""
        try:
            await client.get("Patient/p", asyncio.get_running_loop().time() + seconds)
        except OutboundError as error:
            return type(error).__name__
        return "read"


def running(test: Callable[[Service], Awaitable[None]]) -> None:
    async def run() -> None:
        service = Service()
        async with service.outbound:
            await test(service)

    asyncio.run(run())


@pytest.fixture
def fhir() -> Iterator[respx.MockRouter]:
    with respx.mock(base_url=str(BASE), assert_all_called=False) as router:
        yield router


async def silent(request: httpx.Request) -> httpx.Response:
    """The server says nothing; the loop's clock runs ahead, so that the deadline is now."""
    loop = asyncio.get_running_loop()
    real = loop.time
    loop.time = lambda: real() + 3600  # type: ignore[method-assign]
    await asyncio.Event().wait()
    return httpx.Response(500)


@pytest.mark.parametrize(
    "first",
    [
        httpx.ConnectError("refused"),
        httpx.Response(502),
        httpx.Response(503),
        httpx.Response(503, headers={"Retry-After": "0"}),
        httpx.Response(429, headers={"Retry-After": "0"}),
        httpx.Response(429, headers={"Retry-After": " 0.05 "}),
    ],
    ids=["no connection", "502", "503", "503 in 0 s", "429 in 0 s", "429 in 0.05 s"],
)
def test_a_failure_that_may_pass_is_tried_once_more(fhir: respx.MockRouter, first: httpx.Response) -> None:
    route = fhir.get("/Patient/p").mock(side_effect=[first, FOUND])

    async def test(service: Service) -> None:
        client = service.request()
        assert await service.ask(client) == "read"
        assert route.call_count == 2
        assert client.answered

    running(test)


@pytest.mark.parametrize(
    "first",
    [
        httpx.Response(429),
        httpx.Response(429, headers={"Retry-After": "1"}),
        httpx.Response(429, headers={"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}),
        httpx.Response(429, headers={"Retry-After": "-1"}),
        httpx.Response(503, headers={"Retry-After": "120"}),
        httpx.Response(500),
        httpx.Response(504),
        httpx.Response(404),
        httpx.Response(401),
        httpx.Response(302, headers={"Location": str(BASE)}),
        httpx.Response(200, html="<html>"),
        httpx.ReadTimeout("slow"),
        httpx.ConnectTimeout("slow"),
        httpx.ReadError("cut"),
        httpx.RemoteProtocolError("cut"),
    ],
    ids=str,
)
def test_any_other_failure_is_not(fhir: respx.MockRouter, first: httpx.Response) -> None:
    route = fhir.get("/Patient/p").mock(side_effect=[first, FOUND])

    async def test(service: Service) -> None:
        assert await service.ask(service.request()) != "read"
        assert route.call_count == 1

    running(test)


def test_it_is_never_tried_a_third_time(fhir: respx.MockRouter) -> None:
    route = fhir.get("/Patient/p").mock(side_effect=[httpx.Response(503), httpx.Response(503), FOUND])

    async def test(service: Service) -> None:
        assert await service.ask(service.request()) == Refused.__name__
        assert route.call_count == 2

    running(test)


def test_the_retries_of_all_requests_share_one_budget(fhir: respx.MockRouter) -> None:
    route = fhir.get("/Patient/p").mock(return_value=httpx.Response(503))

    async def test(service: Service) -> None:
        for _ in range(4):
            await asyncio.gather(*(service.ask(service.request()) for _ in range(5)))
        assert route.call_count == 20 + 3

    running(test)


def test_a_request_counts_once_for_the_breaker_however_often_it_called(fhir: respx.MockRouter) -> None:
    fhir.get("/Patient/p").mock(return_value=httpx.Response(503))

    async def test(service: Service) -> None:
        for number in range(FAILURES):
            assert service.traffic.breaker.admits(BASE), number
            client = service.request()
            await asyncio.gather(*(service.ask(client) for _ in range(8)))
            client.report()
        assert not service.traffic.breaker.admits(BASE)

    running(test)


def test_a_retry_that_brings_an_answer_is_no_failure(fhir: respx.MockRouter) -> None:
    fhir.get("/Patient/p").mock(side_effect=[httpx.Response(503), FOUND] * FAILURES)

    async def test(service: Service) -> None:
        for _ in range(FAILURES):
            service.now += 30
            client = service.request()
            assert await service.ask(client) == "read"
            client.report()
        assert service.traffic.breaker.admits(BASE)

    running(test)


@pytest.mark.parametrize("status", [401, 403, 404, 429, 302])
def test_a_refusal_never_opens_the_breaker(fhir: respx.MockRouter, status: int) -> None:
    fhir.get("/Patient/p").mock(return_value=httpx.Response(status))

    async def test(service: Service) -> None:
        for _ in range(2 * FAILURES):
            client = service.request()
            await service.ask(client)
            client.report()
        assert service.traffic.breaker.admits(BASE)

    running(test)


def test_the_open_breaker_ends_a_call_at_once_and_is_not_fed_by_it(fhir: respx.MockRouter) -> None:
    async def test(service: Service) -> None:
        for _ in range(FAILURES):
            service.traffic.breaker.report(BASE, failed=True)
        client = service.request()
        assert await service.ask(client) == LeftAlone.__name__
        client.report()
        assert fhir.calls.call_count == 0
        service.now = OPEN_SECONDS
        assert service.traffic.breaker.admits(BASE)

    running(test)


def test_a_request_that_calls_nobody_does_not_use_up_the_one_trial(fhir: respx.MockRouter) -> None:
    """A complete prefetch with a fhirServer beside it must not keep a base closed that is well again."""
    fhir.get("/Patient/p").mock(return_value=FOUND)

    async def test(service: Service) -> None:
        for _ in range(FAILURES):
            service.traffic.breaker.report(BASE, failed=True)
        service.now = OPEN_SECONDS
        service.request().report()
        tries, waits = service.request(), service.request()
        assert [await service.ask(tries), await service.ask(waits), await service.ask(tries)] == [
            "read",
            LeftAlone.__name__,
            "read",
        ]
        tries.report()
        assert await service.ask(service.request()) == "read"

    running(test)


def test_out_of_time_nothing_is_asked_and_nobody_blamed(fhir: respx.MockRouter) -> None:
    async def test(service: Service) -> None:
        client = service.request()
        assert await service.ask(client, seconds=0.0) == Unreachable.__name__
        assert fhir.calls.call_count == 0
        assert not client.failed

    running(test)


@pytest.mark.parametrize(("seconds", "blamed"), [(FAIR_SECONDS / 2, False), (FAIR_SECONDS + 1, True)])
def test_a_server_that_says_nothing_is_blamed_when_it_had_a_fair_time(
    fhir: respx.MockRouter, seconds: float, blamed: bool
) -> None:
    """A token about to expire, or a body that came slowly, must not close the way for everyone."""
    fhir.get("/Patient/p").mock(side_effect=silent)

    async def test(service: Service) -> None:
        client = service.request()
        assert await service.ask(client, seconds) == Unreachable.__name__
        assert client.failed is blamed

    running(test)


def test_a_call_that_finds_no_place_in_time_makes_no_call(fhir: respx.MockRouter) -> None:
    async def test(service: Service) -> None:
        place = service.traffic.bulkhead.place(BASE)
        for _ in range(CALLS_AT_ONCE):
            await place.acquire()
        client = service.request()
        assert await service.ask(client, seconds=0.05) == Unreachable.__name__
        assert fhir.calls.call_count == 0
        place.release()
        fhir.get("/Patient/p").mock(return_value=FOUND)
        assert await service.ask(client) == "read"

    running(test)


def test_no_cookie_of_one_request_goes_out_with_the_next(fhir: respx.MockRouter) -> None:
    """A session of another patient's token would answer for this one's."""
    route = fhir.get("/Patient/p").mock(
        return_value=httpx.Response(200, json={}, headers={"Set-Cookie": "session=of-another-patient; Path=/"})
    )

    async def test(service: Service) -> None:
        assert [await service.ask(service.request()) for _ in range(2)] == ["read", "read"]
        assert [made.request.headers.get("cookie") for made in route.calls] == [None, None]

    running(test)
