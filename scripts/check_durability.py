"""Nothing acknowledged is lost: the service killed, stopped and cut off from its store while feedback pours in.

    python -m scripts.check_durability

On SQLite and on a PostgreSQL cluster of its own.
"""

import json
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from scripts.feedback_burst import Burst, faults, post, post_json, rows
from scripts.postgres import NoPostgres, postgres
from scripts.serving import answers, service_process
from scripts.tally import Tally

_STOP_SECONDS = 30.0
_FIRST_SECONDS = 10.0
_ROUNDS = 3
_CLIENTS = 16
_POSTS = 4_000
_HOOK = "/cds-services/calcinosis-patient-view"
_UNAVAILABLE = 503


@contextmanager
def worker(folder: Path, database_url: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """One process of the service on `database_url`: its URL and the process; killed at the end if it still runs."""
    with service_process(folder, database_url=database_url, log_level="error") as (base, process, _log):
        yield base, process


def _after(seconds: float, burst: Burst, process: subprocess.Popen[bytes], sign: signal.Signals) -> threading.Thread:
    """Send `sign` a moment after the first acknowledgements, in a thread."""

    def wait_and_send() -> None:
        deadline = time.monotonic() + _FIRST_SECONDS
        while len(burst.acknowledged) < _CLIENTS and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(seconds)
        process.send_signal(sign)
        process.wait()
        burst.stop.set()

    thread = threading.Thread(target=wait_and_send, daemon=True)
    thread.start()
    return thread


def _killed(kind: str, folder: Path, database_url: str, tally: Tally) -> None:
    """kill -9 in the burst, three rounds; then everything is sent again."""
    for number in range(1, _ROUNDS + 1):
        burst = Burst()
        with worker(folder, database_url) as (base, process):
            killer = _after(0.2 * number, burst, process, signal.SIGKILL)
            burst.run([base], _CLIENTS, _POSTS)
            killer.join()
        wrong = faults(burst, database_url)
        counts = f"{len(burst.acknowledged)} of {len(burst.posts)} POSTs acknowledged, {dict(burst.others)}"
        tally.check(
            not wrong and len(burst.posts) > len(burst.acknowledged),
            f"{kind}: killed in a burst ({number}): acknowledged is stored once, POSTs whole or not at all; {counts}",
            "; ".join(wrong[:3]) or "nothing was under way",
        )
    with worker(folder, database_url) as (base, _):
        again = burst.send_again(base)
    stored = rows(database_url, "SELECT card FROM feedback")
    complete = {card for cards in burst.posts.values() for card in cards} <= set(stored)
    tally.check(
        again == {200} and complete and not faults(burst, database_url) and len(stored) == len(set(stored)),
        f"{kind}: what is sent again is stored once; {len(stored)} entries", f"statuses {again}",
    )  # fmt: skip


def _stopped(kind: str, folder: Path, database_url: str, body: object, tally: Tally) -> None:
    """SIGTERM under load of feedback and hook calls."""
    burst, answered = Burst(), []
    before = len(rows(database_url, "SELECT id FROM decision"))
    with worker(folder, database_url) as (base, process):
        stopper = _after(0.5, burst, process, signal.SIGTERM)

        def call() -> None:
            while not burst.stop.is_set():
                answered.append(post_json(f"{base}{_HOOK}", body))

        callers = [threading.Thread(target=call, daemon=True) for _ in range(4)]
        for caller in callers:
            caller.start()
        began = time.monotonic()
        burst.run([base], _CLIENTS, _POSTS)
        stopper.join(_STOP_SECONDS + 10)
        for caller in callers:
            caller.join()
        code, took = process.poll(), time.monotonic() - began
    tally.check(code == 0 and took < _STOP_SECONDS, f"{kind}: SIGTERM under load: exit 0, {took:.1f} s", f"code {code}")
    wrong = faults(burst, database_url)
    tally.check(
        not wrong and set(burst.others) <= {0, _UNAVAILABLE},
        f"{kind}: SIGTERM under load: {len(burst.acknowledged)} acknowledged, none lost, {dict(burst.others)}",
        "; ".join(wrong[:3]),
    )
    logged, calls = len(rows(database_url, "SELECT id FROM decision")) - before, answered.count(200)
    tally.check(
        calls > 0 and logged >= calls,
        f"{kind}: the decision log holds every answered call: {logged} for {calls}",
    )


def _two_workers(kind: str, folder: Path, database_url: str, tally: Tally) -> None:
    """Two processes on one data base, 32 clients; then each process is sent what the other has acknowledged."""
    with ExitStack() as stack:
        bases = [stack.enter_context(worker(folder, database_url))[0] for _ in range(2)]
        began = time.monotonic()
        burst = Burst().run(bases, 32, 600)
        rate = len(burst.acknowledged) / (time.monotonic() - began)
        tally.check(
            len(burst.acknowledged) == 600 and not faults(burst, database_url),
            f"{kind}: two workers, 32 clients: all 600 POSTs acknowledged and stored once, {rate:.0f}/s",
            f"others {dict(burst.others)}",
        )
        again = [burst.send_again(base) for base in bases]
    tally.check(
        again == [{200}, {200}] and not faults(burst, database_url),
        f"{kind}: two workers: what either has stored is known to the other; sent to both again, it is stored once",
        f"statuses {again}",
    )


def _store_locked(folder: Path, body: object, tally: Tally) -> None:
    """Another process holds the SQLite file for itself."""
    file = folder / "locked.sqlite3"
    with (
        worker(folder, f"sqlite:///{file}") as (base, _),
        closing(sqlite3.connect(file, isolation_level=None)) as other,
    ):
        other.execute("BEGIN EXCLUSIVE")
        _away("SQLite locked", base, body, tally)


def _store_stopped(folder: Path, body: object, tally: Tally) -> None:
    """The PostgreSQL server is stopped under a running service."""
    with ExitStack() as cluster:
        url = cluster.enter_context(postgres())
        with worker(folder, url) as (base, _):
            cluster.close()
            _away("PostgreSQL stopped", base, body, tally)


def _away(kind: str, base: str, body: object, tally: Tally) -> None:
    """Hook calls are answered, feedback is not acknowledged, readiness tells."""
    hook, feedback = post_json(f"{base}{_HOOK}", body), post(base, ["a-card"])
    ready, alive = answers(f"{base}/readyz"), answers(f"{base}/livez")
    tally.check(hook == 200, f"{kind}: a hook call is answered", f"status {hook}")
    tally.check(feedback == _UNAVAILABLE, f"{kind}: feedback is not acknowledged", f"status {feedback}")
    tally.check(alive and not ready, f"{kind}: alive, not ready", f"alive {alive}, ready {ready}")


def main() -> int:
    """Exit code 0 when every check held."""
    body = json.loads(Path("demo/hook-requests/patient-view.json").read_bytes())
    tally = Tally()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        database_url = f"sqlite:///{folder / 'shared.sqlite3'}"
        _killed("SQLite", folder, database_url, tally)
        _stopped("SQLite", folder, database_url, body, tally)
        _two_workers("SQLite", folder, database_url, tally)
        _store_locked(folder, body, tally)
        try:
            with postgres() as url:
                _killed("PostgreSQL", folder, url, tally)
                _stopped("PostgreSQL", folder, url, body, tally)
                _two_workers("PostgreSQL", folder, url, tally)
            _store_stopped(folder, body, tally)
        except NoPostgres as reason:
            tally.skip("durability on PostgreSQL", str(reason))
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
