"""An EHR for tests of the service: hook requests as it sends them, and the service it talks to."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, cast

from fastapi import FastAPI
from starlette.testclient import TestClient

from cards.model import Card, Source
from cds_service.app import create_app
from cds_service.decide import Decision
from cds_service.hook_request import HookRequest
from cds_service.settings import Settings
from fhir_mappings.chart import ReadChart
from treatment_algorithm.assessment import Assessment
from treatment_algorithm.features import PatientFeatures
from treatment_algorithm.knowledge_base import KnowledgeBase, knowledge_folder, load_knowledge

FHIR_SERVER = "https://ehr.example.org/fhir"
HOOK_INSTANCE = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"
TOKEN = "opaque-token-4711"
PATIENT_ID = "pat-1"
SEARCH_KEYS = {
    "conditions": "Condition",
    "medications": "MedicationRequest",
    "statements": "MedicationStatement",
    "allergies": "AllergyIntolerance",
    "procedures": "Procedure",
    "observations": "Observation",
    "referrals": "ServiceRequest",
}
Json = dict[str, Any]


@dataclass
class DecideOnce:
    """Stands in for the decision: keeps what it was given, answers with one card, or raises."""

    charts: list[ReadChart] = field(default_factory=list)
    requests: list[HookRequest] = field(default_factory=list)
    days: list[date] = field(default_factory=list)
    failure: Exception | None = None

    def __call__(
        self, request: HookRequest, chart: ReadChart, knowledge: KnowledgeBase, settings: Settings, today: date
    ) -> Decision:
        if self.failure is not None:
            raise self.failure
        self.charts.append(chart)
        self.requests.append(request)
        self.days.append(today)
        told = f"card for {request.hook}"
        card = Card(uuid="c", summary=told, indicator="info", detail="", source=Source(label="test"))
        assessment = Assessment(request.hook, cast(Any, None), {}, (), (), ())
        return Decision((card,), assessment, PatientFeatures())


@cache
def product_knowledge() -> KnowledgeBase:
    """The knowledge of the product, loaded once."""
    return load_knowledge(knowledge_folder())


@contextmanager
def running_service(folder: Path, decide: DecideOnce | None = None, **values: Any) -> Iterator[TestClient]:
    """The service with its data in `folder`, settings `values`, on 22 Nov 2026; exceptions become answers."""
    with TestClient(application(folder, decide, **values), raise_server_exceptions=False) as client:
        yield client


def application(folder: Path, decide: DecideOnce | None = None, **values: Any) -> FastAPI:
    """The application of `running_service`, not yet running."""
    settings = Settings(_env_file=None, **{"database_url": f"sqlite:///{folder / 'test.sqlite3'}"} | values)
    return create_app(
        settings, decide=decide or DecideOnce(), clock=lambda: date(2026, 11, 22), knowledge=product_knowledge()
    )


def patient(patient_id: str = PATIENT_ID) -> Json:
    """A Patient."""
    return {"resourceType": "Patient", "id": patient_id, "birthDate": "2010-03-01", "gender": "female"}


def bundle(*resources: Json, next_url: str | None = None) -> Json:
    """A searchset; without entries as Medplum and others send it."""
    value: Json = {"resourceType": "Bundle", "type": "searchset"}
    if next_url is None:
        value["total"] = len(resources)
    else:
        value["link"] = [{"relation": "next", "url": next_url}]
    if resources:
        value["entry"] = [{"resource": resource, "search": {"mode": "match"}} for resource in resources]
    return value


def condition(condition_id: str) -> Json:
    """Calcinosis cutis, coded as in concepts.csv."""
    return {
        "resourceType": "Condition",
        "id": condition_id,
        "subject": {"reference": f"Patient/{PATIENT_ID}"},
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "L94.2"}]},
    }


def operation_outcome() -> Json:
    """What a client puts where its own search failed."""
    return {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}


def complete_prefetch() -> Json:
    """All eight keys, everything but the patient empty."""
    return {"patient": patient()} | {key: bundle() for key in SEARCH_KEYS}


def hook_body(hook: str = "patient-view", **changes: Any) -> Json:
    """A valid request of `hook` with complete prefetch; a change of None takes the member out."""
    context: Json = {"userId": "Practitioner/dr-1", "patientId": PATIENT_ID}
    if hook != "patient-view":
        order = {
            "resourceType": "MedicationRequest",
            "id": "draft-1",
            "status": "draft",
            "subject": {"reference": f"Patient/{PATIENT_ID}"},
        }
        context["draftOrders"] = {"resourceType": "Bundle", "entry": [{"resource": order}]}
    if hook == "order-select":
        context["selections"] = ["MedicationRequest/draft-1"]
    body = {"hook": hook, "hookInstance": HOOK_INSTANCE, "context": context, "prefetch": complete_prefetch()} | changes
    return {name: value for name, value in body.items() if value is not None}


def with_access(body: Json, server: str = FHIR_SERVER, **authorization: Any) -> Json:
    """`body` with fhirServer and a bearer token."""
    access = {
        "access_token": TOKEN,
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "patient/*.read",
        "subject": "cds-service",
    } | authorization
    return body | {"fhirServer": server, "fhirAuthorization": access}


def without(prefetch: Json, *keys: str) -> Json:
    """`prefetch` without `keys`."""
    return {key: value for key, value in prefetch.items() if key not in keys}


def diagnostics(answer: Any) -> str:
    """The text of an OperationOutcome answer, which must be one with a stable code (ERR-1, ERR-2)."""
    outcome = answer.json()
    assert answer.headers["content-type"] == "application/json"
    assert outcome["resourceType"] == "OperationOutcome"
    (issue,) = outcome["issue"]
    assert issue["severity"] == "error"
    assert issue["details"]["coding"][0]["code"]
    return str(issue["diagnostics"])


def json_lines(text: str) -> list[Json]:
    """The log lines of captured output, each of which must be one JSON object."""
    return [json.loads(line) for line in text.splitlines() if line.strip()]
