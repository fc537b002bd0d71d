"""Let Docker Compose itself read docker-compose.yml.

    python -m scripts.check_compose FILE

Uses `docker compose` or `docker-compose`; where neither is, and this is root on a Debian-like system, Debian's
docker-compose is installed. Otherwise the check is skipped with its reason. No engine is needed.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from scripts.tally import Tally

_SECONDS = 300.0


def compose_command() -> list[str]:
    """The command that reads compose files here; empty when there is none."""
    for command in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]) and _run([*command, "version"]).returncode == 0:
            return command
    return []


def install() -> str:
    """Install Debian's docker-compose; the reason why not, or the empty string."""
    if not shutil.which("apt-get"):
        return "neither docker compose nor apt-get is here"
    if os.geteuid() != 0:
        return "docker compose is not here, and only root may install it"
    for command in (
        ["apt-get", "update", "-q"],
        ["apt-get", "install", "-q", "-y", "--no-install-recommends", "docker-compose"],
    ):
        done = _run(command)
        if done.returncode:
            return f"{' '.join(command[:2])} failed: {done.stderr.strip()[-200:]}"
    return ""


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=_SECONDS, check=False)


def main() -> int:
    """Exit code 0 when Compose accepts the file, or could not be had."""
    file = Path(sys.argv[1])
    tally = Tally()
    why = "" if compose_command() else install()
    command = compose_command()
    if command:
        done = _run([*command, "--file", str(file), "config"])
        tally.check(done.returncode == 0, f"{' '.join(command)} config reads {file.name}", done.stderr.strip())
    else:
        tally.skip(f"{file.name} read by Compose", why or "it was installed and does not run")
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
