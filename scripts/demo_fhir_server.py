"""The FHIR server of demo/fhir-server for a check: installed, started, told how to behave, asked what it saw."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from scripts.http_calls import call
from scripts.serving import clean_environment, free_port, serving

_INSTALL_SECONDS = 240.0
_START_SECONDS = 90.0
# What npm calls a registry that cannot be reached; any other failure is ours.
_UNREACHABLE = (
    "ENOTFOUND",
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ECONNRESET",
    "ETIMEDOUT",
    "ENETUNREACH",
    "ERR_SOCKET_TIMEOUT",
)


class NotHere(Exception):
    """The server cannot be had on this machine, and why."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as the server saw it; `total` and `entries` are those of the Bundle it answered with."""

    method: str
    url: str
    bearer: str
    status: int
    total: int | None
    entries: int | None
    milliseconds: float

    @property
    def resource_type(self) -> str:
        """`Condition` of `Condition?patient=1` and of `Condition/1`."""
        return self.url.partition("?")[0].partition("/")[0]


@dataclass(frozen=True, slots=True)
class DemoFhirServer:
    """The running server; its base is `{origin}/fhir`."""

    origin: str

    @property
    def base(self) -> str:
        """The FHIR base URL."""
        return f"{self.origin}/fhir"

    def behave(self, **control: Any) -> None:
        """Set `token`, `pageSize`, `faults` and `absoluteReferences`; what is not named is as at the start."""
        if call("PUT", f"{self.origin}/control", control).status != 200:
            raise RuntimeError("the FHIR server does not let itself be steered")

    def asked(self) -> list[Asked]:
        """What was asked since the last call of this, in the order of the answers."""
        record = call("GET", f"{self.origin}/record").content
        call("DELETE", f"{self.origin}/record")
        return [Asked(**{**one, "url": unquote(one["url"])}) for one in record]


def install(folder: Path) -> None:
    """`npm ci` in `folder`; raises NotHere without npm or a registry, RuntimeError when the lock file is at fault."""
    if not shutil.which("npm"):
        raise NotHere("npm is not here")
    try:
        done = subprocess.run(
            ["npm", "ci"], cwd=folder, env=clean_environment(),
            capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise NotHere(f"npm did not install it within {_INSTALL_SECONDS:.0f} s") from None
    if done.returncode and any(word in done.stderr for word in _UNREACHABLE):
        raise NotHere("npm reaches no registry")
    if done.returncode:
        raise RuntimeError(f"npm ci: {done.stderr.strip()[-400:]}")


@contextmanager
def running(folder: Path) -> Iterator[DemoFhirServer]:
    """The server of an installed `folder` on a free port; raises RuntimeError when it does not start."""
    port = free_port()
    server = DemoFhirServer(f"http://127.0.0.1:{port}")
    own = folder / "node_modules" / ".bin" / "node"
    command = [str(own) if own.exists() else "node", "server.mjs"]
    with serving(command, folder, clean_environment(FHIR_PORT=str(port)), f"{server.base}/metadata", _START_SECONDS):
        yield server
