"""What of a request must never stand in a log, and whether it does (goal G9, decision 25)."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

REQUESTS = Path(__file__).resolve().parents[1] / "demo" / "hook-requests"
# Members whose text is the patient's, the clinician's, or a credential.
_OF_A_PERSON = frozenset(
    {
        "access_token", "patientId", "userId", "encounterId", "id", "fullUrl", "reference",
        "family", "given", "birthDate", "line", "city", "postalCode", "authorString",
        "text", "display", "div", "value", "valueString", "userComment",
    }
)  # fmt: skip
_SHORTEST = 6
# What a log says of the service itself, and a chart may happen to say too.
_OUR_OWN = re.compile(r"calcinosis-(?:cds|patient-view|order-select|order-sign)|patient-view|order-select|order-sign")
_NAMES_OF_FIELDS = frozenset({"patient", "request", "service", "started", "stopped", "status", "active"})
_TRACEBACK = "Traceback (most recent call last)"


def secrets_of(request: Any) -> Iterator[str]:
    """Every text of six signs or more in a request's members that say something of a person, once or more often."""
    if isinstance(request, dict):
        for name, value in request.items():
            yield from _texts(value) if name in _OF_A_PERSON else secrets_of(value)
    elif isinstance(request, list):
        for value in request:
            yield from secrets_of(value)


def demo_secrets() -> frozenset[str]:
    """Those of all demo requests."""
    files = sorted(REQUESTS.glob("*.json"))
    return frozenset(text for file in files for text in secrets_of(json.loads(file.read_text(encoding="utf-8"))))


def check_log(log: Path, secrets: Iterable[str]) -> list[str]:
    """What stands in the log file and must not: secrets, each named once, and tracebacks."""
    return found_in(log.read_text(encoding="utf-8", errors="replace"), secrets)


def found_in(written: str, secrets: Iterable[str]) -> list[str]:
    """As `check_log`, of a text."""
    # A log line is JSON: what is not ASCII stands there escaped.
    spellings = ((secret, {secret, json.dumps(secret)[1:-1]}) for secret in sorted(set(secrets)))
    written = _OUR_OWN.sub("", written)
    found = [secret for secret, spelled in spellings if any(one in written for one in spelled)]
    return found + ([_TRACEBACK] if _TRACEBACK in written else [])


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if len(value) >= _SHORTEST and value.lower() not in _NAMES_OF_FIELDS:
            yield value
    elif isinstance(value, dict):
        yield from secrets_of(value)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
