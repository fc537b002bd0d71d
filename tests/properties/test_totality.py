"""Whatever the chart holds: assess and compose_cards never raise, and every answer passes the lint."""

from hypothesis import given
from hypothesis import strategies as st

from cds_service.card_lint.answered import words
from cds_service.card_lint.lint import lint_answer
from tests.properties.answering import answered
from tests.properties.strategies import HOOKS, THOROUGH, charts
from treatment_algorithm.features import PatientFeatures

# A chart that collides with everything and could hardly be read has more that must never be cut (card-style rule 7)
# than 150 words hold; the stories, the worked cards and the demo charts keep to the limit itself.
DENSEST = 190


@THOROUGH
@given(features=charts(), hook=st.sampled_from(HOOKS))
def test_any_chart_gets_an_answer_that_passes_the_lint(features: PatientFeatures, hook: str) -> None:
    answer = answered(features, hook)
    assert [complaint for complaint in lint_answer(answer) if not complaint.startswith("L3:")] == []
    assert all(words(card["detail"]) <= DENSEST for card in answer.cards)
