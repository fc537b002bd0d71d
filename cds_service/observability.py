"""Logs: one JSON object a line on stdout, only fields of a fixed list, one line for each request (decision 4).

Patients occur as keyed hashes, requests as their hookInstance; tokens, texts and ids of the chart never.
"""

import json
import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog

from cds_service.identity import keyed_hash
from cds_service.request_stages import RequestStages

_STANDING_FIELDS = frozenset(
    {"event", "level", "timestamp", "knowledge", "public_base_url", "names", "comments", "decisions", "site_file"}
    | {"problem"}
)
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

# What a client sends as jti could be anything; only what looks like an id is written as it is.
_PLAIN_ID = re.compile(r"[A-Za-z0-9_-]{8,64}", re.ASCII)

Logger = structlog.typing.FilteringBoundLogger


@dataclass(slots=True)
class RequestRecord:
    """What the line of one request says; filled in on the way through the request."""

    service: str | None = None
    client: str | None = None
    tenant: str | None = None
    token_id: str | None = None
    request_id: str | None = None
    patient: str | None = None
    cards: int | None = None
    shadow_cards: int | None = None
    shadow_rules: list[str] | None = None
    fetch_ms: float | None = None
    decide_ms: float | None = None
    error: str | None = None
    reason: str | None = None
    prefetch_key: str | None = None
    exception: str | None = None
    place: str | None = None
    stages: RequestStages | None = None

    def took(self, stage: str, began: float) -> None:
        """Note a part that began then (seconds of the monotonic clock) and ends now, where traces are wanted."""
        if self.stages is not None:
            self.stages.add(stage, began)

    def name_request(self, key: bytes, hook_instance: str, patient_id: str) -> None:
        """Take the hookInstance (hashed unless it is a UUID) and the patient's keyed hash."""
        self.request_id = hook_instance if _is_uuid(hook_instance) else keyed_hash(key, "request", hook_instance)
        self.patient = keyed_hash(key, "patient", patient_id)

    def name_client(self, key: bytes, name: str, tenant: str | None, token_id: str) -> None:
        """Take who called (SEC-5, SEC-6): the client's name here, its listed tenant, and the jti of its token."""
        self.client = name
        self.tenant = tenant
        self.token_id = token_id if _PLAIN_ID.fullmatch(token_id) else keyed_hash(key, "jti", token_id)

    def name_exception(self, error: BaseException) -> None:
        """Take the class of an unexpected exception and the line that raised it; never its text."""
        self.exception = type(error).__name__
        frames = traceback.extract_tb(error.__traceback__)
        if frames:
            self.place = f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}"


class _Stdout:
    """Whatever sys.stdout is when a line is written: it may be exchanged while a logger lives."""

    def msg(self, line: str) -> None:
        """Write one line."""
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    debug = info = warning = error = msg


def build_logger(level: str) -> Logger:
    """A logger that writes JSON lines to stdout; fields outside the list are dropped."""
    logger: Logger = structlog.wrap_logger(
        _Stdout(),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _listed_fields_only,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        cache_logger_on_first_use=True,
    )
    return logger


_LOGGED = tuple(name for name in RequestRecord.__slots__ if name != "stages")


def log_request(logger: Logger, record: RequestRecord, status: int, duration_ms: float) -> None:
    """Write the request's line; `duration_ms` in milliseconds."""
    values = {name: getattr(record, name) for name in _LOGGED}
    present = {name: value for name, value in values.items() if value is not None}
    write = logger.error if record.exception else logger.info
    write("request", status=status, duration_ms=round(duration_ms, 1), **present)


def library_logging(level: str) -> None:
    """Send what libraries log to stdout as JSON lines too, from `warning` on.

    httpx logs every URL at `info`, patient ids included: it stays silent below `warning` at every CDS_LOG_LEVEL.
    """
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_JsonLine())
    logging.basicConfig(handlers=[handler], level=max(_LEVELS[level], logging.WARNING), force=True)


class _JsonLine(logging.Formatter):
    """A library's record as a JSON line: its text, or only the class of an exception, whose text may hold anything."""

    def format(self, record: logging.LogRecord) -> str:
        kind = record.exc_info[0] if record.exc_info else None
        # Some libraries log a whole traceback as text: its last line says it all.
        event = "library-exception" if kind else record.getMessage().strip().rpartition("\n")[2]
        line = {"event": event, "level": record.levelname.lower(), "logger": record.name}
        return json.dumps(line | ({"exception": kind.__name__} if kind else {}))


def _listed_fields_only(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    allowed = _STANDING_FIELDS | {"status", "duration_ms", *_LOGGED}
    return {name: value for name, value in event.items() if name in allowed}


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
