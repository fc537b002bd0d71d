"""coverage_gaps: a rule counts as told when a story fires it, one nearly does, and one lacks the data for it."""

import pytest

from tests.support.story import Kind, Story
from tests.support.story_coverage import coverage_gaps, unknown_subjects


def told(kind: Kind, *about: str) -> Story:
    return Story.model_validate(
        {
            "id": f"about-{kind.value}",
            "about": about,
            "kind": kind,
            "title": "A story",
            "patient": {"age": 9},
            "expect": {},
        }
    )


EVERY_KIND = tuple(told(kind, "SC-ACTIVE", "R-DILT") for kind in Kind)


def test_a_rule_with_a_story_of_each_kind_has_no_gap() -> None:
    assert coverage_gaps(["SC-ACTIVE", "R-DILT"], EVERY_KIND) == []


@pytest.mark.parametrize("kind", list(Kind))
def test_a_missing_kind_is_named_with_its_rule(kind: Kind) -> None:
    others = [story for story in EVERY_KIND if story.kind is not kind]
    assert coverage_gaps(["R-DILT"], others) == [f"R-DILT: no story of kind {kind.value}"]


def test_a_rule_without_any_story_has_three_gaps() -> None:
    assert len(coverage_gaps(["R-SURG"], EVERY_KIND)) == 3


def test_a_story_about_a_rule_that_does_not_exist_is_named() -> None:
    story = told(Kind.FIRES, "SC-ACTIVE", "R-GONE")
    assert unknown_subjects(["SC-ACTIVE"], [story]) == ["about-fires: R-GONE is no rule"]
