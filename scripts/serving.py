"""A service started by a shell command, for as long as a check needs it."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from scripts.log_secrets import check_log, demo_secrets

START_SECONDS = 60.0
_OURS = '"event": "'


def free_port() -> int:
    """A loopback port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def clean_environment(**extra: str) -> dict[str, str]:
    """The caller's environment without what would leak into a fresh start (CDS_*, make's and venv's variables)."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CDS_", "MAKE", "MFLAGS", "VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT"))
    }
    return kept | extra


@contextmanager
def serving(command: Sequence[str], folder: Path, env: Mapping[str, str], url: str, seconds: float) -> Iterator[Path]:
    """Run `command` in `folder` until the block ends; enters when `url` answers 200, and yields the log's path.

    Raises RuntimeError with the end of the log when the command ends early or `seconds` pass, and when this project's
    service wrote anything of the demo charts into its log. What was started, and all that it started, gets SIGTERM,
    after 15 s SIGKILL.
    """
    log = folder / "serving.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=dict(env), stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        _wait(process, url, seconds, log)
        yield log
    finally:
        _end(process)
    refuse_leaks(log)


def refuse_leaks(log: Path) -> None:
    """Return if the log of a service holds no text, name, id or token of the demo requests; else raise RuntimeError."""
    leaks = check_log(log, demo_secrets()) if _OURS in log.read_text(encoding="utf-8", errors="replace") else []
    if leaks:
        raise RuntimeError(f"the service's log holds what it must never hold: {', '.join(leaks[:5])}")


@contextmanager
def local_service(folder: Path, **values: str) -> Iterator[tuple[str, Path]]:
    """This project's service on a free port, its data in `folder`, `values` as CDS_ settings: its URL and its log."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    env = clean_environment(
        CDS_PORT=str(port),
        CDS_PUBLIC_BASE_URL=base,
        CDS_DATABASE_URL=f"sqlite:///{folder / 'service.sqlite3'}",
        **{f"CDS_{name.upper()}": value for name, value in values.items()},
    )
    command = [str(Path(sys.executable).with_name("calcinosis-cds")), "serve"]
    with serving(command, folder, env, f"{base}/readyz", START_SECONDS) as log:
        yield base, log


@contextmanager
def service_process(folder: Path, **values: str) -> Iterator[tuple[str, subprocess.Popen[bytes], Path]]:
    """This project's service as one process to send signals to: its URL, the process, its log; killed at the end.

    `values` are CDS_ settings. Raises RuntimeError as `serving`.
    """
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    env = clean_environment(CDS_PORT=str(port), **{f"CDS_{name.upper()}": value for name, value in values.items()})
    command = [str(Path(sys.executable).with_name("calcinosis-cds")), "serve"]
    log = folder / f"service-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=output, stderr=subprocess.STDOUT)
    try:
        _wait(process, f"{base}/readyz", START_SECONDS, log)
        yield base, process, log
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
    refuse_leaks(log)


def _wait(process: subprocess.Popen[bytes], url: str, seconds: float, log: Path) -> None:
    deadline = time.monotonic() + seconds
    while not answers(url):
        code = process.poll()
        if code is not None or time.monotonic() > deadline:
            end = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
            raise RuntimeError(f"{'it ended with code ' + str(code) if code is not None else 'no answer'}\n{end}")
        time.sleep(0.2)


def answers(url: str) -> bool:
    """Whether a GET of `url` gives 200 within 2 seconds."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - the callers pass http://127.0.0.1
            return int(answer.status) == 200
    except OSError:
        return False


def _end(process: subprocess.Popen[bytes]) -> None:
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, sign)
            process.wait(timeout=15)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue
        else:
            return
