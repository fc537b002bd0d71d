"""More requests at once than the service takes: told to come again, at once (reliability.md 1.6 API4, 1.7; G5)."""

import asyncio
import json
from pathlib import Path

import pytest

from tests.service.ehr import DecideOnce, diagnostics, hook_body, json_lines
from tests.service.raw_calls import ADDRESS, RawAnswer, call, held, never, running, then_gone, then_nothing, whole

BODY = json.dumps(hook_body()).encode()
ORIGIN = "https://sandbox.example.org"
NEVER_REFUSED = ("/livez", "/readyz", "/metrics", "/cds-services", "/about")


def while_full(folder: Path, path: str = ADDRESS, method: str = "POST") -> tuple[RawAnswer, RawAnswer]:
    """The answer to one request while the only place is taken, and the answer to the one that took it."""

    async def both() -> tuple[RawAnswer, RawAnswer]:
        async with running(folder, max_in_flight=1, cors_origins=(ORIGIN,)) as app:
            until, asked = asyncio.Event(), asyncio.Event()
            first = asyncio.create_task(call(app, held(BODY, until, asked)))
            await asked.wait()
            second = await call(app, never, path, method, origin=ORIGIN)
            until.set()
            return second, await first

    return asyncio.run(both())


@pytest.mark.parametrize("path", [ADDRESS, f"{ADDRESS}/feedback", "/api/evaluate", "/nowhere"])
def test_one_request_too_many_is_503_at_once_and_unread(tmp_path: Path, path: str) -> None:
    refused, answered = while_full(tmp_path, path)
    assert (refused.status, answered.status) == (503, 200)
    assert int(refused.headers["retry-after"]) > 0
    diagnostics(refused)


def test_a_browser_can_read_the_refusal(tmp_path: Path) -> None:
    """CORS-4."""
    refused, _ = while_full(tmp_path)
    assert refused.headers["access-control-allow-origin"] == ORIGIN


def test_the_refusal_stands_in_the_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    while_full(tmp_path)
    lines = [line for line in json_lines(capsys.readouterr().out) if line["event"] == "request"]
    assert sorted((line["status"], line.get("error")) for line in lines) == [(200, None), (503, "overloaded")]


@pytest.mark.parametrize("path", NEVER_REFUSED)
def test_health_metrics_discovery_and_pages_are_never_refused(tmp_path: Path, path: str) -> None:
    served, _ = while_full(tmp_path, path, "GET")
    assert served.status == 200


def test_a_burst_is_counted_when_it_comes_and_not_when_it_is_its_turn(tmp_path: Path) -> None:
    """G5: what cannot be answered soon is refused soon; each of these alone would be answered without a wait."""

    async def burst() -> list[RawAnswer]:
        async with running(tmp_path, max_in_flight=2) as app:
            return await asyncio.gather(*(call(app, whole(BODY)) for _ in range(5)))

    assert [answer.status for answer in asyncio.run(burst())] == [200, 200, 503, 503, 503]


def test_a_place_is_free_again_however_its_request_ended(tmp_path: Path) -> None:
    """Answered, failed, too slow, and gone."""
    decide = DecideOnce()

    async def one_after_another() -> list[int]:
        async with running(tmp_path, decide, max_in_flight=1, body_seconds=0.01) as app:
            decide.failure = RuntimeError()
            statuses = [(await call(app, whole(BODY))).status]
            decide.failure = None
            for receive in (then_nothing(BODY[:9]), then_gone(BODY[:9]), whole(b"{}"), whole(BODY), whole(BODY)):
                statuses.append((await call(app, receive)).status)
            return statuses

    assert asyncio.run(one_after_another()) == [500, 408, 400, 400, 200, 200]
