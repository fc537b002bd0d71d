"""What is invalid in a chart: FHIR R4 by fhir.resources, and what this service cannot read (decision 7).

A finding names the resource, the element and the kind of problem, never the value.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from fhir.resources import R4B
from pydantic import ValidationError

from cds_service.commands.bundle_request import KEY_OF_TYPE
from cds_service.commands.chart_entry import ChartEntry
from treatment_algorithm.features import Issue

_ELEMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}", re.ASCII)
_KINDS = {
    "missing": "is required and missing",
    "extra_forbidden": "is no element of this resource",
    "value_error": "has a value that FHIR does not allow",
    "string_pattern_mismatch": "has a value that FHIR does not allow",
    "too_short": "has too few items",
}
_SERVICE_KINDS = {
    "unreadable": "cannot be read by this service",
    "other-patient": "is about another patient",
    "not-resolved": "points to a Medication that is not in the chart",
    "client-error": "holds an OperationOutcome",
    "unknown-drug": "says no drug by code or name",
    "unit": "has a value in a unit that cannot be converted",
}


@dataclass(frozen=True, slots=True)
class ChartFinding:
    """One thing that is wrong: `Type/id` or the entry's place, the element's path (empty: all of it), the kind."""

    resource: str
    element: str
    kind: str


def check_entries(entries: Iterable[ChartEntry]) -> list[ChartFinding]:
    """What fhir.resources (R4B) finds in the entries of the types that the service reads, each finding once."""
    return list(dict.fromkeys(finding for entry in entries for finding in _check_entry(entry)))


def issue_findings(issues: Iterable[Issue]) -> list[ChartFinding]:
    """What the mapping of the service could not use; a group that is missing or cut short is a gap, not invalid."""
    return [
        ChartFinding(issue.reference or str(issue.group), "", _SERVICE_KINDS[issue.kind])
        for issue in issues
        if issue.kind in _SERVICE_KINDS
    ]


def _check_entry(entry: ChartEntry) -> Iterator[ChartFinding]:
    if entry.type is None:
        yield ChartFinding(f"entry {entry.position + 1}", "", "cannot be read: it holds no resource with a type")
    elif entry.type in KEY_OF_TYPE:
        place = f"{entry.type}/{entry.id}" if entry.id else f"{entry.type} (entry {entry.position + 1})"
        for element, kind in _complaints(entry):
            yield ChartFinding(place, element, kind)


def _complaints(entry: ChartEntry) -> Iterator[tuple[str, str]]:
    try:
        content = msgspec.json.decode(entry.raw)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        yield "", "cannot be read: it is no JSON"
        return
    try:
        R4B.get_fhir_model_class(entry.type).model_validate(content)
    except ValidationError as error:
        # The messages of fhir.resources may repeat values: only place and type of a problem are used.
        for problem in error.errors(include_url=False, include_context=False, include_input=False):
            yield _path(problem["loc"]), _kind(problem["type"])
    except RecursionError:
        yield "", "cannot be read: it is nested too deep"


def _path(location: Iterable[Any]) -> str:
    path = ""
    for step in location:
        if isinstance(step, int):
            path += f"[{step}]"
        else:
            name = step if _ELEMENT.fullmatch(step) else "(not an element name)"
            path += f".{name}" if path else name
    return path


def _kind(problem: str) -> str:
    if problem in _KINDS:
        return _KINDS[problem]
    wrong_type = problem.endswith(("_type", "_parsing"))
    return "has the wrong type" if wrong_type else f"is not valid ({problem.replace('_', ' ')})"
