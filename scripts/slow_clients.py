"""Clients that send a byte now and then, and hold their connection as long as they are let."""

import asyncio
from collections import Counter

from scripts.raw_http import read_answer

_PAUSE = 0.25
_PATIENCE = 30.0
_START = b"POST /cds-services/calcinosis-patient-view HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"


async def slow_bodies(port: int, number: int) -> Counter[int]:
    """Statuses (0: none) of `number` requests whose bodies trickle in."""
    return await _all(port, number, _START + b"Content-Length: 100000\r\n\r\n{")


async def slow_heads(port: int, number: int) -> Counter[int]:
    """Statuses (0: none) of `number` requests whose heads never end."""
    return await _all(port, number, _START + b"X-Slow: ")


async def _all(port: int, number: int, start: bytes) -> Counter[int]:
    return Counter(await asyncio.gather(*(_trickle(port, start) for _ in range(number))))


async def _trickle(port: int, start: bytes) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = asyncio.create_task(read_answer(reader, "POST"))
    try:
        writer.write(start)
        async with asyncio.timeout(_PATIENCE):
            while not answer.done():
                writer.write(b"1")
                await asyncio.wait({answer}, timeout=_PAUSE)
            return (await answer).status
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return 0
    finally:
        answer.cancel()
        writer.close()
