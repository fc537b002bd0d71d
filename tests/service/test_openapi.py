"""The OpenAPI description says what the service does: every address, with examples that are answered."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

from cds_service.decide import decide
from demo.build_requests import EXAMPLES, api_examples, build_requests
from tests.service.ehr import running_service
from tests.service.ehr_client import trusting

Json = dict[str, Any]
BODIES = ("/cds-services/calcinosis-order-sign", "/cds-services/{service_id}/feedback", "/api/evaluate")


@pytest.fixture(scope="module")
def document(client: TestClient) -> Json:
    """The description as a reader gets it."""
    answer = client.get("/openapi.json")
    assert answer.status_code == 200
    described: Json = answer.json()
    return described


def test_every_route_is_described_and_nothing_else(client: TestClient, document: Json) -> None:
    app: Any = client.app
    routes = {
        (re.sub(r"\{\w+\}", "[^/]+", route.path), method.lower())
        for route in app.routes
        if isinstance(route, APIRoute) and route.include_in_schema
        for method in route.methods
    }
    described = {(path, method) for path, methods in document["paths"].items() for method in methods}
    missing = {route for route in routes if not any(served_by(path, *route) for path in described)}
    invented = {path for path in described if not any(served_by(path, *route) for route in routes)}
    assert (missing, invented) == (set(), set())


def served_by(described: tuple[str, str], pattern: str, method: str) -> bool:
    path, described_method = described
    return method == described_method and re.fullmatch(pattern, path) is not None


def test_every_reference_leads_somewhere(document: Json) -> None:
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document)))
    assert named <= set(document["components"]["schemas"])
    assert set(document["components"]["schemas"]) <= named


def test_every_example_is_answered(client: TestClient, document: Json) -> None:
    sent = 0
    for path, methods in document["paths"].items():
        for operation in methods.values():
            content = operation.get("requestBody", {}).get("content", {})
            for example in content.get("application/json", {}).get("examples", {}).values():
                address = path.replace("{service_id}", "calcinosis-patient-view")
                answer = client.post(address, json=example["value"])
                assert answer.status_code == 200
                assert faults(document, operation, answer) == []
                sent += 1
    assert sent == 5


@pytest.mark.parametrize("path", ["/cds-services", "/livez", "/readyz", "/metrics"])
def test_what_a_get_answers_is_described(client: TestClient, document: Json, path: str) -> None:
    assert faults(document, document["paths"][path]["get"], client.get(path)) == []


def test_a_member_that_is_not_described_is_seen(client: TestClient, document: Json) -> None:
    undescribed = json.loads(json.dumps(document))
    del undescribed["components"]["schemas"]["Alive"]["properties"]["status"]
    assert faults(undescribed, undescribed["paths"]["/livez"]["get"], client.get("/livez"))


def faults(document: Json, operation: Json, answer: Any) -> list[str]:
    """What an answer holds, or lacks, against the description of its status."""
    content = operation["responses"][str(answer.status_code)].get("content", {})
    if "application/json" not in content:
        return [] if answer.headers.get("content-type") in {None, *content} else ["another content type"]
    schema = content["application/json"]["schema"] | {"components": document["components"]}
    return [error.message for error in Draft202012Validator(schema).iter_errors(answer.json())]


def test_the_examples_show_cards(client: TestClient, document: Json) -> None:
    operation = document["paths"]["/cds-services/calcinosis-patient-view"]["post"]
    (example,) = operation["requestBody"]["content"]["application/json"]["examples"].values()
    assert client.post("/cds-services/calcinosis-patient-view", json=example["value"]).json()["cards"]


def test_the_examples_are_the_demo_requests() -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in EXAMPLES.glob("*.json")}
    assert written.pop("feedback.json")
    assert written == api_examples(dict(build_requests())), "run: python -m demo.build_requests"


@pytest.mark.parametrize("path", BODIES)
def test_every_refusal_that_a_body_can_meet_is_described(document: Json, path: str) -> None:
    responses = document["paths"][path]["post"]["responses"]
    assert {"200", "400", "401", "404", "405", "408", "413", "415", "503"} <= set(responses)
    assert ("412" in responses) == ("feedback" not in path)
    assert "content" not in responses["401"]
    for status, response in responses.items():
        if status not in ("200", "401"):
            assert response["content"]["application/json"]["schema"] == {
                "$ref": "#/components/schemas/OperationOutcome"
            }


def test_the_page_of_the_description_loads_everything_from_the_service_itself(tmp_path: Path) -> None:
    with running_service(tmp_path, decide) as client:
        page = client.get("/docs")
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
        assert [one for one in loaded if not one.startswith(("docs/", "data:"))] == []
        for one in loaded:
            if one.startswith("docs/"):
                assert client.get(f"/{one}").status_code == 200
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy


def test_production_shows_no_description(tmp_path: Path) -> None:
    """OWASP API8; the addresses stand in the documents of the product."""
    closed = {"environment": "production", "allow_draft_knowledge": True, **trusting(tmp_path)}
    paths = ("/docs", "/docs/start.js", "/docs/swagger-ui-bundle.js", "/openapi.json", "/redoc")
    for values, status in (({}, (200, 200, 200, 200, 404)), (closed, (404, 404, 404, 404, 404))):
        with running_service(tmp_path, decide, **values) as client:
            assert tuple(client.get(path).status_code for path in paths) == status
