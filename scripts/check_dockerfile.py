"""Replay the Dockerfile's steps one by one without a container engine, then start what it would start.

    python -m scripts.check_dockerfile REPOSITORY PYTHON

Each stage gets an empty folder in the place of `/`; `/app` and the PATH of the steps are mapped into it, PYTHON stands
for the base image's interpreter. What needs the engine or root in an image (base images, USER, useradd, VOLUME) is
skipped and said. At the end the image's CMD runs in development mode, its HEALTHCHECK command has to succeed, and
nothing may have been written beside var/ (the container runs on a read-only file system).
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from scripts.dockerfile_steps import Step, read_steps
from scripts.serving import clean_environment, free_port, serving
from scripts.tally import Tally

_STEP_SECONDS = 300.0
_START_SECONDS = 60.0
_PORT = "8000"
_ONLY_IN_AN_IMAGE = ("useradd ", "install -d -o ")


class Replay:
    """The stages as folders: one is being built at `root`, the finished ones lie beside it under their names."""

    def __init__(self, context: Path, python: Path, place: Path, tally: Tally) -> None:
        """`context` is the build context, `place` an empty folder that the replay may fill."""
        self.context, self.place, self.tally = context, place, tally
        self.root = place / "root"
        self.tools = place / "tools"
        self.tools.mkdir()
        (self.tools / "python").symlink_to(python)
        self.stage = ""
        self.workdir = "/"
        self.env: dict[str, str] = {}

    def run(self, steps: tuple[Step, ...]) -> None:
        """Replay until the end or the first step that fails."""
        for step in steps:
            name = f"{step.word} {step.text}"
            try:
                getattr(self, f"_{step.word.lower()}", self._skip)(step)
            except (OSError, ValueError, subprocess.SubprocessError) as error:
                self.tally.check(False, name, _end_of(error))
                return

    def environment(self, **extra: str) -> dict[str, str]:
        """What a command of the current stage sees; the base image's PATH is the caller's, its python is PYTHON."""
        outer = clean_environment()
        outer["PATH"] = f"{self.tools}:{outer['PATH']}"
        mapped = {key: self._mapped(value).replace("$PATH", outer["PATH"]) for key, value in self.env.items()}
        return outer | mapped | extra

    @property
    def folder(self) -> Path:
        """The working directory of the current stage."""
        return self.root / self.workdir.lstrip("/")

    def _mapped(self, text: str) -> str:
        return text.replace("/app", f"{self.root}/app")

    def _from(self, step: Step) -> None:
        if self.root.exists():
            self.root.rename(self.place / f"stage-{self.stage}")
        image, *name = step.words
        self.stage, self.workdir, self.env = (name[1] if name else "final"), "/", {}
        self.root.mkdir()
        self.tally.skip(f"FROM {step.text}", f"no engine: {image} is played by this machine's Python")

    def _workdir(self, step: Step) -> None:
        self.workdir = step.text
        self.folder.mkdir(parents=True, exist_ok=True)
        self.tally.check(True, f"WORKDIR {step.text}")

    def _env(self, step: Step) -> None:
        for word in step.words:
            key, _, self.env[key] = word.partition("=")
        self.tally.check(True, f"ENV {step.text}")

    def _run(self, step: Step) -> None:
        if step.text.startswith(_ONLY_IN_AN_IMAGE):
            (self.folder / "var").mkdir(exist_ok=True)
            self.tally.skip(f"RUN {step.text}", "users exist only in the image")
            return
        subprocess.run(
            ["sh", "-euc", self._mapped(step.text)],
            cwd=self.folder, env=self.environment(), timeout=_STEP_SECONDS, check=True, capture_output=True, text=True,
        )  # fmt: skip
        self.tally.check(True, f"RUN {step.text}")

    def _copy(self, step: Step) -> None:
        words = step.words
        source_root = self.context
        if words[0].startswith("--from="):
            source_root = self.place / f"stage-{words.pop(0).removeprefix('--from=')}"
        *sources, target = words
        into = self.folder / target
        for source in sources:
            path = source_root / source.lstrip("/")
            if path.is_dir():
                shutil.copytree(path, into, symlinks=True, dirs_exist_ok=True, ignore=_ignored)
            else:
                shutil.copy2(path, into / path.name)
        self.tally.check(True, f"COPY {step.text}")

    def _skip(self, step: Step) -> None:
        if step.word not in ("CMD", "HEALTHCHECK"):  # these two are run at the end
            self.tally.skip(f"{step.word} {step.text}", "means something to an engine only")


def _ignored(_folder: str, names: list[str]) -> set[str]:
    return {name for name in names if name == "__pycache__"}


def _end_of(error: Exception) -> str:
    output = getattr(error, "stderr", None) or str(error)
    return " | ".join(str(output).strip().splitlines()[-3:])


def _start(replay: Replay, command: list[str], health: list[str]) -> None:
    port = free_port()
    env = replay.environment(
        CDS_ENVIRONMENT="development", CDS_HOST="127.0.0.1", CDS_PORT=str(port), PYTHONDONTWRITEBYTECODE="1"
    )
    before = _files(replay.folder)
    executable = shutil.which(command[0], path=env["PATH"]) or command[0]
    url = f"http://127.0.0.1:{port}/livez"
    try:
        with serving([executable, *command[1:]], replay.folder, env, url, _START_SECONDS):
            asked = [word.replace(f":{_PORT}/", f":{port}/") for word in health]
            done = subprocess.run(asked, env=env, timeout=_STEP_SECONDS, check=False, capture_output=True, text=True)
            replay.tally.check(done.returncode == 0, f"HEALTHCHECK of a running CMD {command}", done.stderr[-300:])
    except RuntimeError as fault:
        replay.tally.check(False, f"CMD {command}", str(fault))
    written = sorted(_files(replay.folder) - before - {"serving.log"})
    replay.tally.check(not written, "nothing is written beside var/", ", ".join(written[:5]))


def _files(folder: Path) -> set[str]:
    return {
        os.path.relpath(os.path.join(place, name), folder)
        for place, folders, names in os.walk(folder)
        for name in (*names, *folders)
        if not os.path.relpath(os.path.join(place, name), folder).startswith("var")
    }


def main() -> int:
    """Exit code 0 when every step that can be replayed succeeded."""
    parser = argparse.ArgumentParser(description="Replay the Dockerfile without an engine.")
    parser.add_argument("repository", type=Path)
    parser.add_argument("python", type=Path)
    options = parser.parse_args()
    steps = read_steps((options.repository / "Dockerfile").read_text(encoding="utf-8"))
    tally = Tally()
    with tempfile.TemporaryDirectory(prefix="calcinosis-cds-image-") as place:
        replay = Replay(options.repository.resolve(), options.python.resolve(), Path(place), tally)
        replay.run(steps)
        if not tally.failed:
            last = {step.word: step.words for step in steps if step.word in ("CMD", "HEALTHCHECK")}
            _start(replay, last["CMD"], last["HEALTHCHECK"])
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
