"""Run the README's own commands in a clean copy of the repository: serve, then every curl, then what follows `--`.

    python -m scripts.run_readme COPY [-- COMMAND ...]    {base} in COMMAND is the running service's URL

The service listens on a free port; 127.0.0.1:8000 and localhost:8000 in the README's lines are read as that port.
"""

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from scripts.log_secrets import check_log, demo_secrets
from scripts.readme_blocks import Block, read_blocks
from scripts.serving import clean_environment, free_port, serving
from scripts.tally import Tally

_README_HOST = re.compile(r"(?:127\.0\.0\.1|localhost):8000\b")
_SETUP_SECONDS = 300.0
_CALL_SECONDS = 60.0


def fault_of(block: Block, exit_code: int, output: str) -> str:
    """What is wrong with the answer to a curl block; empty when it is as promised."""
    if exit_code:
        return f"exit code {exit_code}"
    if block.member == "silent":
        return ""
    try:
        answer: Any = json.loads(output)
    except ValueError:
        return "the answer is not JSON"
    member = block.member or "cards"
    value = answer.get(member) if isinstance(answer, dict) else None
    return "" if isinstance(value, list) and value else f"no {member} in the answer"


def _run_calls(blocks: list[Block], copy: Path, port: int, tally: Tally) -> None:
    for number, block in enumerate(blocks, start=1):
        script = _README_HOST.sub(f"127.0.0.1:{port}", block.script)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=copy, env=clean_environment(), capture_output=True, text=True, timeout=_CALL_SECONDS, check=False,
        )  # fmt: skip
        fault = fault_of(block, done.returncode, done.stdout)
        tally.check(not fault, f"README call {number}: {block.script.splitlines()[-1].strip()}", fault)


def main() -> int:
    """Exit code 0 when the service started and every call answered as promised."""
    arguments = sys.argv[1:]
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    own, then = arguments[:cut], arguments[cut + 1 :]
    parser = argparse.ArgumentParser(description="Run the README's commands in a clean copy.")
    parser.add_argument("copy", type=Path)
    copy: Path = parser.parse_args(own).copy
    tally = Tally()
    blocks = read_blocks((copy / "README.md").read_text(encoding="utf-8"))
    starts = [block for block in blocks if block.kind == "serve"]
    calls = [block for block in blocks if block.kind == "curl"]
    tally.check(bool(calls), "the README has calls to run", "no <!-- run: curl --> block")
    if not tally.check(len(starts) == 1, "the README says how to start", "not one <!-- run: serve --> block"):
        return tally.close()
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    env = clean_environment(CDS_PORT=str(port), CDS_PUBLIC_BASE_URL=base)
    command = ["bash", "-euo", "pipefail", "-c", starts[0].script]
    code = 0
    try:
        with serving(command, copy, env, f"{base}/readyz", _SETUP_SECONDS) as log:
            tally.check(True, f"README start: {starts[0].script.strip().splitlines()[-1]}")
            _run_calls(calls, copy, port, tally)
            if then:
                code = subprocess.run([word.replace("{base}", base) for word in then], check=False).returncode
            leaks = check_log(log, demo_secrets())
            tally.check(not leaks, "the log holds nothing of what was sent", ", ".join(leaks[:5]))
    except RuntimeError as fault:
        tally.check(False, "README start", str(fault))
    return tally.close() or code


if __name__ == "__main__":
    sys.exit(main())
