"""A Bulk FHIR export of generated charts, for measuring `calcinosis-cds screen`; the same arguments, the same bytes."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from benchmarks.chart_resources import PATIENT_ID, Json, condition, medication_request, observation, patient

_ENTRIES = 8
_TYPES = ("MedicationStatement", "AllergyIntolerance", "Procedure", "ServiceRequest")


def write_charts(folder: Path, patients: int) -> int:
    """Write the charts of `patients` as one file for each resource type, patients interleaved; gives the lines written.

    Two of three have neither dermatomyositis nor calcinosis, so that most charts are silent as in a hospital.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = 0
    with ExitStack() as stack:
        files = {
            kind: stack.enter_context((folder / f"{kind}.ndjson").open("w", encoding="utf-8"))
            for kind in ("Patient", "Condition", "MedicationRequest", "Observation", *_TYPES)
        }
        for number in range(patients):
            files["Patient"].write(_line(patient(), number))
        for entry in range(_ENTRIES):
            for number in range(patients):
                for resource in _resources(entry, number):
                    files[resource["resourceType"]].write(_line(resource, number))
                    written += 1
    return written + patients


def _resources(entry: int, number: int) -> Iterator[Json]:
    # The first two problems of a chart are dermatomyositis and calcinosis.
    yield condition(entry if number % 3 == 0 else entry + 2)
    yield medication_request(entry + number % 3)
    yield observation(entry + number % 5)


def _line(resource: Json, number: int) -> str:
    return json.dumps(resource).replace(PATIENT_ID, f"bench-{number}x") + "\n"
