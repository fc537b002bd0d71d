"""assemble(): the blocks of a detail in their order; what could not be read, in words (rule 7)."""

import pytest

from cards.detail import Section, assemble, could_not_be_read, word_count
from tests.unit.treatment_algorithm.patients import features
from treatment_algorithm.features import Group, GroupState, PatientFeatures


def test_a_heading_stands_before_its_text_and_above_its_bullets() -> None:
    text = assemble([Section("**Evidence:**", "case series."), Section("**Consider**", bullets=["one", "two"])])
    assert text == "**Evidence:** case series.\n\n**Consider**\n- one\n- two"


def test_a_block_with_nothing_to_say_is_left_out() -> None:
    assert assemble([Section("**Consider**"), Section("", "Said.")]) == "Said."


def test_bold_marks_and_bullets_are_no_words() -> None:
    """Lint rule L3."""
    assert word_count("**Consider these**\n- one\n- two words") == 5


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (GroupState(), ""),
        (GroupState(obtained=False, complete=False), "medications (not obtained)"),
        (GroupState(complete=False), "medications (only in part)"),
        (GroupState(unreadable=1), "1 medication entry"),
        (GroupState(unreadable=2), "2 medication entries"),
        (GroupState(complete=False, unreadable=2), "2 medication entries, medications (only in part)"),
    ],
)
def test_a_gap_is_named_with_its_number(state: GroupState, said: str) -> None:
    """Decisions 6 and 11."""
    chart: PatientFeatures = features()
    groups = {**chart.groups, Group.MEDICATIONS: state}
    assert could_not_be_read(PatientFeatures(patient=chart.patient, groups=groups)) == said
