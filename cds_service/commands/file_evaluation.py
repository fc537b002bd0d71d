"""What a command needs to look at a file: settings, knowledge, the day, and the decision on the chart."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

from cds_service.clock import site_clock
from cds_service.commands.bundle_request import UnusableChart
from cds_service.commands.chart_file import ChartFile, read_chart_file
from cds_service.commands.ending import refuse
from cds_service.commands.offline import decide_offline
from cds_service.decide import Decision
from cds_service.errors import PreconditionFailed, StartRefused
from cds_service.settings import Settings, load_settings
from cds_service.site import knowledge_of_site
from treatment_algorithm.knowledge_base import KnowledgeBase, knowledge_folder, load_knowledge
from treatment_algorithm.knowledge_errors import KnowledgeError

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class FileEvaluation:
    """A chart file on a day, with everything that a decision on it needs."""

    file: ChartFile
    knowledge: KnowledgeBase
    settings: Settings
    today: date

    def decide(self) -> Decision:
        """The decision; ends the command with status 2 where the service would answer 412."""
        try:
            return decide_offline(self.file, self.knowledge, self.settings, self.today)
        except PreconditionFailed as error:
            refuse(f"the chart cannot be evaluated. {error.diagnostics}")


def open_file(path: Path, hook: str | None, patient_id: str | None, today: date | None) -> FileEvaluation:
    """The file ready to be evaluated; ends the command with status 2 when something cannot be used.

    `today`: by default the calendar day in CDS_TIME_ZONE.
    """
    file, knowledge, settings, day = open_all(lambda: read_chart_file(path, hook, patient_id), today)
    return FileEvaluation(file, knowledge, settings, day)


def open_all(read: Callable[[], Read], today: date | None) -> tuple[Read, KnowledgeBase, Settings, date]:
    """What `read` gives, knowledge, settings and the day; ends the command as `open_file` does."""
    try:
        settings = load_settings()
        content = read()
        knowledge = knowledge_of_site(load_knowledge(knowledge_folder()), settings.site_file)
    except UnusableChart as error:
        refuse(f"{error}.".replace("..", "."))
    except StartRefused as refusal:
        refuse(str(refusal))
    except KnowledgeError as error:
        refuse(f"the knowledge is not sound. {error}")
    except ValueError as error:
        refuse(f"a setting cannot be used. {error}")
    return content, knowledge, settings, site_clock(settings.time_zone)() if today is None else today
