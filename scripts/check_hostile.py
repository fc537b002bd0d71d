"""Hostile input and load against the real service (goals G4 and G5 of reliability).

    python -m scripts.check_hostile [--documents N] [--seed SEED]

Ten thousand hostile requests, a thousand requests at once, fifty slow ones beside clean ones. Afterwards the service
lives, gives a clean request the same bytes as before, and its log holds nothing of what was sent.
"""

import argparse
import asyncio
import json
import resource
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

from scripts.hostile_documents import MARK, clean_request, hostile_requests
from scripts.log_secrets import check_log, demo_secrets
from scripts.raw_http import Connection, RawAnswer, RawRequest
from scripts.serving import local_service
from scripts.slow_clients import slow_bodies, slow_heads
from scripts.tally import Tally

_AT_ONCE = 16
_BURST = 1_000
_BURST_SECONDS = 10.0
_SLOW = 50
_CLEAN_SECONDS = 2.0
_BODY_SECONDS = 5.0
_FILES = 4_096


def fault_of(request: RawRequest, answer: RawAnswer | None) -> str:
    """What is wrong with an answer to a hostile request; empty when nothing is."""
    if answer is None:
        return "no answer"
    if answer.status >= 500 and not (answer.status == 503 and "retry-after" in answer.headers):
        return f"status {answer.status}"
    if b"Traceback" in answer.body:
        return "a traceback in the answer"
    if 200 <= answer.status < 300 or answer.status == 401 or request.method == "HEAD":
        return ""
    if MARK.encode() in answer.body:
        return f"status {answer.status} repeats what was sent"
    return "" if _is_outcome(answer.body) else f"status {answer.status} without an OperationOutcome"


def _is_outcome(body: bytes) -> bool:
    try:
        return json.loads(body)["resourceType"] == "OperationOutcome"
    except (ValueError, KeyError, TypeError):
        return False


async def _send_documents(port: int, documents: int, seed: int, tally: Tally) -> None:
    requests, faults = hostile_requests(seed), Counter[str]()
    statuses, left = Counter[int](), iter(range(documents))

    async def one_client() -> None:
        connection = Connection(port)
        for _ in left:
            request = next(requests)
            try:
                answer = await connection.send(request)
            except TimeoutError:
                answer = None
                await connection.close()
            statuses[answer.status if answer else 0] += 1
            if fault := fault_of(request, answer):
                faults[f"{request.name} ({request.method} {request.target[:60]}): {fault}"] += 1
        await connection.close()

    started = time.monotonic()
    await asyncio.gather(*(one_client() for _ in range(_AT_ONCE)))
    seconds = time.monotonic() - started
    print(f"        {documents} documents in {seconds:.0f} s, seed {seed}: {_listed(statuses)}")
    tally.check(statuses.total() == documents, f"{documents} hostile documents were sent")
    tally.check(
        not faults, "every answer is as it should be", "; ".join(f"{n} x {f}" for f, n in faults.most_common(8))
    )
    tally.check(statuses[200] > documents // 20 and statuses[400] > documents // 20, "some were taken, some refused")


async def _burst(port: int, tally: Tally) -> None:
    requests = [clean_request(number) for number in range(20)]
    connections = [Connection(port) for _ in range(_BURST)]
    started = time.monotonic()
    seconds: list[float] = []

    async def one(number: int) -> RawAnswer | None:
        try:
            return await connections[number].send(requests[number % len(requests)], 3 * _BURST_SECONDS)
        except (TimeoutError, OSError):
            return None
        finally:
            seconds.append(time.monotonic() - started)

    await asyncio.gather(*(connection.open() for connection in connections))
    answers = await asyncio.gather(*(one(number) for number in range(_BURST)))
    for connection in connections:
        await connection.close()
    statuses = Counter(answer.status if answer else 0 for answer in answers)
    refused = [answer for answer in answers if answer and answer.status == 503]
    print(f"        {_BURST} at once: {_listed(statuses)}, the last after {max(seconds):.1f} s")
    tally.check(set(statuses) <= {200, 503}, f"{_BURST} requests opened at once are answered 200 or 503")
    tally.check(max(seconds) <= _BURST_SECONDS, f"within {_BURST_SECONDS:.0f} s", f"{max(seconds):.1f} s")
    tally.check(all("retry-after" in answer.headers for answer in refused), "each refusal says when to come again")
    tally.check(statuses[200] > 0, "some are taken")


async def _slow(port: int, tally: Tally) -> None:
    slow = asyncio.gather(slow_bodies(port, _SLOW), slow_heads(port, _SLOW))
    longest, statuses = 0.0, Counter[int]()
    connection = Connection(port)
    for number in range(20):
        started = time.monotonic()
        answer = await connection.send(clean_request(number))
        longest = max(longest, time.monotonic() - started)
        statuses[answer.status if answer else 0] += 1
        await asyncio.sleep(0.2)
    bodies, heads = await slow
    print(f"        {_SLOW} slow bodies: {_listed(bodies)}; {_SLOW} slow heads: {_listed(heads)}")
    tally.check(
        longest < _CLEAN_SECONDS, f"beside {2 * _SLOW} slow clients a clean request takes {longest:.2f} s at most"
    )
    tally.check(set(statuses) == {200}, "and every clean one is answered", _listed(statuses))
    tally.check(set(bodies) == {408}, "every slow body is told 408", _listed(bodies))
    tally.check(set(heads) == {408}, "every slow head is told 408", _listed(heads))


def _listed(counts: Counter[int]) -> str:
    return ", ".join(f"{number} x {status or 'none'}" for status, number in sorted(counts.items()))


async def _all(port: int, documents: int, seed: int, tally: Tally) -> None:
    first = await Connection(port).send(clean_request())
    if not tally.check(first is not None and first.status == 200, "a clean request is answered"):
        return
    await _send_documents(port, documents, seed, tally)
    await _burst(port, tally)
    await _slow(port, tally)
    last = await Connection(port).send(clean_request())
    tally.check(last is not None and first is not None and last.body == first.body, "afterwards it gets the same bytes")


def _allow_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < _FILES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(_FILES, hard), hard))


def main() -> int:
    """Exit code 0 when nothing was wrong."""
    parser = argparse.ArgumentParser(description="Hostile input and load against the real service.")
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    options = parser.parse_args()
    _allow_files()
    tally = Tally()
    with (
        tempfile.TemporaryDirectory() as folder,
        local_service(Path(folder), body_seconds=str(_BODY_SECONDS)) as (base, log),
    ):
        asyncio.run(_all(urlsplit(base).port or 0, options.documents, options.seed, tally))
        leaks = check_log(log, {*demo_secrets(), MARK})
        tally.check(not leaks, "the log holds nothing of what was sent, and no traceback", ", ".join(leaks[:5]))
        tally.check("\n" in log.read_text(encoding="utf-8"), "the log was written")
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
