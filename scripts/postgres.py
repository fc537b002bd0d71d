"""A PostgreSQL cluster of its own on loopback, for as long as a check needs it.

The server's programs are looked for where Debian puts them, and installed from its packages when that is possible.
PostgreSQL refuses to run as root: there it runs as the user `postgres` or `nobody`.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.serving import free_port

_INSTALL_SECONDS = 300.0
_START_SECONDS = 60.0


class NoPostgres(Exception):
    """PostgreSQL cannot be had here; the message says why."""


@contextmanager
def postgres() -> Iterator[str]:
    """Run a fresh cluster until the block ends; yields the URL of an empty database. Raises NoPostgres."""
    programs = _programs()
    account = _account()
    folder = Path(tempfile.mkdtemp(prefix="calcinosis-cds-postgres-"))
    data, port = folder / "data", free_port()
    try:
        if account is not None:
            shutil.chown(folder, account)
        _run(account, programs / "initdb", "-D", data, "-U", "cds", "-A", "trust", "-E", "UTF8", "--no-instructions")
        options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder}"
        start = ("-l", folder / "log", "-o", options, "-w", "-t", int(_START_SECONDS), "start")
        _run(account, programs / "pg_ctl", "-D", data, *start)
        try:
            yield f"postgresql://cds@127.0.0.1:{port}/postgres"
        finally:
            _run(account, programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    found = _find()
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "timeout": _INSTALL_SECONDS}
        subprocess.run(["apt-get", "update"], check=False, **quiet)  # type: ignore[call-overload]  # one set for both
        install = ["apt-get", "install", "-y", "--no-install-recommends", "postgresql"]
        subprocess.run(install, check=False, **quiet)  # type: ignore[call-overload]  # as above
        found = _find()
    if found is None:
        raise NoPostgres("PostgreSQL's initdb and pg_ctl are not installed (Debian: apt-get install postgresql)")
    return found


def _find() -> Path | None:
    places = [Path(found).parent for name in ("initdb",) if (found := shutil.which(name))]
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "initdb").exists() and (place / "pg_ctl").exists()), None)


def _account() -> str | None:
    """The user to run as, None for the present one."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise NoPostgres("PostgreSQL does not run as root, and there is no other user to run it as")


def _run(account: str | None, *command: object) -> None:
    words = [str(word) for word in command]
    if account is not None:
        words = ["runuser", "-u", account, "--", *words]
    done = subprocess.run(
        words, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=_START_SECONDS + 30, check=False
    )
    if done.returncode:
        raise NoPostgres(f"{Path(str(command[0])).name} failed: {done.stderr.decode(errors='replace').strip()[-300:]}")
