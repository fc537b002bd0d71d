"""`calcinosis-cds doctor` against a running service and a small FHIR server, as they are well and as they are not.

python -m scripts.check_doctor COMMAND      COMMAND is the installed calcinosis-cds; loopback only
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from joserfc.jwk import ECKey

from scripts.serving import clean_environment, free_port, serving
from scripts.tally import Tally

_START_SECONDS, _RUN_SECONDS = 120.0, 120.0
_ISSUER, _KID = "https://ehr.example.org/cds-client", "key-1"
_PATIENT_ID = "synthetic-1"
_SEARCHED = {
    "Condition": ["patient"],
    "MedicationRequest": ["patient"],
    "AllergyIntolerance": ["patient"],
    "Procedure": ["patient"],
    "Observation": ["patient", "code"],
    "ServiceRequest": ["patient", "status"],
}


class _Fhir(BaseHTTPRequestHandler):
    """A FHIR server that serves no MedicationStatement and knows one patient with one condition."""

    def do_GET(self) -> None:
        """Metadata, one Patient, and searches."""
        kind = urlsplit(self.path).path.removeprefix("/fhir/").split("/")[0]
        content = _content(kind)
        body = json.dumps(content or {"resourceType": "OperationOutcome"}).encode()
        self.send_response(200 if content else 404)
        self.send_header("Content-Type", "application/fhir+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing."""


def _content(kind: str) -> dict[str, Any] | None:
    if kind == "metadata":
        reads = {"type": "Patient", "interaction": [{"code": "read"}]}
        searches = [
            {
                "type": name,
                "interaction": [{"code": "search-type"}],
                "searchParam": [{"name": one} for one in parameters],
            }
            for name, parameters in _SEARCHED.items()
        ]
        rest = [{"mode": "server", "resource": [reads, *searches]}]
        return {"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "rest": rest}
    if kind == "Patient":
        return {"resourceType": "Patient", "id": _PATIENT_ID, "birthDate": "1970-01-01"}
    if kind not in _SEARCHED:
        return None
    condition = {
        "resourceType": "Condition",
        "id": "c-1",
        "subject": {"reference": f"Patient/{_PATIENT_ID}"},
        "code": {"text": "Calcinosis cutis"},
    }
    entries = [{"resource": condition}] if kind == "Condition" else []
    return {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries}


@contextmanager
def _fhir_server() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Fhir)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/fhir"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)


class _Doctor:
    """The command in a folder with an environment; `ask` gives its exit code and levels by what was looked at.

    `said` holds the sentences of the last run.
    """

    said = ""

    def __init__(self, command: str, folder: Path, env: dict[str, str]) -> None:
        self._command, self._folder, self._env = command, folder, env

    def ask(self, *options: str) -> tuple[int, dict[str, str]]:
        done = subprocess.run(
            [self._command, "doctor", "--json", *options],
            cwd=self._folder, env=self._env, capture_output=True, text=True, timeout=_RUN_SECONDS, check=False,
        )  # fmt: skip
        try:
            checks: list[dict[str, str]] = json.loads(done.stdout)["checks"]
        except ValueError:
            return done.returncode, {"output": done.stderr[-300:]}
        self.said = " ".join(one["sentence"] for one in checks)
        return done.returncode, {
            one["about"]: one["level"]
            for one in sorted(checks, key=lambda one: ["ok", "warn", "fail"].index(one["level"]))
        }


def _findings(levels: dict[str, str]) -> dict[str, str]:
    """What is not ok; that an answer was slow is no fault of the service on a busy machine."""
    slow = {("sample call", "warn"), ("signed call", "warn")}
    return {about: level for about, level in levels.items() if level != "ok" and (about, level) not in slow}


def _status(levels: dict[str, str]) -> int:
    """The exit status that belongs to these levels."""
    return int(any(level != "ok" for level in levels.values()))


