"""What `line`, `failed` and `usable` answer (evidence.md 2.2, decisions 5, 9, 14)."""

from typing import Any

import pytest

from tests.unit.treatment_algorithm.patients import Clinic, drug, order
from treatment_algorithm.features import Group, StopReason

OPEN = {"open_groups": [Group.MEDICATIONS]}

LINE = {"line": {"is": "steroid_sparing", "weeks_at_least": 12}}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([drug("methotrexate", "2026-08-30")], "yes"),  # 84 days
        ([drug("methotrexate", "2026-08-31")], "no"),
        ([drug("methotrexate", "2026-08")], "unknown"),
        ([drug("methotrexate")], "unknown"),
        ([drug("methotrexate", "2020-01-01"), drug("mycophenolate", "2026-10-01")], "no"),
        ([drug("methotrexate", "2020-01-01", "2026-01-01")], "no"),
        ([], "no"),
    ],
)
def test_the_newest_current_line_decides_how_long_treatment_has_run(
    clinic: Clinic, facts: list[Any], expected: str
) -> None:
    assert clinic.says(LINE, *facts) == expected


def test_no_line_is_unknown_while_the_drugs_were_not_read(clinic: Clinic) -> None:
    assert clinic.says(LINE, **OPEN) == "unknown"


FAILED = StopReason.FAILED
ONE = {"failed": {"of": ["methotrexate", "mycophenolate"]}}
TWO = {"failed": {"of": ["methotrexate", "mycophenolate"], "at_least": 2}}


@pytest.mark.parametrize(
    ("facts", "one", "two"),
    [
        ([drug("methotrexate", end="2025-01-01", stop_reason=FAILED)], "yes", "no"),
        (
            [
                drug("methotrexate", end="2025-01-01", stop_reason=FAILED),
                drug("mycophenolate", end="2026-01-01", stop_reason=FAILED),
            ],
            "yes",
            "yes",
        ),
        (
            [
                drug("methotrexate", end="2025-01-01", stop_reason=FAILED),
                drug("mycophenolate", end="2026-01-01"),
            ],
            "yes",
            "unknown",
        ),
        ([drug("methotrexate", end="2025-01-01")], "unknown", "no"),
        ([drug("methotrexate", end="2025-01-01", stop_reason=StopReason.NOT_USABLE)], "no", "no"),
        ([drug("methotrexate")], "no", "no"),
        ([drug("diltiazem", end="2025-01-01", stop_reason=FAILED)], "no", "no"),
    ],
)
def test_failures_are_counted_by_therapy_and_a_stop_without_reason_leaves_them_open(
    clinic: Clinic, facts: list[Any], one: str, two: str
) -> None:
    """Evidence.md 2.2: unknown is reached only when the untold stops are counted."""
    assert (clinic.says(ONE, *facts), clinic.says(TWO, *facts)) == (one, two)


def test_two_failed_courses_of_one_drug_are_one_failed_therapy(clinic: Clinic) -> None:
    facts = [
        drug("methotrexate", "2020-01-01", "2020-12-01", stop_reason=FAILED),
        drug("methotrexate", "2023-01-01", "2023-12-01", stop_reason=FAILED),
    ]
    assert clinic.says(TWO, *facts) == "no"


def test_failures_may_be_asked_by_how_they_are_known(clinic: Clinic) -> None:
    fact = drug("methotrexate", end="2025-01-01", stop_reason=FAILED)
    assert clinic.says({"failed": {"of": "methotrexate", "by": "reason"}}, fact) == "yes"
    assert clinic.says({"failed": {"of": "methotrexate", "by": "date"}}, fact) == "no"


def test_no_failure_is_unknown_while_the_drugs_were_not_read(clinic: Clinic) -> None:
    assert clinic.says(ONE, **OPEN) == "unknown"


USABLE = {"usable": "methotrexate"}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([], "yes"),
        ([drug("methotrexate")], "no"),
        ([drug("methotrexate", standing="on-hold")], "no"),
        ([order("methotrexate")], "no"),
        ([drug("methotrexate", end="2025-01-01", stop_reason=FAILED)], "no"),
        ([drug("methotrexate", end="2025-01-01", stop_reason=StopReason.NOT_USABLE)], "no"),
        ([drug("methotrexate", end="2025-01-01")], "yes"),
    ],
)
def test_a_drug_can_be_a_next_step_unless_it_is_current_drafted_failed_or_not_tolerated(
    clinic: Clinic, facts: list[Any], expected: str
) -> None:
    assert clinic.says(USABLE, *facts) == expected


def test_a_drug_may_be_a_next_step_while_the_drugs_were_not_read_completely(clinic: Clinic) -> None:
    assert clinic.says(USABLE, **OPEN) == "unknown"
    assert clinic.says(USABLE, drug("methotrexate"), **OPEN) == "no"
