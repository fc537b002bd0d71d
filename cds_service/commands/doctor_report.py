"""The report of `doctor`: the questions made ready, the parts printed as they come."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import time

from dotenv import dotenv_values
from pydantic import ValidationError

from cds_service.clock import site_clock
from cds_service.commands.ending import refuse
from cds_service.commands.evaluate import print_json
from cds_service.commands.paper import Paper, printable
from cds_service.doctor.examination import EhrQuestion, Installation, Part, ServiceQuestion, examine
from cds_service.doctor.settings_checks import unusable_settings
from cds_service.doctor.signed_token import UnusableKey, read_identity
from cds_service.ehr.allow_list import parse_base_url
from cds_service.settings import Settings, environment, load_settings
from treatment_algorithm.knowledge_base import KnowledgeBase, knowledge_folder, load_knowledge
from treatment_algorithm.knowledge_errors import KnowledgeError

CONFIGURED = "configured"
"""The word that stands for CDS_PUBLIC_BASE_URL."""

_ENV_FILE = Path(".env")
_STYLES = {"ok": "", "warn": "yellow", "FAIL": "bold red"}


@dataclass(frozen=True, slots=True)
class Questions:
    """The options of the command, as they were given."""

    ehr: str | None
    token_file: Path | None
    patient: str | None
    service: str | None
    origin: str | None
    jwt_key: Path | None
    issuer: str
    kid: str


def report(questions: Questions, as_json: bool) -> bool:
    """Examine and print; whether anything is not ok. Ends the command with status 2 for an option that is unusable."""
    ehr = None if questions.ehr is None else _ehr_question(questions.ehr, questions)
    try:
        settings = load_settings(_ENV_FILE)
    except ValidationError as error:
        parts = [Part("Settings", tuple(unusable_settings(error)))]
        for part in parts:
            if not as_json:
                _print_part(part, Paper())
    else:
        service = None if questions.service is None else _service_question(questions.service, questions, settings)
        today = site_clock(settings.time_zone)()
        installation = Installation(settings, _names(), _knowledge(), today, time)
        parts = asyncio.run(_examined(installation, ehr, service, show=not as_json))
    counts = Counter(ok=0, warn=0, fail=0)
    counts.update(check.level.lower() for part in parts for check in part.checks)
    if as_json:
        print_json({"checks": _as_json(parts), "counts": dict(counts)})
    else:
        paper = Paper()
        paper.line()
        paper.line(f"{counts['ok']} ok, {counts['warn']} warn, {counts['fail']} FAIL")
    return bool(counts["warn"] + counts["fail"])


async def _examined(
    installation: Installation, ehr: EhrQuestion | None, service: ServiceQuestion | None, show: bool
) -> list[Part]:
    parts, paper = [], Paper()
    async for part in examine(installation, ehr, service):
        parts.append(part)
        if show:
            _print_part(part, paper)
    return parts


def _names() -> tuple[str, ...]:
    return (*environment(), *(dotenv_values(_ENV_FILE) if _ENV_FILE.exists() else ()))


def _knowledge() -> KnowledgeBase:
    try:
        return load_knowledge(knowledge_folder())
    except KnowledgeError as error:
        refuse(f"the knowledge is not sound. {error}")


def _ehr_question(url: str, questions: Questions) -> EhrQuestion:
    base = parse_base_url(url)
    if base is None:
        refuse("--ehr is no base URL: https://host[:port]/path, without query, fragment, user or dot segments")
    token = None if questions.token_file is None else _token(questions.token_file)
    return EhrQuestion(base, token, questions.patient)


def _token(file: Path) -> str:
    try:
        token = file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        refuse("the file of --token-file cannot be read")
    if not token or not token.isprintable() or " " in token:
        refuse("the file of --token-file holds no access token: the token alone, without 'Bearer', on one line")
    return token


def _service_question(service: str, questions: Questions, settings: Settings) -> ServiceQuestion:
    url = settings.public_base_url if service == CONFIGURED else service.rstrip("/").removesuffix("/cds-services")
    if parse_base_url(url) is None:
        refuse("--service is no base URL: https://host[:port], without query or fragment")
    if questions.jwt_key is None:
        return ServiceQuestion(url, questions.origin)
    try:
        identity = read_identity(questions.jwt_key, questions.issuer, questions.kid)
    except UnusableKey as error:
        refuse(f"{error}.")
    return ServiceQuestion(url, questions.origin, identity)


def _as_json(parts: Sequence[Part]) -> list[dict[str, str]]:
    return [
        {"part": part.title, "about": check.about, "level": check.level.lower(), "sentence": printable(check.sentence)}
        for part in parts
        for check in part.checks
    ]


def _print_part(part: Part, paper: Paper) -> None:
    paper.heading(part.title)
    for check in part.checks:
        paper.line(f"{check.level:<5} {check.about}: {check.sentence}", hanging=6, style=_STYLES[check.level])
