"""`calcinosis-cds screen` for real: memory flat from 200 to 1,000 charts, any number of processes, a killed one.

    python -m scripts.check_screen

Charts are generated; the peak of resident memory is that of the command and of each of its processes.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.screening_charts import write_charts
from scripts.serving import clean_environment
from scripts.tally import Tally

_FEW, _MANY = 200, 1000
_GROWTH_MB = 16
_SECONDS = 60.0
_DAY = "2026-11-22"


@dataclass(slots=True)
class Run:
    """One screening: what it said, which rows it wrote, peaks of memory in MB by process, seconds of processor."""

    code: int = 0
    output: bytes = b""
    rows: bytes = b""
    cpu: float = 0.0
    peaks: dict[int, float] = field(default_factory=dict)
    killed: bool = False

    def peak(self, parent: int) -> tuple[float, float]:
        """The parent's peak and the largest of its processes'."""
        return self.peaks[parent], max((mb for pid, mb in self.peaks.items() if pid != parent), default=0.0)


def screen(export: Path, place: Path, workers: int, kill_one: bool = False) -> tuple[Run, tuple[float, float]]:
    """Screen `export`, watching the memory of all its processes; with `kill_one` a worker is killed early on."""
    rows = place / f"rows-{export.name}-{workers}-{kill_one}.ndjson"
    command = [str(Path(sys.executable).with_name("calcinosis-cds")), "screen", str(export), "--json"]
    command += ["--today", _DAY, "--workers", str(workers), "--patients", str(rows)]
    run, before = Run(), resource.getrusage(resource.RUSAGE_CHILDREN)
    env = clean_environment(TMPDIR=str(place))
    with subprocess.Popen(command, cwd=place, env=env, stdout=subprocess.PIPE, start_new_session=True) as process:
        watching = threading.Thread(target=_watch, args=(process, run, kill_one), daemon=True)
        watching.start()
        try:
            run.output, _ = process.communicate(timeout=_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        watching.join()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    run.cpu = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    run.code, run.rows = process.returncode, rows.read_bytes()
    return run, run.peak(process.pid)


def _watch(process: subprocess.Popen[bytes], run: Run, kill_one: bool) -> None:
    while process.poll() is None:
        workers = _workers(process.pid)
        for pid in (process.pid, *workers):
            if mb := _peak_mb(pid):
                run.peaks[pid] = mb
        if kill_one and workers and _peak_mb(workers[-1]) > _LOADED_MB:
            os.kill(workers[-1], signal.SIGKILL)
            kill_one, run.killed = False, True
        time.sleep(0.02)


# A worker that holds the knowledge is at work, or about to be.
_LOADED_MB = 60.0


def _workers(pid: int) -> list[int]:
    """The processes of the pool; the resource tracker of multiprocessing, which stays small, is one of them."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _peak_mb(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    peak = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(peak[0]) / 1024 if peak else 0.0


def main() -> int:
    """Exit code 0 when every check held."""
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        lines = {count: write_charts(place / f"charts-{count}", count) for count in (_FEW, _MANY)}
        _check(place, lines, tally)
        left = [path.name for path in place.iterdir() if path.name.startswith("calcinosis-cds-screen-")]
        tally.check(not left, "no temporary file stays", ", ".join(left))
    return tally.close()


def _check(place: Path, lines: dict[int, int], tally: Tally) -> None:
    many, few = place / f"charts-{_MANY}", place / f"charts-{_FEW}"
    small, small_peak = screen(few, place, 1)
    alone, alone_peak = screen(many, place, 1)
    killed, pair = screen(many, place, 2, kill_one=True)
    evaluated = json.loads(alone.output)["patients"]["evaluated"]
    tally.check(alone.code == 0 and evaluated == _MANY, f"{_MANY} charts are evaluated", f"{evaluated}, {alone.code}")
    rows = len(alone.rows.splitlines())
    tally.check(_MANY / 4 < rows < _MANY / 2, "the charts with calcinosis stand in the local file", f"{rows}")
    same = (alone.output, alone.rows) == (killed.output, killed.rows)
    tally.check(killed.killed and same, "two processes, one of them killed, find what one finds, byte for byte")
    for what, before, after in (
        ("one process", small_peak[0], alone_peak[0]),
        ("the parent of two workers, beside one process", small_peak[0], pair[0]),
        ("a worker, beside one process", small_peak[0], pair[1]),
    ):
        tally.check(
            0 < after < before + _GROWTH_MB,
            f"peak memory of {what}: {before:.0f} MB at {_FEW} charts, {after:.0f} MB at {_MANY}",
            f"it grew by {after - before:.0f} MB",
        )
    seconds = alone.cpu - small.cpu
    print(
        f"        in a second of one core, start left out: {(lines[_MANY] - lines[_FEW]) / seconds:,.0f} lines, "
        f"{(_MANY - _FEW) / seconds:,.0f} patients"
    )


if __name__ == "__main__":
    sys.exit(main())
