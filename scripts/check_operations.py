"""What the person on call does, with the real process: a rule into shadow, a broken site file, a stop, a trace.

    python -m scripts.check_operations

The site file is exchanged under the running service and SIGHUP sent; SIGTERM is sent under load; a collector of its
own takes the traces, and one that never answers must not hold anything up.
"""

import json
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from scripts.http_calls import call
from scripts.log_secrets import demo_secrets, found_in
from scripts.serving import service_process
from scripts.tally import Tally

_ORDER = Path("demo/hook-requests/order-select.colchicine-for-calcinosis.json")
_RULE = "OS-LIMITED"
_ON = f"rules:\n  {_RULE}: on\n"
_SHADOW = f'rules:\n  {_RULE}: {{state: shadow, because: "the board meets in March"}}\n'
_BROKEN = f"rules:\n  {_RULE}: on\nthreshold: {{}}\n"
_DRAIN_SECONDS = 2.0
_STOP_SECONDS = 30.0
_PATIENCE_SECONDS = 10.0


def until(holds: Callable[[], bool]) -> bool:
    """Whether something holds within 10 s."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def ordered(base: str, body: Any) -> list[Any]:
    """The cards for the order."""
    return list(call("POST", f"{base}/cds-services/calcinosis-{body['hook']}", body).content["cards"])


def counted(base: str, metric: str) -> float:
    """A metric's value: the sum over its lines that name the rule."""
    import urllib.request

    with urllib.request.urlopen(f"{base}/metrics") as answer:  # noqa: S310  loopback
        lines = answer.read().decode().splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(metric) and f'"{_RULE}"' in line)


def _site_file(folder: Path, body: Any, tally: Tally) -> None:
    """A rule goes into shadow and comes back, and a broken file changes nothing, all without a restart."""
    site = folder / "site.yaml"
    site.write_text(_ON, encoding="utf-8")
    settings = {"database_url": f"sqlite:///{folder / 'site.sqlite3'}", "site_file": str(site)}
    with service_process(folder, **settings) as (base, process, log):

        def exchange(text: str, event: str) -> bool:
            before = log.read_text(encoding="utf-8").count(event)
            site.write_text(text, encoding="utf-8")
            process.send_signal(signal.SIGHUP)
            return until(lambda: log.read_text(encoding="utf-8").count(event) > before)

        with_rule = ordered(base, body)
        in_force = exchange(_SHADOW, "site-file-in-force")
        in_shadow = ordered(base, body)
        tally.check(
            bool(with_rule) and in_force and not in_shadow,
            "site file: a rule in shadow by SIGHUP: its card goes, the process stays",
            f"{len(with_rule)} cards before, {len(in_shadow)} after",
        )
        rules = call("POST", f"{base}/api/evaluate", body).content["rules"]
        (traced,) = [one for one in rules if one["id"] == _RULE]
        tally.check(
            traced.get("shadow") is True and counted(base, "cds_shadow_rule_results_total") > 0,
            "site file: trace and metric of the rule in shadow stay",
            json.dumps(traced)[:200],
        )
        lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
        tally.check(
            any(_RULE in (line.get("shadow_rules") or ()) for line in lines),
            "site file: the log line of the call names the rule in shadow",
        )
        refused = exchange(_BROKEN, "site-file-refused")
        problem = [json.loads(line) for line in log.read_text("utf-8").splitlines() if "site-file-refused" in line]
        state = call("GET", f"{base}/readyz")
        tally.check(
            refused
            and "site.yaml:3" in problem[-1]["problem"]
            and not ordered(base, body)
            and (state.status, state.content["site_file"]) == (200, "refused"),
            "site file: a broken one is refused with its line, told by /readyz, and the one before stays in force",
            f"{problem[-1:]}, {state}",
        )
        exchange(_ON, "site-file-in-force")
        tally.check(ordered(base, body)[0]["summary"] == with_rule[0]["summary"], "site file: the rule comes back")


def _drained(folder: Path, body: Any, tally: Tally) -> None:
    """After SIGTERM the service answers on, not ready, and then ends."""
    settings = {"database_url": f"sqlite:///{folder / 'drain.sqlite3'}", "drain_seconds": str(_DRAIN_SECONDS)}
    with service_process(folder, **settings) as (base, process, _log):
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        ready = call("GET", f"{base}/readyz")
        tally.check(
            (ready.status, ready.content["status"]) == (503, "draining"),
            "stop: /readyz says 503 at once after SIGTERM",
            str(ready),
        )
        statuses = []
        while time.monotonic() - began < _DRAIN_SECONDS * 0.75:
            statuses.append(call("POST", f"{base}/cds-services/calcinosis-{body['hook']}", body).status)
        tally.check(
            set(statuses) == {200}, f"stop: {len(statuses)} hook calls are answered meanwhile", str(set(statuses))
        )
        code = process.wait(_STOP_SECONDS)
        took = time.monotonic() - began
        tally.check(code == 0 and took >= _DRAIN_SECONDS, f"stop: exit 0 after {took:.1f} s", f"exit {code}")
    with service_process(folder, **settings | {"drain_seconds": "10"}) as (_base, process, _log):
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        code = process.wait(_STOP_SECONDS)
        took = time.monotonic() - began
        tally.check(
            code == 0 and took < _DRAIN_SECONDS + 3,
            f"stop: a second SIGTERM ends the wait, exit 0 after {took:.1f} s",
            str(code),
        )


@contextmanager
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """An OpenTelemetry collector that keeps what it is sent: its address, and the bodies."""
    bodies: list[bytes] = []

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1/traces", bodies
    finally:
        server.shutdown()
        server.server_close()


def _traced(folder: Path, body: Any, tally: Tally) -> None:
    """Every call reaches the collector, those before a stop too, and nothing of a chart does."""
    calls = 5
    settings = {"database_url": f"sqlite:///{folder / 'traces.sqlite3'}"}
    with collector() as (endpoint, bodies):
        with service_process(folder, traces_endpoint=endpoint, **settings) as (base, process, _log):
            for _ in range(calls):
                ordered(base, body)
            process.send_signal(signal.SIGTERM)
            code = process.wait(_STOP_SECONDS)
        spans = [
            span.name
            for sent in bodies
            for resource in ExportTraceServiceRequest.FromString(sent).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]
    told = {name: spans.count(name) for name in sorted(set(spans))}
    tally.check(
        code == 0 and told == dict.fromkeys(told, calls) and "POST /cds-services/{id}" in told and "decide" in told,
        f"traces: every call is at the collector after the stop: {told}",
        f"exit {code}",
    )
    sent = b"".join(bodies).decode("utf-8", errors="replace")
    leaks = found_in(sent, demo_secrets())
    tally.check(bool(sent) and not leaks, "traces: nothing of the demo charts was sent", str(leaks[:3]))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}/v1/traces"
        with service_process(folder, traces_endpoint=endpoint, **settings) as (base, process, _log):
            slowest = max(
                call("POST", f"{base}/cds-services/calcinosis-{body['hook']}", body).seconds for _ in range(calls)
            )
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            code = process.wait(_STOP_SECONDS)
            took = time.monotonic() - began
    tally.check(
        code == 0 and slowest < 2 and took < _STOP_SECONDS,
        f"traces: a collector that never answers: calls in {slowest:.2f} s at most, exit 0 after {took:.1f} s",
        f"exit {code}",
    )


def main() -> int:
    """Exit code 0 when every check held."""
    body = json.loads(_ORDER.read_bytes())
    tally = Tally()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        _site_file(folder, body, tally)
        _drained(folder, body, tally)
        _traced(folder, body, tally)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
