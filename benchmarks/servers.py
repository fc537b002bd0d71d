"""The measured servers: one uvicorn process each on loopback, pinned to core 0, with what it used of the machine."""

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, sleep

from benchmarks.closed_loop import Connection

SERVER_CORE, CLIENT_CORE = 0, 1
_REPOSITORY = Path(__file__).parents[1]
_READY = b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
_START_SECONDS = 60.0
_POLL_SECONDS = 0.005
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; `start_up` is the time in seconds until /readyz answered 200."""

    name: str
    port: int
    process_id: int
    start_up: float

    def cpu_seconds(self) -> float:
        """Processor time used so far, user and system, in steps of the kernel's clock tick (10 ms mostly)."""
        fields = Path(f"/proc/{self.process_id}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def resident_mb(self) -> float:
        """Resident memory in megabytes."""
        status = Path(f"/proc/{self.process_id}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024


@contextmanager
def floor_server() -> Iterator[Server]:
    """FastAPI with orjson and one fixed card (benchmarks/floor.py)."""
    port = _free_port()
    options = ["--no-access-log", "--log-level", "error", "--no-server-header", "--port", str(port)]
    with _serving("floor", [sys.executable, "-m", "uvicorn", "benchmarks.floor:app", *options], port, {}) as server:
        yield server


@contextmanager
def real_server() -> Iterator[Server]:
    """The service as its command starts it, with a database of its own; the log goes to a file."""
    port = _free_port()
    with tempfile.TemporaryDirectory() as folder:
        settings = {"CDS_PORT": str(port), "CDS_DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3"}
        with _serving("service", [sys.executable, "-m", "cds_service.cli", "serve"], port, settings) as server:
            yield server


def pin(core: int, process_id: int = 0) -> bool:
    """Keep a process (0: this one) on one core; False where the platform cannot or has no such core."""
    if not hasattr(os, "sched_setaffinity") or core not in os.sched_getaffinity(process_id):
        return False
    os.sched_setaffinity(process_id, {core})
    return True


@contextmanager
def _serving(name: str, command: Sequence[str], port: int, settings: dict[str, str]) -> Iterator[Server]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("CDS_")}
    with tempfile.TemporaryFile() as log:
        started = perf_counter()
        process = subprocess.Popen(command, cwd=_REPOSITORY, env=kept | settings, stdout=log, stderr=log)
        # The server's threads come later and inherit the core; what the client was pinned to does not count.
        if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
            os.sched_setaffinity(process.pid, {SERVER_CORE})
        try:
            _await_ready(process, port, name)
            yield Server(name, port, process.pid, perf_counter() - started)
        finally:
            process.terminate()
            process.wait(timeout=20)


def _await_ready(process: subprocess.Popen[bytes], port: int, name: str) -> None:
    deadline = perf_counter() + _START_SECONDS
    while process.poll() is None and perf_counter() < deadline:
        try:
            with Connection(port) as connection:
                connection.ask(_READY)
                return
        except (OSError, RuntimeError):
            sleep(_POLL_SECONDS)
    raise RuntimeError(f"the {name} server does not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
