"""At most twenty calls at once to one base; a base that hangs holds its own places only (reliability.md 1.7)."""

import asyncio

from cds_service.ehr.allow_list import BaseUrl
from cds_service.ehr.traffic import CALLS_AT_ONCE, Bulkhead

BASE = BaseUrl("https", "ehr.example.org", 443, "/fhir")
OTHER = BaseUrl("https", "other.example.org", 443, "/fhir")


class Calls:
    """Calls that hold their place until they are let go."""

    def __init__(self, bulkhead: Bulkhead) -> None:
        self.bulkhead = bulkhead
        self.inside: list[int] = []
        self.end = asyncio.Event()

    async def call(self, base: BaseUrl, number: int) -> None:
        async with self.bulkhead.place(base):
            self.inside.append(number)
            await self.end.wait()


async def settled() -> None:
    for _ in range(200):
        await asyncio.sleep(0)


def test_the_twenty_first_call_waits_and_another_base_does_not() -> None:
    async def run() -> None:
        calls = Calls(Bulkhead())
        tasks = [asyncio.create_task(calls.call(BASE, number)) for number in range(25)]
        await settled()
        assert calls.inside == list(range(20))
        assert CALLS_AT_ONCE == 20
        tasks.append(asyncio.create_task(calls.call(OTHER, 99)))
        await settled()
        assert calls.inside[-1] == 99
        calls.end.set()
        await asyncio.gather(*tasks)
        assert calls.inside[21:] == list(range(20, 25))

    asyncio.run(run())


def test_a_call_that_is_given_up_leaves_its_place_to_the_next() -> None:
    async def run() -> None:
        calls = Calls(Bulkhead(calls_at_once=1))
        first, second, third = (asyncio.create_task(calls.call(BASE, number)) for number in range(3))
        await settled()
        second.cancel()
        first.cancel()
        await settled()
        assert calls.inside == [0, 2]
        calls.end.set()
        await third

    asyncio.run(run())
