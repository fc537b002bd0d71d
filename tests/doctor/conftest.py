"""The FHIR server of the EHR, played by respx."""

from collections.abc import Iterator

import pytest
import respx

from tests.doctor.reports import BASE


@pytest.fixture
def ehr() -> Iterator[respx.MockRouter]:
    """What it was not told to answer fails the test."""
    with respx.mock(base_url=BASE, assert_all_called=False) as router:
        yield router
