"""One deadline from the request's arrival: reading ends in time to decide (reliability.md 1.7; G1)."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx
from starlette.testclient import TestClient

from cds_service.settings import Settings
from tests.service.ehr import FHIR_SERVER, DecideOnce, bundle, hook_body, patient, running_service, with_access

ADDRESS = "/cds-services/calcinosis-patient-view"


def test_an_eighth_of_the_deadline_is_kept_for_deciding() -> None:
    settings = Settings(_env_file=None)
    assert (settings.deadline_seconds, settings.reading_seconds) == (4.0, 3.5)


@pytest.mark.parametrize(("late", "status", "asked"), [(0.0, 200, True), (3.4, 200, True), (3.6, 412, False)])
@pytest.mark.parametrize("address", [ADDRESS, "/api/evaluate"])
def test_the_time_that_the_body_took_is_gone(
    tmp_path: Path, address: str, late: float, status: int, asked: bool
) -> None:
    """The clock of the event loop runs ahead while the body arrives."""
    with (
        running_service(tmp_path, DecideOnce(), allowed_fhir_servers=(FHIR_SERVER,)) as service,
        respx.mock(base_url=FHIR_SERVER, assert_all_called=False) as fhir,
    ):
        fhir.get("/Patient/pat-1").respond(json=patient())
        fhir.route().respond(json=bundle())
        answered = _call_slowly(service, address, late)
        if address == ADDRESS or status != 200:
            assert answered == status
        assert fhir.calls.called is asked


def _call_slowly(service: TestClient, address: str, late: float) -> int:
    body = json.dumps(with_access(hook_body(prefetch=None))).encode()
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        real = type(loop).time
        loop.time = lambda: real(loop) + late  # type: ignore[method-assign]
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    async def call() -> None:
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": address,
            "raw_path": address.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(b"content-type", b"application/json"), (b"host", b"testserver")],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        try:
            await service.app(scope, receive, send)
        finally:
            del asyncio.get_running_loop().time  # type: ignore[attr-defined]

    assert service.portal is not None
    service.portal.call(call)
    return int(sent[0]["status"])


def test_prefetched_data_wait_for_nothing(tmp_path: Path) -> None:
    """A deadline that is over before it began does not matter when all is there."""
    with running_service(tmp_path, DecideOnce(), deadline_seconds=1e-9) as service:
        assert service.post(ADDRESS, json=hook_body()).status_code == 200


def test_a_token_that_ends_earlier_ends_the_reading(tmp_path: Path) -> None:
    """FHIR-7: after its life it is not used, and nobody is blamed."""
    with (
        running_service(tmp_path, DecideOnce(), allowed_fhir_servers=(FHIR_SERVER,), deadline_seconds=1.0) as service,
        respx.mock(base_url=FHIR_SERVER, assert_all_called=False) as fhir,
    ):

        async def never(request: httpx.Request) -> httpx.Response:
            await asyncio.Event().wait()
            return httpx.Response(500)

        fhir.route().mock(side_effect=never)
        for _ in range(6):
            body = with_access(hook_body(prefetch=None), expires_in=0.01)
            assert service.post(ADDRESS, json=body).status_code == 412
        fhir.reset()
        fhir.clear()
        fhir.get("/Patient/pat-1").respond(json=patient())
        fhir.route().respond(json=bundle())
        assert service.post(ADDRESS, json=with_access(hook_body(prefetch=None))).status_code == 200
