"""Screening: what one process does with a task, from bytes to counts; everything it needs is handed to it."""

import asyncio
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import msgspec

from cds_service.commands.bundle_request import NoDraftOrder, UnusableChart, bundle_request
from cds_service.commands.offline import Offline, offline_service
from cds_service.errors import BadRequest, PreconditionFailed
from cds_service.hook_request import decode
from cds_service.json_body import NotStrictJson, check_json
from cds_service.screening.bundle_charts import single_charts
from cds_service.screening.export_charts import export_body, record_of
from cds_service.screening.export_files import Line, ReadTask, Slice, lines_of
from cds_service.screening.medication_shelf import MedicationShelf
from cds_service.screening.spool import PieceWriter, Record, read_partition
from cds_service.screening.tally import found_in
from cds_service.screening.task_result import PatientRow, Plan, Problem, TaskResult
from cds_service.services import observation_codes
from cds_service.site import knowledge_of_site
from fhir_mappings.export_line import READ_TYPES, UnreadableLine, read_export_line
from treatment_algorithm.knowledge_base import knowledge_folder, load_knowledge

_UNEXPECTED = "the evaluation failed unexpectedly"


@dataclass(frozen=True, slots=True)
class Screening:
    """One screening in one process; `silent`: the scenarios that are no finding, such as no calcinosis on record."""

    plan: Plan
    offline: Offline
    codes: frozenset[str]
    silent: frozenset[str]

    def read(self, task: ReadTask) -> TaskResult:
        """Spool the resources of a task, and decide on the Bundles in it."""
        return asyncio.run(self._read(task))

    def evaluate(self, partition: int, obtained: frozenset[str]) -> TaskResult:
        """Decide on the patients of a partition; `obtained`: the prefetch keys whose type is in the export."""
        return asyncio.run(self._evaluate(partition, obtained))

    async def _read(self, task: ReadTask) -> TaskResult:
        result = TaskResult()
        spool = PieceWriter(self.plan.spool, task.number, self.plan.partitions)
        for number, part in enumerate(task.slices):
            last = 0
            for line in _read_lines(part, number, result):
                last = line.number
                try:
                    await self._take(line, spool, result)
                except (UnreadableLine, UnusableChart, NotStrictJson) as error:
                    result.complain(number, Problem(part.path, line.number, str(error)))
            result.lines.append(last)
        spool.flush()
        result.spooled = spool.written
        return result

    async def _take(self, line: Line, spool: PieceWriter, result: TaskResult) -> None:
        if line.data is None:
            raise UnreadableLine("too long")
        if line.data.isspace():
            return
        check_json(line.data)
        if line.data.lstrip()[:1] == b"[":
            await self._bundles(line.data, result)
            return
        read = read_export_line(line.data)
        if read.type == "Bundle":
            for chart in single_charts(line.data):
                await self._decide_bundles([chart], result)
            return
        if read.type in READ_TYPES:
            result.types.add(read.type)
        record = record_of(read, self.codes, self.plan.hook)
        if record is not None:
            spool.put(record)

    async def _bundles(self, data: bytes, result: TaskResult) -> None:
        """A list of Bundles that are the pages of one chart, as `evaluate` takes it."""
        try:
            bundles = [bytes(bundle) for bundle in msgspec.json.decode(data, type=list[msgspec.Raw])]
        except (msgspec.MsgspecError, RecursionError):
            raise UnreadableLine("no FHIR resource") from None
        await self._decide_bundles(bundles, result)

    async def _decide_bundles(self, bundles: list[bytes], result: TaskResult) -> None:
        await self._decide("", lambda: bundle_request(bundles, self.plan.hook, None)[0], result)

    async def _evaluate(self, partition: int, obtained: frozenset[str]) -> TaskResult:
        result = TaskResult()
        charts: dict[str, list[Record]] = {}
        for segment in read_partition(self.plan.spool, partition, self.plan.partitions):
            for record in segment:
                charts.setdefault(record.owner, []).append(record)
        shelf = MedicationShelf(self.plan.spool)
        keys = sorted(obtained)
        try:
            for patient, records in charts.items():
                body = _body_builder(patient, records, keys, self.plan.hook, shelf.get)
                await self._decide(patient, body, result)
        finally:
            shelf.close()
        return result

    async def _decide(self, patient: str, body: Callable[[], bytes], result: TaskResult) -> None:
        """Count one chart; one that cannot be evaluated is counted with its reason and costs only itself.

        Without `patient` the body is made of a Bundle: UnusableChart is raised, since it is the line that is wrong.
        """
        try:
            request = decode(body())
            patient = request.context.patient_id
            decision = await self.offline.decide(request)
        except NoDraftOrder:
            result.tally.without_orders += 1
            return
        except (PreconditionFailed, BadRequest) as error:
            problem = error.diagnostics
        except UnusableChart as error:
            if not patient:
                raise
            problem = str(error)
        except Exception:  # one chart of a million must not end the screening; it is counted, and status 1 says so
            problem = _UNEXPECTED
        else:
            found = found_in(decision)
            result.tally.count(decision, found)
            if decision.cards or decision.shadow_cards or not self.silent.issuperset(found.fired):
                scenarios = decision.assessment.scenarios
                result.rows.append(PatientRow(patient, found.fired, scenarios, len(decision.cards)))
            return
        result.tally.refused[problem] += 1
        result.rows.append(PatientRow(patient, problem=problem))


@lru_cache(maxsize=1)
def open_screening(plan: Plan) -> Screening:
    """The screening of this process; the knowledge is loaded once. Raises StartRefused, KnowledgeError."""
    knowledge = knowledge_of_site(load_knowledge(knowledge_folder()), plan.settings.site_file)
    offline = offline_service(knowledge, plan.settings, plan.today)
    silent = frozenset(scenario.id for scenario in knowledge.scenarios if scenario.kind == "silent")
    return Screening(plan, offline, frozenset(observation_codes(knowledge)), silent)


def _read_lines(part: Slice, number: int, result: TaskResult) -> Iterator[Line]:
    """The lines of a slice; where the file cannot be read on, that is a problem of the line after the last."""
    last = 0
    try:
        for line in lines_of(part):
            last = line.number
            yield line
    except (OSError, EOFError, zlib.error):
        result.complain(number, Problem(part.path, last + 1, "the file cannot be read on"))


def _body_builder(
    patient: str, records: list[Record], keys: Iterable[str], hook: str, look_up: Callable[[str], bytes | None]
) -> Callable[[], bytes]:
    return lambda: export_body(patient, records, keys, hook, look_up)