def _open_service(command: str, folder: Path, tally: Tally) -> None:
    """Without client authentication, as `make run` starts it; then a FHIR server beside it."""
    base = f"http://127.0.0.1:{free_port()}"
    with _fhir_server() as fhir:
        env = clean_environment(CDS_PORT=base.rpartition(":")[2], CDS_CORS_ORIGINS="https://sandbox.example.org",
                                CDS_ALLOW_HTTP_FHIR=fhir)  # fmt: skip
        doctor = _Doctor(command, folder, env)
        code, found = doctor.ask("--service", "configured")
        tally.check(
            code == 1 and found.get("discovery") == "fail", "a service that is not there is a finding", str(found)
        )
        with serving([command, "serve"], folder, env, f"{base}/readyz", _START_SECONDS):
            code, found = doctor.ask("--service", "configured", "--origin", "https://sandbox.example.org")
            tally.check(
                code == _status(found) and not _findings(found),
                "a service that is well has no finding",
                str(_findings(found)),
            )
            code, found = doctor.ask("--service", base, "--origin", "https://other.example.org")
            tally.check(code == 1 and _findings(found) == {"CORS": "fail"}, "another origin is a finding", str(found))
        code, found = doctor.ask("--ehr", fhir, "--patient", _PATIENT_ID)
        expected = {"MedicationStatement (statements)": "warn", "statements": "warn"}
        tally.check(
            code == 1 and _findings(found) == expected, "an EHR without MedicationStatement", str(_findings(found))
        )
        code, found = doctor.ask("--ehr", f"{fhir}/R5")
        tally.check(code == 1 and found.get("metadata") == "fail", "a base that is none", str(_findings(found)))
        for url, words in (
            (f"https://127.0.0.1:{free_port()}/fhir", "connection was refused"),
            (fhir.replace("http:", "https:"), "no TLS connection"),
        ):
            doctor.ask("--ehr", url)
            tally.check(words in doctor.said, f"said of a server that cannot be reached: {words}", doctor.said)


def _closed_service(command: str, folder: Path, tally: Tally) -> None:
    """With client authentication: the right key, then a stranger's."""
    base = f"http://127.0.0.1:{free_port()}"
    own, other = (ECKey.generate_key("P-384", parameters={"kid": _KID}) for _ in range(2))
    (folder / "keys.json").write_text(json.dumps({"keys": [own.as_dict(private=False)]}), encoding="utf-8")
    entry = {"name": "st-elsewhere", "issuer": _ISSUER, "key_set": "keys.json", "fhir_servers": [f"{base}/fhir"]}
    (folder / "clients.yaml").write_text(json.dumps({"clients": [entry]}), encoding="utf-8")
    for name, key in (("own.pem", own), ("other.pem", other)):
        (folder / name).write_bytes(key.as_pem(private=True))
    env = clean_environment(
        CDS_PORT=base.rpartition(":")[2], CDS_CLIENT_AUTH="required", CDS_TRUSTED_CLIENTS="clients.yaml"
    )
    doctor = _Doctor(command, folder, env)
    signed = ("--issuer", _ISSUER, "--kid", _KID)
    with serving([command, "serve"], folder, env, f"{base}/readyz", _START_SECONDS):
        code, found = doctor.ask("--service", "configured", "--jwt-key", "own.pem", *signed)
        tally.check(
            code == _status(found) and not _findings(found), "a trusted client has no finding", str(_findings(found))
        )
        code, found = doctor.ask("--service", "configured", "--jwt-key", "other.pem", *signed)
        expected = {"test identity": "warn", "discovery": "fail", "signed call": "fail"}
        tally.check(code == 1 and _findings(found) == expected, "a stranger's key is a finding", str(_findings(found)))
        code, found = doctor.ask("--service", "configured")
        expected = {"discovery": "warn"}
        tally.check(
            code == 1 and _findings(found) == expected, "without a key discovery stays shut", str(_findings(found))
        )


def main() -> int:
    """Exit code 0 when doctor says what it should in every case."""
    parser = argparse.ArgumentParser(description="Run calcinosis-cds doctor against real servers on loopback.")
    parser.add_argument("command", type=Path)
    command = str(parser.parse_args().command.absolute())
    tally = Tally()
    for case in (_open_service, _closed_service):
        with tempfile.TemporaryDirectory(prefix="calcinosis-cds-doctor-") as folder:
            try:
                case(command, Path(folder), tally)
            except (RuntimeError, subprocess.TimeoutExpired) as fault:
                tally.check(False, case.__name__.strip("_"), str(fault))
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
