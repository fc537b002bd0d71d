"""Whatever the chart holds: assess and compose_cards never raise, and every answer keeps the core of the lint."""

from hypothesis import given
from hypothesis import strategies as st

from tests.properties.answering import answered
from tests.properties.strategies import HOOKS, THOROUGH, charts
from tests.unit.cards.card_lint import lint_answer
from treatment_algorithm.features import PatientFeatures


@THOROUGH
@given(features=charts(), hook=st.sampled_from(HOOKS))
def test_any_chart_gets_an_answer_that_passes_the_lint(features: PatientFeatures, hook: str) -> None:
    assert lint_answer(answered(features, hook)) == []
