"""Story files: what a clinician may write, and what is refused with the story's name."""

from datetime import date
from pathlib import Path

import pytest

from tests.support.story_files import StoryError, load_stories, read_stories
from treatment_algorithm.features import Group, StopReason
from treatment_algorithm.partial_date import PartialDate

HEAD = "- {id: a-story, about: [SC-ACTIVE], kind: fires, title: A story, patient: {age: 9}, expect: {}, "


def test_the_word_on_is_a_key_and_no_truth_value() -> None:
    (story,) = read_stories(HEAD + "measurements: [{is: heart_rate, value: 66, unit: /min, on: 2026-11-10}]}", "a.yaml")
    assert story.measurements[0].on == PartialDate(2026, 11, 10)


@pytest.mark.parametrize(
    ("written", "meant"),
    [("2026-11-10", PartialDate(2026, 11, 10)), ("2026-11", PartialDate(2026, 11)), ("2026", PartialDate(2026))],
)
def test_dates_are_a_day_a_month_or_a_year(written: str, meant: PartialDate) -> None:
    (story,) = read_stories(HEAD + f"conditions: [{{is: dermatomyositis, onset: {written}}}]}}", "a.yaml")
    assert story.conditions[0].onset == meant
    assert story.conditions[0].recorded_date == meant


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("conditions: [{is: dermatomyositis, onsett: 2021}]}", "onsett"),
        ("conditions: [{is: dermatomyositis, onset: soon}]}", "a date is written"),
        ("conditions: [{onset: 2021}]}", "needs 'is', 'text' or 'code'"),
        ("orders: [{is: diltiazem}]}", "hook: order-select"),
        ("hook: order-select, missing: [orders]}", "never missing"),
        ("missing: [moon]}", "moon"),
        ("drugs: [{is: methotrexate, stopped_because: bored}]}", "means: failed"),
        ("kind: fires}", "given twice"),
    ],
)
def test_what_is_not_in_the_format_is_refused_by_name(written: str, reason: str) -> None:
    with pytest.raises(StoryError, match=reason) as refused:
        read_stories(HEAD + written, "a.yaml")
    assert "a.yaml" in str(refused.value)


@pytest.mark.parametrize("text", ["", "id: x", "[", "- 1"])
def test_a_file_that_is_no_list_of_stories_is_refused(text: str) -> None:
    with pytest.raises(StoryError, match=r"a\.yaml"):
        read_stories(text, "a.yaml")


def test_one_id_in_two_files_is_refused(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(HEAD + "hook: patient-view}", encoding="utf-8")
    with pytest.raises(StoryError, match=r"b\.yaml: story id a-story occurs twice"):
        load_stories([tmp_path])


@pytest.mark.parametrize(
    ("reason", "meaning"),
    [
        ("no response", StopReason.FAILED),
        ("ineffective", StopReason.FAILED),
        ("sintol", StopReason.NOT_USABLE),
        ("labint", None),
        ("washout", None),
    ],
)
def test_a_stop_reason_means_what_the_clinical_source_says(reason: str, meaning: StopReason | None) -> None:
    (story,) = read_stories(HEAD + f"drugs: [{{is: methotrexate, stopped_because: {reason}}}]}}", "a.yaml")
    assert story.drugs[0].recorded_status == "stopped"
    assert story.drugs[0].stop_reason is meaning


def test_an_age_is_completed_years_with_a_birthday_far_from_the_day_of_the_story() -> None:
    (story,) = read_stories(HEAD + "unreadable: {medications: 2}}", "a.yaml")
    assert story.patient.birth_date(date(2026, 11, 22)) == PartialDate(2017, 5, 15)
    assert story.patient.birth_date(date(2026, 2, 3)) == PartialDate(2016, 8, 15)
    assert story.unreadable == {Group.MEDICATIONS: 2}
