"""Write demo/hook-requests/*.json from the charts, as an EHR would fill the prefetch keys of decision 10.

    python -m demo.build_requests

One patient-view request for every chart, and every call of demo/hook-calls.json. Nothing here is random and no clock
is read: the same charts give the same bytes, and tests/demo holds the files to them. One request of each hook is also
an example of the OpenAPI description; there it is written without blanks.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

DEMO = Path(__file__).resolve().parent
REQUESTS = DEMO / "hook-requests"
EXAMPLES = DEMO.parent / "cds_service" / "openapi" / "examples"
_EXAMPLE_HOOKS = ("patient-view", "order-select", "order-sign")
_EHR = "https://ehr.example.org/fhir"
# Decision 10; `referrals` is narrowed below, as its template narrows it.
_SEARCHES = {
    "conditions": "Condition",
    "medications": "MedicationRequest",
    "statements": "MedicationStatement",
    "allergies": "AllergyIntolerance",
    "procedures": "Procedure",
    "observations": "Observation",
    "referrals": "ServiceRequest",
}

Json = dict[str, Any]


def chart_files() -> dict[str, Path]:
    """Every chart by its name: the patients, and the charts that no FHIR server would take."""
    return {
        path.stem: path for folder in ("patients", "broken-charts") for path in sorted((DEMO / folder).glob("*.json"))
    }


def build_requests() -> Iterator[tuple[str, Json]]:
    """File name and body of every demo request.

    Raises KeyError for a call of hook-calls.json that names no chart.
    """
    charts = {name: read_json(path) for name, path in chart_files().items()}
    for name, chart in charts.items():
        yield _request(f"patient-view.{name}.json", "patient-view", chart, {})
    for call in read_json(DEMO / "hook-calls.json")["calls"]:
        yield _request(call["file"], call["hook"], charts[call["chart"]], call.get("context", {}))


def read_json(path: Path) -> Json:
    """The object in a JSON file."""
    content: Json = json.loads(path.read_text(encoding="utf-8"))
    return content


def as_text(body: Json) -> str:
    """A request body as the files hold it."""
    return json.dumps(body, indent=1, ensure_ascii=False) + "\n"


def api_examples(requests: Mapping[str, Json]) -> dict[str, str]:
    """File name in EXAMPLES -> its text, for one request of each hook."""
    names = (f"{hook}.json" for hook in _EXAMPLE_HOOKS)
    return {name: json.dumps(requests[name], separators=(",", ":")) + "\n" for name in names}


def _request(file: str, hook: str, chart: Json, context: Json) -> tuple[str, Json]:
    resources = [entry["resource"] for entry in chart["entry"]]
    patient, practitioner, visit = (_first(resources, kind) for kind in ("Patient", "Practitioner", "Encounter"))
    return file, {
        "hook": hook,
        "hookInstance": str(uuid5(NAMESPACE_URL, f"{_EHR}/demo/{file}")),
        "context": {
            "userId": f"Practitioner/{practitioner['id']}",
            "patientId": patient["id"],
            "encounterId": visit["id"],
            **context,
        },
        "prefetch": {"patient": patient, **{key: _search(key, kind, resources) for key, kind in _SEARCHES.items()}},
    }


def _first(resources: list[Json], kind: str) -> Json:
    return next(resource for resource in resources if resource["resourceType"] == kind)


def _search(key: str, kind: str, resources: list[Json]) -> Json:
    found = [resource for resource in resources if resource["resourceType"] == kind]
    if key == "observations":
        found.sort(key=lambda observation: str(observation["effectiveDateTime"]), reverse=True)
    if key == "referrals":
        found = [request for request in found if request["status"] == "active"]
    answer: Json = {"resourceType": "Bundle", "type": "searchset", "total": len(found)}
    # FHIR R4 knows no empty list: a search that found nothing has no entry element.
    if found:
        answer["entry"] = [
            {"fullUrl": f"{_EHR}/{kind}/{one['id']}", "resource": one, "search": {"mode": "match"}} for one in found
        ]
    return answer


def main() -> int:
    """Write every file, and take away those that no chart and no call stands for."""
    REQUESTS.mkdir(exist_ok=True)
    bodies = dict(build_requests())
    requests = {file: as_text(body) for file, body in bodies.items()}
    for path in REQUESTS.glob("*.json"):
        if path.name not in requests:
            path.unlink()
    for file, text in requests.items():
        (REQUESTS / file).write_text(text, encoding="utf-8")
    for file, text in api_examples(bodies).items():
        (EXAMPLES / file).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
