"""Identity and silence: the same call gives the same bytes, and some patients get no card whatever else is recorded."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.properties.answering import cards_of, uuids_of
from tests.properties.strategies import CLOSED, CONDITIONS, HOOKS, KNOWLEDGE, QUICK, charts, conditions
from treatment_algorithm.features import PatientFeatures

_MEANT = frozenset(c for name in ("calcinosis_cutis", "dm", "jdm") for c in KNOWLEDGE.concepts.expand(name))
_OTHERS = st.frozensets(
    st.sampled_from([concept for concept in CONDITIONS if concept not in _MEANT]), min_size=1, max_size=2
)


@pytest.mark.checklist("REQ-18")
@QUICK
@given(features=charts(), hook=st.sampled_from(HOOKS))
def test_the_same_call_gives_the_same_bytes(features: PatientFeatures, hook: str) -> None:
    """Decision 20."""
    assert cards_of(features, hook) == cards_of(features, hook)


@pytest.mark.checklist("CARD-1")
@QUICK
@given(features=charts(), hook=st.sampled_from(HOOKS))
def test_another_hook_instance_gives_other_uuids_and_nothing_else(features: PatientFeatures, hook: str) -> None:
    first, second = cards_of(features, hook, "first"), cards_of(features, hook, "second")
    ours, others = list(uuids_of(first)), list(uuids_of(second))
    assert len(set(ours)) == len(ours)
    assert not set(ours) & set(others)
    for mine, other in zip(ours, others, strict=True):
        first = first.replace(mine.encode(), other.encode()).replace(f"-{mine[:8]}".encode(), f"-{other[:8]}".encode())
    assert first == second


@QUICK
@given(features=charts(), hook=st.sampled_from(HOOKS))
def test_a_deceased_patient_gets_no_card(features: PatientFeatures, hook: str) -> None:
    deceased = replace(features, patient=replace(features.patient, deceased=True))
    assert cards_of(deceased, hook) == b"[]"


@QUICK
@given(features=charts(st.just(CLOSED), conditions(_OTHERS)))
def test_without_calcinosis_and_dermatomyositis_the_chart_gets_no_card(features: PatientFeatures) -> None:
    assert cards_of(features, "patient-view") == b"[]"


@QUICK
@given(features=charts(st.just(CLOSED), conditions(_OTHERS)), hook=st.sampled_from(("order-select", "order-sign")))
def test_without_calcinosis_and_dermatomyositis_an_order_gets_no_card(features: PatientFeatures, hook: str) -> None:
    """Decision 35."""
    assert cards_of(features, hook) == b"[]"
