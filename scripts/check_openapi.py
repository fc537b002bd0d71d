"""What a generator makes of the OpenAPI description, fitting and not fitting: the real service answers as described.

    python -m scripts.check_openapi

schemathesis sends the examples, the values at every boundary, every way to break the schemas, and random bodies. All
of its checks run (scripts/schemathesis.toml): no server error, described statuses, content types, headers and bodies,
broken requests refused, right ones taken.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from scripts.log_secrets import check_log, demo_secrets
from scripts.serving import local_service
from scripts.tally import Tally

_HERE = Path(__file__).resolve().parent
_SECONDS = 240.0
_GENERATED = re.compile(r"(\d+) generated(?:, (\d+) found)?")


def main() -> int:
    """Exit code 0 when schemathesis finds nothing and the log holds nothing of what it sent."""
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder, local_service(Path(folder)) as (base, log):
        try:
            done = subprocess.run(
                [
                    Path(sys.executable).with_name("schemathesis"), "--config-file", _HERE / "schemathesis.toml",
                    "run", f"{base}/openapi.json", "--no-color", "--workers", "2",
                ],
                capture_output=True, text=True, timeout=_SECONDS, check=False, cwd=folder,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            tally.check(False, "schemathesis ends", f"not within {_SECONDS:.0f} s")
            return tally.close()
        if not tally.check(done.returncode == 0, "schemathesis finds nothing"):
            print(done.stdout[-20_000:], done.stderr[-5_000:])
        told = _GENERATED.search(done.stdout)
        count = int(told.group(1)) if told else 0
        tally.check(count > 500, f"{count} cases were sent", "fewer than 500: the description was not read")
        tally.check(not (leaks := check_log(log, demo_secrets())), "the log holds nothing of a chart", ", ".join(leaks))
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
