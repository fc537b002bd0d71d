"""Ten thousand recorded decisions made again: the same cards, and with changed knowledge exactly the changed ones.

    python -m scripts.check_replay

The real service answers variations of the demo requests (entries of the chart left out by a fixed seed) and records
them; `calcinosis-cds replay` then decides every record again, first with the knowledge that decided, then with a copy
in which one sentence says something else. Which answers held that sentence is known from the answers themselves.
"""

import http.client
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import local
from typing import Any

from scripts.serving import clean_environment, free_port, serving
from scripts.tally import Tally
from treatment_algorithm.knowledge_base import knowledge_folder

_CALLS = 10_000
_SEED = 20261124
_CONNECTIONS = 8
_START_SECONDS = 60.0
_REPLAY_SECONDS = 400.0
_SENTENCE, _OTHER_SENTENCE = "Confirm disease activity first", "Confirm disease activity before"
_FILE = "sentences.yaml"


def calls(folder: Path, number: int, seed: int) -> Iterator[dict[str, Any]]:
    """So many hook requests: the demo requests in turn, each with entries of its chart left out."""
    chance = random.Random(seed)  # noqa: S311  variations, no secrets
    requests = [json.loads(path.read_bytes()) for path in sorted(folder.glob("*.json"))]
    for place in range(number):
        request = json.loads(json.dumps(requests[place % len(requests)]))
        request["hookInstance"] = str(uuid.UUID(int=chance.getrandbits(128), version=4))
        for bundle in request.get("prefetch", {}).values():
            if isinstance(bundle, dict) and isinstance(bundle.get("entry"), list) and place >= len(requests):
                bundle["entry"] = [entry for entry in bundle["entry"] if chance.random() > 0.15]
                bundle.pop("total", None)
        yield request


def answer_all(port: int, requests: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """hookInstance -> cards, of every request that was answered 200; over a few connections that stay open."""
    own = local()

    def ask(request: dict[str, Any]) -> tuple[str, list[dict[str, Any]] | None]:
        if not hasattr(own, "connection"):
            own.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        body = json.dumps(request)
        path = f"/cds-services/calcinosis-{request['hook']}"
        own.connection.request("POST", path, body, {"Content-Type": "application/json"})
        answer = own.connection.getresponse()
        content = answer.read()
        return request["hookInstance"], json.loads(content)["cards"] if answer.status == http.client.OK else None

    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        return {instance: cards for instance, cards in pool.map(ask, requests) if cards is not None}


def replay(environment: dict[str, str], *options: str) -> tuple[int, list[dict[str, Any]], dict[str, Any], float]:
    """Exit status, the changed decisions, the counts and the seconds of a replay."""
    command = [str(Path(sys.executable).with_name("calcinosis-cds")), "replay", "--json", *options]
    began = time.monotonic()
    done = subprocess.run(command, env=environment, capture_output=True, timeout=_REPLAY_SECONDS, check=False)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return done.returncode, lines[:-1], lines[-1] if lines else {}, time.monotonic() - began


def main() -> int:
    """Exit code 0 when every check held."""
    tally = Tally()
    with tempfile.TemporaryDirectory() as place:
        folder, port = Path(place), free_port()
        # A load without a pause, written in the background: the queue pushes back, and nothing is dropped.
        environment = clean_environment(
            CDS_PORT=str(port),
            CDS_DATABASE_URL=f"sqlite:///{folder / 'log.sqlite3'}",
            CDS_LOG_LEVEL="error",
        )
        requests = list(calls(Path("demo/hook-requests"), _CALLS, _SEED))
        command = [str(Path(sys.executable).with_name("calcinosis-cds")), "serve"]
        began = time.monotonic()
        with serving(command, folder, environment, f"http://127.0.0.1:{port}/readyz", _START_SECONDS):
            answers = answer_all(port, requests)
        seconds, with_cards = time.monotonic() - began, sum(map(bool, answers.values()))
        tally.check(
            len(answers) > _CALLS * 0.9,
            f"{len(answers)} of {_CALLS} calls decided, {with_cards} with cards, in {seconds:.0f} s (seed {_SEED})",
        )
        status, changed, counts, seconds = replay(environment)
        tally.check(
            status == 0 and not changed and counts.get("replayed") == len(answers),
            f"all {counts.get('replayed')} recorded decisions give the same cards again, in {seconds:.0f} s",
            f"exit {status}, {len(changed)} changed, {len(answers)} answered",
        )
        other = folder / "knowledge"
        shutil.copytree(os.fspath(Path(str(knowledge_folder()))), other)
        file = other / _FILE
        text = file.read_text(encoding="utf-8")
        tally.check(_SENTENCE in text, "the sentence to be changed stands in the knowledge")
        file.write_text(text.replace(_SENTENCE, _OTHER_SENTENCE), encoding="utf-8")
        expected = {instance for instance, cards in answers.items() if _SENTENCE in json.dumps(cards)}
        status, changed, counts, seconds = replay(environment, "--knowledge", str(other))
        listed = {change["hook_instance"] for change in changed}
        tally.check(
            status == 1 and listed == expected and 0 < len(expected) < len(answers),
            f"with changed knowledge exactly the {len(expected)} decisions that said it are listed, in {seconds:.0f} s",
            f"exit {status}, {len(listed - expected)} too many, {len(expected - listed)} missing",
        )
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
