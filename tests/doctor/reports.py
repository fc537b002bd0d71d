"""What the tests of `doctor` share: running one of its coroutines, finding a check, and an EHR that is well."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

import httpx
import respx

from cds_service.doctor.check import Check
from cds_service.ehr.outbound import Inquirer
from cds_service.services import prefetch_templates

BASE = "https://ehr.example.org/fhir"
TEMPLATES = prefetch_templates(("2157-6", "4542-7"))
DATE = "Sun, 22 Nov 2026 12:00:00 GMT"
NOW = 1795348800.0
Json = dict[str, Any]
_Value = TypeVar("_Value")


def run(coroutine: Coroutine[Any, Any, _Value]) -> _Value:
    """Its result; no test here waits for anything real."""
    return asyncio.run(coroutine)


async def with_inquirer(use: Any) -> Any:
    """`use(inquirer)` with an inquirer that is closed afterwards."""
    async with Inquirer(5.0) as inquirer:
        return await use(inquirer)


def now() -> float:
    """The second that the Date header `DATE` names."""
    return NOW


def levels(checks: Iterable[Check]) -> dict[str, str]:
    """The worst level by what a check is about."""
    order = {"ok": 0, "warn": 1, "FAIL": 2}
    found: dict[str, str] = {}
    for check in checks:
        if order[check.level] >= order.get(found.get(check.about, "ok"), 0):
            found[check.about] = check.level
    return found


def sentences(checks: Iterable[Check], about: str) -> str:
    """All that was said about one thing."""
    return " ".join(check.sentence for check in checks if check.about == about)


def resource(kind: str, *parameters: str, interactions: tuple[str, ...] = ("read", "search-type")) -> Json:
    """One entry of a capability statement."""
    return {
        "type": kind,
        "interaction": [{"code": code} for code in interactions],
        "searchParam": [{"name": name} for name in parameters],
    }


def capability_statement(version: str = "4.0.1", without: str = "", **changes: Json) -> Json:
    """A server that supports everything; `changes` by resource type, `without` one type."""
    resources = {
        kind: resource(kind, "patient")
        for kind in (
            "Patient",
            "Condition",
            "MedicationRequest",
            "MedicationStatement",
            "AllergyIntolerance",
            "Procedure",
        )
    }
    resources["Observation"] = resource("Observation", "patient", "code", "_sort", "_count")
    resources["ServiceRequest"] = resource("ServiceRequest", "patient", "status")
    resources["Medication"] = resource("Medication")
    resources |= changes
    resources.pop(without, None)
    rest = [{"mode": "server", "resource": list(resources.values())}]
    return {"resourceType": "CapabilityStatement", "fhirVersion": version, "rest": rest}


def healthy_ehr(router: respx.MockRouter) -> None:
    """Metadata and SMART configuration as they should be."""
    router.get("/metadata").mock(return_value=httpx.Response(200, json=capability_statement(), headers={"date": DATE}))
    router.get("/.well-known/smart-configuration").mock(
        return_value=httpx.Response(200, json={"token_endpoint": f"{BASE}/token", "scopes_supported": ["openid"]})
    )
