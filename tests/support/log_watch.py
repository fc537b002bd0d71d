"""LogWatch: everything the service under test writes to its log, and what of it must not stand there (G9)."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cds_service import observability
from scripts.log_secrets import found_in, secrets_of

# What the tests of the service send as token, patient, comment, and mark; a token is looked for in every test.
ALWAYS = frozenset({"opaque-token-4711", "zebra-7741", "Jane Roe", "jane-roe", "Seen in the clinic last week"})
_LARGEST = 200_000
_METHODS = ("msg", "debug", "info", "warning", "error")


class LogWatch(logging.Handler):
    """Keeps what was logged, by the service's own logger or by a library, and the secrets of what was sent."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.setFormatter(observability._JsonLine())
        self._written: list[str] = []
        self._secrets: set[str] = set(ALWAYS)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a library's record as the service would write it."""
        self.keep(self.format(record))

    def keep(self, line: str) -> None:
        """Keep a line of the service's own."""
        self._written.append(line)

    def learn(self, body: Any) -> None:
        """Take the secrets of a request body: a JSON value, or its text or bytes."""
        if isinstance(body, str | bytes):
            try:
                body = json.loads(body) if len(body) <= _LARGEST else None
            except (ValueError, RecursionError):
                return
        self._secrets.update(secrets_of(body))

    def leaks(self, more: str = "") -> list[str]:
        """The secrets, and tracebacks, in what was kept, or in `more`."""
        return found_in("\n".join([*self._written, more]), self._secrets)

    def forget(self) -> None:
        """Begin anew."""
        self._written.clear()
        self._secrets = set(ALWAYS)


@contextmanager
def watching() -> Iterator[LogWatch]:
    """A watch on every logger of the service, and on every body that a test client sends, until the block ends."""
    from starlette.testclient import TestClient

    watch = LogWatch()
    writer, request = observability._Stdout.msg, TestClient.request

    def kept(self: Any, line: str) -> None:
        watch.keep(line)
        writer(self, line)

    def learnt(self: TestClient, *args: Any, **values: Any) -> Any:
        watch.learn(values.get("json") or values.get("content"))
        watch.learn({"access_token": dict(values.get("headers") or {}).get("Authorization", "").partition(" ")[2]})
        return request(self, *args, **values)

    _write_by(kept)
    TestClient.request = learnt  # type: ignore[method-assign]
    logging.getLogger().addHandler(watch)
    try:
        yield watch
    finally:
        logging.getLogger().removeHandler(watch)
        TestClient.request = request  # type: ignore[method-assign]
        _write_by(writer)


def _write_by(function: Any) -> None:
    for method in _METHODS:
        setattr(observability._Stdout, method, function)
