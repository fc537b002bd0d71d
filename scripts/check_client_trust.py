"""Client trust for real: two service processes on one data base, a key host, tokens right and wrong.

    python -m scripts.check_client_trust

Once on SQLite, once on PostgreSQL. A token is taken once by both processes together; keys are fetched over HTTP; a key
host that goes away locks nobody out.
"""

import asyncio
import json
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, KeySet

from scripts.log_secrets import check_log, demo_secrets
from scripts.postgres import NoPostgres, postgres
from scripts.serving import clean_environment, free_port, serving
from scripts.tally import Tally

CHECKLIST = ("JWT-1", "JWT-6", "JWT-11", "JWT-16", "SEC-6")
_START_SECONDS = 60.0
_PUBLIC = "http://cds.example.org"
_PATH = "/cds-services/calcinosis-patient-view"
_ISSUER = "https://ehr.example.org/cds-client"
_TOKENS = 60


class KeyHost:
    """Publishes a JWK Set on loopback and counts who asks."""

    def __init__(self, key: ECKey) -> None:
        self.calls = 0
        host = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                host.calls += 1
                body = json.dumps(KeySet([key]).as_dict(private=False)).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/jwk-set+json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Keep quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/jwks.json"

    @contextmanager
    def serving(self) -> Iterator["KeyHost"]:
        """Answer until the block ends."""
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        try:
            yield self
        finally:
            self.server.shutdown()
            self.server.server_close()


def token(key: ECKey, **claims: Any) -> str:
    """A sound token for a patient-view call, made now."""
    now = int(time.time())
    body = {"iss": _ISSUER, "aud": f"{_PUBLIC}{_PATH}", "exp": now + 300, "iat": now, "jti": str(uuid.uuid4())}
    return jws.serialize_compact({"alg": "ES384", "kid": "k", "typ": "JWT"}, json.dumps(body | claims), key, ["ES384"])


def post(base: str, body: bytes, bearer: str | None) -> tuple[int, bytes]:
    """Status and body of a hook call."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {bearer}"} if bearer else {})
    request = urllib.request.Request(f"{base}{_PATH}", data=body, headers=headers)  # noqa: S310  loopback
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  loopback
            return int(answer.status), answer.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read()


async def _both(bases: list[str], body: bytes, bearers: list[str]) -> list[list[int]]:
    """The statuses of each token, sent to every process at once."""
    calls = [asyncio.gather(*(asyncio.to_thread(post, base, body, one) for base in bases)) for one in bearers]
    return [[status for status, _ in answers] for answers in await asyncio.gather(*calls)]


def _check(kind: str, database_url: str, folder: Path, body: bytes, tally: Tally) -> None:
    key = ECKey.generate_key("P-384", parameters={"kid": "k"})
    with ExitStack() as stack:
        host = KeyHost(key)
        with host.serving():
            file = folder / "clients.yaml"
            client = {"name": "e2e", "issuer": _ISSUER, "key_set_url": host.url}
            file.write_text(json.dumps({"clients": [client]}), encoding="utf-8")
            bases, logs = [], []
            for number in range(2):
                place = folder / f"worker-{number}"
                place.mkdir()
                port = free_port()
                env = clean_environment(
                    CDS_PORT=str(port), CDS_PUBLIC_BASE_URL=_PUBLIC, CDS_CLIENT_AUTH="required",
                    CDS_TRUSTED_CLIENTS=str(file), CDS_DATABASE_URL=database_url,
                )  # fmt: skip
                bases.append(f"http://127.0.0.1:{port}")
                command = [str(Path(sys.executable).with_name("calcinosis-cds")), "serve"]
                logs.append(stack.enter_context(serving(command, place, env, f"{bases[-1]}/readyz", _START_SECONDS)))
            good = token(key)
            tally.check(post(bases[0], body, good)[0] == 200, f"{kind}: a sound token is taken")
            tally.check(post(bases[1], body, good) == (401, b""), f"{kind}: the other process refuses the same token")
            tally.check(post(bases[0], body, None) == (401, b""), f"{kind}: no token, no answer")
            foreign = ECKey.generate_key("P-384", parameters={"kid": "k"})
            tally.check(post(bases[0], body, token(foreign)) == (401, b""), f"{kind}: another's signature is refused")
            bearers = [token(key) for _ in range(_TOKENS)]
            statuses = asyncio.run(_both(bases, body, bearers))
            once = sum(sorted(pair) == [200, 401] for pair in statuses)
            tally.check(
                once == _TOKENS, f"{kind}: each of {_TOKENS} tokens sent to both processes at once is taken once",
                f"{once} were; others {[pair for pair in statuses if sorted(pair) != [200, 401]][:5]}",
            )  # fmt: skip
            tally.check(host.calls == 2, f"{kind}: each process fetched the keys once", f"{host.calls} fetches")
        tally.check(post(bases[0], body, token(key))[0] == 200, f"{kind}: the key host is gone, its keys are known")
    for log in logs:
        text = log.read_text(encoding="utf-8")
        told = [part for one in (good, *bearers) for part in one.split(".") if part in text]
        tally.check(not told and '"client": "e2e"' in text, f"{kind}: the log names the client and holds no token")
        leaks = check_log(log, demo_secrets())
        tally.check(not leaks, f"{kind}: the log holds nothing of a chart", ", ".join(leaks[:5]))


def main() -> int:
    """Exit code 0 when every check held."""
    body = Path("demo/hook-requests/patient-view.json").read_bytes()
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        sqlite = Path(folder, "sqlite")
        sqlite.mkdir()
        _check("SQLite", f"sqlite:///{sqlite / 'shared.sqlite3'}", sqlite, body, tally)
        place = Path(folder, "postgresql")
        place.mkdir()
        try:
            with postgres() as url:
                _check("PostgreSQL", url, place, body, tally)
        except NoPostgres as reason:
            tally.skip("client trust on PostgreSQL", str(reason))
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
