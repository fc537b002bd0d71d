"""A key that is absent, null, an OperationOutcome, empty or partial: different things (DATA-1..5, decisions 10, 11)."""

from typing import Any

import pytest
import respx
from starlette.testclient import TestClient

from tests.service.ehr import (
    SEARCH_KEYS,
    DecideOnce,
    bundle,
    complete_prefetch,
    condition,
    diagnostics,
    hook_body,
    operation_outcome,
    patient,
    with_access,
    without,
)
from treatment_algorithm.features import Group, GroupState

ADDRESS = "/cds-services/calcinosis-patient-view"
DEGRADING = [key for key in SEARCH_KEYS if key != "conditions"]


def post(service: TestClient, prefetch: Any) -> Any:
    return service.post(ADDRESS, json=hook_body(prefetch=prefetch))


@pytest.mark.checklist("DATA-1", "DATA-2", "ERR-2")
@pytest.mark.parametrize("key", ["patient", "conditions"])
def test_a_required_key_left_out_without_fhir_access_is_412_and_named(
    service: TestClient, decide: DecideOnce, key: str
) -> None:
    """DATA-1, DATA-2, ERR-2: never a silent empty list."""
    answer = post(service, without(complete_prefetch(), key))
    assert answer.status_code == 412
    assert f"'{key}'" in diagnostics(answer)
    assert decide.charts == []


@pytest.mark.checklist("DATA-2")
@pytest.mark.parametrize("key", DEGRADING)
def test_any_other_key_left_out_opens_its_group(service: TestClient, decide: DecideOnce, key: str) -> None:
    """DATA-2, decision 5: unknown, not "no"."""
    assert post(service, without(complete_prefetch(), key)).status_code == 200
    state = decide.charts[0].groups[Group(key)].state
    assert not state.obtained
    assert not state.closed


@pytest.mark.checklist("DATA-3")
@pytest.mark.parametrize("key", [*DEGRADING, "conditions"])
def test_null_is_known_empty(service: TestClient, decide: DecideOnce, key: str) -> None:
    """DATA-3."""
    assert post(service, complete_prefetch() | {key: None}).status_code == 200
    assert decide.charts[0].groups[Group(key)].state == GroupState()


@pytest.mark.checklist("DATA-3")
def test_a_null_patient_is_412(service: TestClient) -> None:
    """DATA-1: null says that there is no patient."""
    assert post(service, complete_prefetch() | {"patient": None}).status_code == 412


@pytest.mark.checklist("DATA-4")
@pytest.mark.parametrize("key", DEGRADING)
def test_an_operation_outcome_opens_its_group_and_is_not_fetched_again(
    service: TestClient, decide: DecideOnce, fhir: respx.MockRouter, key: str
) -> None:
    """DATA-4, decision 10: with FHIR access the client's own error is still the client's."""
    body = hook_body(prefetch=complete_prefetch() | {key: operation_outcome()})
    assert service.post(ADDRESS, json=with_access(body)).status_code == 200
    assert not decide.charts[0].groups[Group(key)].state.closed
    assert [issue.kind for issue in decide.charts[0].groups[Group(key)].issues] == ["client-error"]
    assert fhir.calls.call_count == 0


@pytest.mark.checklist("DATA-4")
@pytest.mark.parametrize("key", ["patient", "conditions"])
def test_an_operation_outcome_under_a_required_key_is_412(service: TestClient, key: str) -> None:
    """DATA-4."""
    assert post(service, complete_prefetch() | {key: operation_outcome()}).status_code == 412


@pytest.mark.checklist("DATA-5")
def test_empty_bundles_are_no_data_and_no_error(service: TestClient, decide: DecideOnce) -> None:
    """DATA-5: evaluated, every group closed."""
    assert post(service, complete_prefetch()).status_code == 200
    assert all(decide.charts[0].groups[Group(key)].state.closed for key in SEARCH_KEYS)


def test_a_bundle_cut_short_without_fhir_access_counts_and_stays_open(service: TestClient, decide: DecideOnce) -> None:
    """Decision 5: what was read counts, what was not found is unknown."""
    partial = bundle(condition("c-1"), next_url="https://ehr.example.org/fhir?page=2")
    assert post(service, complete_prefetch() | {"conditions": partial}).status_code == 200
    read = decide.charts[0].groups[Group.CONDITIONS]
    assert [resource.id for resource in read.resources] == ["c-1"]
    assert read.state.obtained
    assert not read.state.complete


def test_another_patient_than_the_contexts_is_412(service: TestClient, decide: DecideOnce) -> None:
    """Decision 9; the race after a SMART launch of ehr-clients-and-servers.md 1.5."""
    answer = post(service, complete_prefetch() | {"patient": patient("somebody-else")})
    assert answer.status_code == 412
    assert "somebody-else" not in answer.text
    assert decide.charts == []


@pytest.mark.checklist("DATA-13")
@pytest.mark.parametrize("key", list(complete_prefetch()))
@pytest.mark.parametrize(
    "value", [{"resourceType": "Basic"}, "text", 7, [], {}, {"resourceType": "Bundle", "entry": 1}]
)
def test_a_wrong_type_under_a_key_is_no_5xx(service: TestClient, decide: DecideOnce, key: str, value: Any) -> None:
    """DATA-13: required keys 412, the others an open group."""
    answer = post(service, complete_prefetch() | {key: value})
    if key in ("patient", "conditions"):
        assert answer.status_code == 412
    else:
        assert answer.status_code == 200
        assert not decide.charts[0].groups[Group(key)].state.closed


@pytest.mark.checklist("DATA-1", "DATA-14")
@pytest.mark.parametrize("prefetch", [{}, None])
def test_no_prefetch_at_all_is_412(service: TestClient, prefetch: Any) -> None:
    """DATA-14: nothing given, nothing to read it from."""
    body = hook_body()
    body["prefetch"] = prefetch
    assert service.post(ADDRESS, json=body).status_code == 412


@pytest.mark.checklist("DATA-14")
@pytest.mark.parametrize("prefetch", [[], "text", 1, True])
def test_a_prefetch_that_is_no_object_is_400(service: TestClient, prefetch: Any) -> None:
    """DATA-14."""
    assert service.post(ADDRESS, json=hook_body(prefetch=prefetch)).status_code == 400


def test_conditions_of_which_nothing_is_readable_are_412(service: TestClient) -> None:
    """Goal G2: no silent false negative."""
    broken = bundle(condition("c-1") | {"code": "not a CodeableConcept"})
    assert post(service, complete_prefetch() | {"conditions": broken}).status_code == 412


def test_one_broken_condition_costs_only_itself(service: TestClient, decide: DecideOnce) -> None:
    """Decision 6."""
    broken = bundle(condition("c-1") | {"code": "not a CodeableConcept"}, condition("c-2"))
    assert post(service, complete_prefetch() | {"conditions": broken}).status_code == 200
    read = decide.charts[0].groups[Group.CONDITIONS]
    assert [resource.id for resource in read.resources] == ["c-2"]
    assert read.state.unreadable == 1
