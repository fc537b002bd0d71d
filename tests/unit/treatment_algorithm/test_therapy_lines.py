"""Therapy lines and what became of them (evidence.md 2.2, decisions 14, 28 to 30)."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.unit.treatment_algorithm.patients import Clinic, condition, day, drug
from treatment_algorithm.features import MedicationFact, Proof, StopReason
from treatment_algorithm.therapy_lines import TherapyLine

START = date(2025, 1, 1)


def lines(clinic: Clinic, *facts: Any) -> tuple[TherapyLine, ...]:
    return clinic.case(*facts).lines


def only(clinic: Clinic, *facts: Any) -> TherapyLine:
    (line,) = lines(clinic, *facts)
    return line


def after(days: int) -> str:
    return (START + timedelta(days=days)).isoformat()


def test_requests_that_overlap_are_one_line_from_the_first_start_to_the_last_end(clinic: Clinic) -> None:
    line = only(
        clinic, drug("methotrexate", "2025-03-01", "2025-08-01"), drug("methotrexate", "2025-01-01", "2025-04-01")
    )
    assert (line.start, line.end, line.current) == (day("2025-01-01"), day("2025-08-01"), False)


@pytest.mark.parametrize(("gap", "count"), [(0, 1), (90, 1), (91, 2)])
def test_a_renewal_within_ninety_days_is_the_same_line(clinic: Clinic, gap: int, count: int) -> None:
    """Decision 29."""
    first = drug("methotrexate", "2024-01-01", START.isoformat())
    assert len(lines(clinic, first, drug("methotrexate", after(gap)))) == count


def test_a_current_renewal_makes_the_whole_line_current(clinic: Clinic) -> None:
    line = only(clinic, drug("methotrexate", "2025-01-01", "2025-06-01"), drug("methotrexate", "2025-06-15"))
    assert (line.start, line.end, line.current) == (day("2025-01-01"), None, True)


def test_a_long_request_bridges_what_follows_it_although_a_shorter_one_lies_between(clinic: Clinic) -> None:
    facts = [
        drug("methotrexate", "2024-01-01", "2025-06-01"),
        drug("methotrexate", "2024-02-01", "2024-03-01"),
        drug("methotrexate", "2025-07-01", "2025-08-01"),
    ]
    assert len(lines(clinic, *facts)) == 1


def test_an_undated_statement_joins_the_line_of_its_drug(clinic: Clinic) -> None:
    line = only(clinic, drug("methotrexate", "2025-01-01", "2025-06-01"), drug("methotrexate"))
    assert (line.start, line.current) == (day("2025-01-01"), True)


def test_two_drugs_are_two_lines(clinic: Clinic) -> None:
    both = lines(clinic, drug("mycophenolate", "2025-01-01"), drug("methotrexate", "2025-01-01"))
    assert [line.therapy for line in both] == ["methotrexate", "mycophenolate"]


def test_a_drug_that_is_not_confirmed_is_no_line(clinic: Clinic) -> None:
    assert lines(clinic, drug("methotrexate", "2025-01-01", unconfirmed=True)) == ()


def test_a_topical_corticosteroid_is_no_line(clinic: Clinic) -> None:
    assert lines(clinic, drug("prednisolone", "2025-01-01", route="topical")) == ()
    assert len(lines(clinic, drug("prednisolone", "2025-01-01", route="oral"))) == 1


def test_an_entry_with_ingredient_and_class_is_the_line_of_the_ingredient(clinic: Clinic) -> None:
    fact = MedicationFact(
        frozenset({"infliximab", "class_anti_tnf"}), drug("infliximab").standing, Proof("MedicationRequest/both")
    )
    assert [line.concept for line in lines(clinic, fact)] == ["infliximab"]


def test_a_recorded_reason_is_a_failure_at_any_time(clinic: Clinic) -> None:
    line = only(clinic, drug("methotrexate", after(0), after(7), stop_reason=StopReason.FAILED))
    assert (line.failed, line.failed_by) == (True, "reason")


def test_the_reason_of_an_earlier_request_is_the_reason_of_its_line(clinic: Clinic) -> None:
    first = drug("methotrexate", after(0), after(30), stop_reason=StopReason.FAILED)
    line = only(clinic, first, drug("methotrexate", after(40), after(60)))
    assert (line.failed_by, line.failed_on) == ("reason", first.proof)


def test_stopped_for_intolerance_is_neither_failed_nor_untold(clinic: Clinic) -> None:
    line = only(clinic, drug("methotrexate", after(0), after(7), stop_reason=StopReason.NOT_USABLE))
    assert (line.failed, line.failed_by, line.untold) == (False, None, False)


def test_a_stop_without_reason_is_untold_and_a_current_drug_is_not(clinic: Clinic) -> None:
    assert only(clinic, drug("methotrexate", after(0), after(7))).untold
    assert not only(clinic, drug("methotrexate", after(0))).untold


# therapies of evidence.md 2.2 with their minimum trial in weeks
MINIMUM = {
    "methotrexate": 12,
    "mycophenolate": 12,
    "azathioprine": 12,
    "cyclosporine": 12,
    "tacrolimus": 12,
    "infliximab": 12,
    "adalimumab": 12,
    "etanercept": 12,
    "immune_globulin": 16,
    "rituximab": 26,
}


@pytest.mark.parametrize(("name", "weeks"), list(MINIMUM.items()))
def test_calcinosis_dated_at_the_minimum_trial_counts_and_one_day_before_does_not(
    clinic: Clinic, name: str, weeks: int
) -> None:
    """Decision 30."""
    taken = drug(name, START.isoformat())
    in_time = only(clinic, taken, condition("calcinosis_cutis", on=after(weeks * 7)))
    too_early = only(clinic, taken, condition("calcinosis_cutis", on=after(weeks * 7 - 1)))
    assert (in_time.failed, in_time.failed_by) == (True, "date")
    assert not too_early.failed


@pytest.mark.parametrize(("days", "failed"), [(0, True), (84, True), (85, False)])
def test_calcinosis_counts_until_twelve_weeks_after_the_stop(clinic: Clinic, days: int, failed: bool) -> None:
    stop = START + timedelta(days=200)
    taken = drug("methotrexate", START.isoformat(), stop.isoformat())
    new = condition("calcinosis_cutis", on=(stop + timedelta(days=days)).isoformat())
    assert only(clinic, taken, new).failed is failed


@pytest.mark.parametrize("name", ["diltiazem", "prednisolone", "sodium_thiosulfate", "abatacept", "tofacitinib"])
def test_these_never_fail_by_a_date(clinic: Clinic, name: str) -> None:
    """Evidence.md 2.2 for diltiazem and corticosteroids; decision 39 for the others; no trial length is given."""
    line = only(clinic, drug(name, "2015-01-01"), condition("calcinosis_cutis", on="2025-01-01"))
    assert not line.failed


def test_calcinosis_without_onset_is_dated_by_its_recording(clinic: Clinic) -> None:
    taken = drug("methotrexate", START.isoformat())
    assert only(clinic, taken, condition("calcinosis_cutis", recorded=day(after(300)))).failed


def test_an_active_entry_without_date_is_no_proof_of_failure(clinic: Clinic) -> None:
    assert not only(clinic, drug("methotrexate", START.isoformat()), condition("calcinosis_cutis")).failed


@pytest.mark.parametrize("standing", ["past", "remission", "suspected"])
def test_calcinosis_that_is_not_current_proves_no_failure(clinic: Clinic, standing: str) -> None:
    taken = drug("methotrexate", START.isoformat())
    assert not only(clinic, taken, condition("calcinosis_cutis", standing, on=after(300))).failed


@pytest.mark.parametrize(("start", "onset"), [("2025", "2025-12-01"), ("2025-01-01", "2025"), (None, "2025-12-01")])
def test_a_date_that_leaves_it_open_proves_no_failure(clinic: Clinic, start: str | None, onset: str) -> None:
    assert not only(clinic, drug("methotrexate", start), condition("calcinosis_cutis", on=onset)).failed


def test_a_past_course_without_an_end_proves_no_failure(clinic: Clinic) -> None:
    line = only(
        clinic, drug("methotrexate", "2020-01-01", standing="past"), condition("calcinosis_cutis", on="2025-01-01")
    )
    assert (line.failed, line.untold) == (False, True)


def test_the_line_keeps_the_references_of_all_its_entries(clinic: Clinic) -> None:
    first, second = drug("methotrexate", "2025-01-01", "2025-03-01"), drug("methotrexate", "2025-03-10")
    assert only(clinic, first, second).proofs == (first.proof, second.proof)


def test_the_hospital_child_of_the_specification_is_resistant_and_not_refractory(clinic: Clinic) -> None:
    """Evidence.md 2.2: calcinosis after nine months of prednisolone and methotrexate is one failed line."""
    facts = [
        drug("prednisolone", "2026-02-01"),
        drug("methotrexate", "2026-02-01"),
        condition("calcinosis_cutis", on="2026-11-01"),
    ]
    assert [(line.therapy, line.failed) for line in lines(clinic, *facts)] == [
        ("corticosteroid", False),
        ("methotrexate", True),
    ]
