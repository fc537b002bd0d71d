"""Site: the service as one site uses it, and Sites: those of a deployment, exchanged when their files change (0012)."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from cds_service.ehr.authentication import Caller
from cds_service.errors import StartRefused
from cds_service.pages.page_set import PageSet
from cds_service.records.decision_record import Words
from cds_service.services import ServiceDefinition, discovery_answer, observation_codes, service_definitions
from cds_service.settings import Settings
from treatment_algorithm.knowledge_base import KnowledgeBase
from treatment_algorithm.knowledge_errors import KnowledgeError
from treatment_algorithm.site_file import with_site_file


@dataclass(frozen=True, slots=True)
class Site:
    """What answers the calls of one site; a request takes it once and keeps it, whatever is exchanged meanwhile.

    `services`: those that it offers. `known`: all of them, for feedback on cards that were shown before.
    """

    knowledge: KnowledgeBase
    services: tuple[ServiceDefinition, ...]
    known: tuple[ServiceDefinition, ...]
    discovery: bytes
    words: Words
    pages: PageSet


@dataclass(frozen=True, slots=True)
class Refusal:
    """A site file whose present content is not in force: its name, and what is wrong with file and line."""

    file: str
    problem: str


Stamp = tuple[int, int, int] | None


class Sites:
    """The sites of a deployment: that of CDS_SITE_FILE, and those that trusted clients name; each file read once.

    `refused` holds, by file, what is wrong with a content that came after the start; the one before stays in force.
    """

    def __init__(self, knowledge: KnowledgeBase, settings: Settings, files: Iterable[Path] = ()) -> None:
        """Read every file; raises StartRefused for one that is wrong, or that puts draft rules into production."""
        self._base = knowledge
        self._settings = settings
        self._stamps: dict[Path, Stamp] = {}
        self.refused: Mapping[Path, Refusal] = MappingProxyType({})
        in_force: dict[Path | None, Site] = {}
        for file in dict.fromkeys((settings.site_file, *files)):
            if file is not None:
                self._stamps[file] = stamp_of(file)
            in_force[file] = self._read(file)
        self._in_force: Mapping[Path | None, Site] = MappingProxyType(in_force)

    @property
    def default(self) -> Site:
        """The site of CDS_SITE_FILE, or of no file."""
        return self._in_force[self._settings.site_file]

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that are looked at."""
        return tuple(self._stamps)

    def of(self, caller: Caller | None) -> Site:
        """The site of a caller: that of its client's own file, else the default one."""
        file = None if caller is None else caller.client.site_file
        return self.default if file is None else self._in_force[file]

    async def look(self, *, anew: bool = False) -> tuple[tuple[Path, Refusal | None], ...]:
        """Read the files that have changed (with `anew` all), beside the requests, and put what is sound into force.

        Each file that was read, with what is wrong with it; None where it is in force now.
        """
        read: list[tuple[Path, Refusal | None]] = []
        for file, known in tuple(self._stamps.items()):
            # The stamp is taken before the file is read: what changes meanwhile is seen the next time.
            stamp = await asyncio.to_thread(stamp_of, file)
            if stamp == known and not anew:
                continue
            self._stamps[file] = stamp
            read.append((file, await self._exchange(file)))
        return tuple(read)

    async def _exchange(self, file: Path) -> Refusal | None:
        refused = dict(self.refused)
        refused.pop(file, None)
        problem = None
        try:
            site = await asyncio.to_thread(self._read, file)
        except StartRefused as refusal:
            problem = refused[file] = Refusal(file.name, str(refusal))
        else:
            self._in_force = MappingProxyType({**self._in_force, file: site})
        self.refused = MappingProxyType(refused)
        return problem

    def _read(self, file: Path | None) -> Site:
        knowledge = knowledge_of_site(self._base, file)
        refuse_draft_knowledge(self._settings, knowledge.draft)
        known = service_definitions(observation_codes(knowledge))
        offered = knowledge.site.services
        services = tuple(service for service in known if offered is None or service.id in offered)
        pages = PageSet(knowledge, self._settings)
        return Site(knowledge, services, known, discovery_answer(services), Words(), pages)


def knowledge_of_site(knowledge: KnowledgeBase, site_file: Path | None) -> KnowledgeBase:
    """The knowledge as this site uses it, unchanged without a file.

    Raises StartRefused for a file that cannot be read or is wrong, with file and line: a service that reads a site's
    codes wrongly or not at all is worse than none.
    """
    if site_file is None:
        return knowledge
    try:
        return with_site_file(knowledge, site_file)
    except KnowledgeError as error:
        raise StartRefused(f"The site file (CDS_SITE_FILE) is wrong. {error}") from None
    except OSError as error:
        raise StartRefused(f"The site file (CDS_SITE_FILE) cannot be read: {error.strerror}.") from None


def refuse_draft_knowledge(settings: Settings, draft: bool) -> None:
    """Return unless rules that no clinician has reviewed would be used in production unasked (decision 12).

    `draft`: whether any rule is a draft. Raises StartRefused.
    """
    if settings.production and draft and not settings.allow_draft_knowledge:
        raise StartRefused(
            "The knowledge holds draft rules that no clinician has reviewed: with CDS_ENVIRONMENT=production "
            "the service starts only when CDS_ALLOW_DRAFT_KNOWLEDGE=true says that this is known."
        )


def stamp_of(file: Path) -> Stamp:
    """What changes with a file's content: time, size and inode; None while it is not there."""
    try:
        stat = file.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino
