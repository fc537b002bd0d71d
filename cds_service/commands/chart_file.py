"""The FILE of `evaluate` and `explain`: a FHIR Bundle, a list of Bundles, or a recorded hook request."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from cds_service.commands.bundle_request import UnusableChart, bundle_request
from cds_service.commands.chart_entry import ChartEntry, read_entries, read_resource
from cds_service.errors import BadRequest
from cds_service.hook_request import PATIENT_VIEW, HookRequest, decode
from cds_service.json_body import NotStrictJson, check_json, read_object

STANDARD_INPUT = Path("-")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class ChartFile:
    """What was in the file: the request of a CDS Client, and the resources in it, in the order of the file.

    `recorded`: whether the file holds the request itself, and not Bundles that one was made of.
    """

    request: HookRequest
    entries: tuple[ChartEntry, ...]
    recorded: bool = False


def read_chart_file(path: Path, hook: str | None, patient_id: str | None) -> ChartFile:
    """The chart of a file (`-`: standard input).

    `hook` (default patient-view) and `patient_id` are for Bundles: a recorded request has its own. Raises
    UnusableChart with a sentence that holds nothing of the file.
    """
    try:
        data = sys.stdin.buffer.read() if path == STANDARD_INPUT else path.read_bytes()
    except OSError as error:
        raise UnusableChart(f"the file cannot be read: {error.strerror}") from None
    return read_chart(data, hook, patient_id)


def read_chart(data: bytes, hook: str | None, patient_id: str | None) -> ChartFile:
    """As `read_chart_file`, from the bytes."""
    data = data.removeprefix(_BYTE_ORDER_MARK)
    try:
        check_json(data)
        if data.lstrip()[:1] == b"[":
            bundles = [bytes(bundle) for bundle in msgspec.json.decode(data, type=list[msgspec.Raw])]
            return _of_bundles(bundles, hook, patient_id)
        if "hook" not in read_object(data):
            return _of_bundles([data], hook, patient_id)
        request = decode(data)
    except NotStrictJson as error:
        raise UnusableChart(f"the file is no JSON that can be used. {error}") from None
    except (msgspec.MsgspecError, RecursionError):
        raise UnusableChart("the file is no JSON that can be used") from None
    except BadRequest as error:
        raise UnusableChart(f"the request in the file cannot be used. {error}") from None
    if hook is not None and hook != request.hook:
        raise UnusableChart("the recorded request is of another hook than --hook says")
    if patient_id is not None and patient_id != request.context.patient_id:
        raise UnusableChart("the recorded request is about another patient than --patient says")
    values = [*request.prefetch.values(), request.context.draft_orders]
    entries = (entry for value in values if value is not None for entry in _entries_of(bytes(value)))
    return ChartFile(request, tuple(entries), recorded=True)


def _of_bundles(bundles: Sequence[bytes], hook: str | None, patient_id: str | None) -> ChartFile:
    body, entries = bundle_request(bundles, hook or PATIENT_VIEW, patient_id)
    return ChartFile(decode(body), tuple(entries))


def _entries_of(value: bytes) -> list[ChartEntry]:
    """The resources of one prefetch value: a Bundle, a single resource, or null."""
    if value == b"null":
        return []
    entry = read_resource(value)
    if entry.type != "Bundle":
        return [entry]
    try:
        return read_entries(msgspec.json.decode(value, type=_Entries).entry)
    except (msgspec.MsgspecError, RecursionError):
        return [ChartEntry(0)]


class _Entries(msgspec.Struct, frozen=True):
    entry: tuple[msgspec.Raw, ...] = ()
