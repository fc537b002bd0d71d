"""The service under test, with a stand-in for the decision."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import respx
from starlette.testclient import TestClient

from tests.service.ehr import FHIR_SERVER, DecideOnce, running_service


@pytest.fixture
def decide() -> DecideOnce:
    """The stand-in that the service of this test decides with."""
    return DecideOnce()


@pytest.fixture
def service(tmp_path: Path, decide: DecideOnce) -> Iterator[TestClient]:
    """A running service that may call one FHIR server."""
    with running_service(tmp_path, decide, allowed_fhir_servers=(FHIR_SERVER,)) as client:
        yield client


@pytest.fixture
def fhir() -> Iterator[respx.MockRouter]:
    """The EHR's FHIR server; what it was not told to answer fails the test."""
    with respx.mock(base_url=FHIR_SERVER, assert_all_called=False) as router:
        yield router
