"""SMART 1 and SMART 2 scopes (FHIR-6, FHIR-11)."""

import pytest

from cds_service.ehr.scopes import may_read


@pytest.mark.checklist("FHIR-6")
@pytest.mark.parametrize(
    "scope",
    [
        "patient/Condition.read",
        "user/*.read",
        "patient/*.*",
        "patient/Condition.rs",
        "system/Condition.cruds",
        "launch openid patient/Condition.s?category=problem-list-item",
    ],
)
def test_scopes_that_cover_a_search(scope: str) -> None:
    assert may_read(scope, "Condition", search=True)


@pytest.mark.checklist("FHIR-11")
@pytest.mark.parametrize(
    "scope",
    ["", "launch openid profile", "patient/Observation.read", "patient/Condition.write", "patient/Condition.r", "x"],
)
def test_scopes_that_do_not(scope: str) -> None:
    assert not may_read(scope, "Condition", search=True)


def test_a_read_needs_r_and_a_search_s() -> None:
    assert may_read("patient/Patient.r", "Patient", search=False)
    assert not may_read("patient/Patient.s", "Patient", search=False)


def test_without_a_scope_the_server_decides() -> None:
    assert may_read(None, "Condition", search=True)
