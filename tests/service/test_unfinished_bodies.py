"""A body that comes too slowly, or not to its end (reliability.md 1.6 API4)."""

import asyncio
import json
from pathlib import Path

import pytest

from tests.service.ehr import DecideOnce, diagnostics, hook_body, json_lines
from tests.service.raw_calls import ADDRESS, Message, RawAnswer, Receive, call, running, then_gone, then_nothing

BODY = json.dumps(hook_body()).encode()
ADDRESSES = (ADDRESS, f"{ADDRESS}/feedback", "/api/evaluate")


def answer_to(folder: Path, receive: Receive, path: str, decide: DecideOnce | None = None) -> RawAnswer:
    async def answered() -> RawAnswer:
        async with running(folder, decide, body_seconds=0.01) as app:
            return await call(app, receive, path)

    return asyncio.run(answered())


@pytest.mark.parametrize("path", ADDRESSES)
@pytest.mark.parametrize("parts", [(), (BODY[:1],), (BODY[:100], BODY[100:200])])
def test_a_body_that_does_not_come_in_time_is_408_and_the_connection_ends(
    tmp_path: Path, path: str, parts: tuple[bytes, ...]
) -> None:
    answer = answer_to(tmp_path, then_nothing(*parts), path)
    assert answer.status == 408
    assert answer.headers["connection"] == "close"
    diagnostics(answer)


def test_a_byte_now_and_then_does_not_prolong_the_time(tmp_path: Path) -> None:
    async def byte_by_byte() -> Message:
        await asyncio.sleep(0)
        return {"type": "http.request", "body": b" ", "more_body": True}

    assert answer_to(tmp_path, byte_by_byte, ADDRESS).status == 408


@pytest.mark.parametrize("path", ADDRESSES)
def test_a_client_that_goes_away_is_no_failure_of_the_service(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], path: str
) -> None:
    decide = DecideOnce()
    answer_to(tmp_path, then_gone(BODY[:100]), path, decide)
    written = capsys.readouterr()
    (line,) = [line for line in json_lines(written.out) if line["event"] == "request"]
    assert (line["level"], line["error"]) == ("info", "body-cut-short")
    assert "exception" not in line
    assert written.err == ""
    assert decide.requests == []
