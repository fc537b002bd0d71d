"""What `taking`, `took`, `ordering` and `allergic` answer (decisions 5, 8, 9)."""

from typing import Any

import pytest

from tests.unit.treatment_algorithm.patients import Clinic, allergy, condition, drug, order
from treatment_algorithm.evaluation import ask
from treatment_algorithm.features import Group, OrderReason
from treatment_algorithm.predicates import parse_predicate

OPEN = {"open_groups": [Group.MEDICATIONS]}


def test_a_current_drug_is_taken_and_a_missing_one_is_not_if_the_list_was_read(clinic: Clinic) -> None:
    assert clinic.says({"taking": "methotrexate"}, drug("methotrexate")) == "yes"
    assert clinic.says({"taking": "methotrexate"}, drug("methotrexate"), **OPEN) == "yes"
    assert clinic.says({"taking": "methotrexate"}, drug("prednisolone")) == "no"
    assert clinic.says({"taking": "methotrexate"}, drug("prednisolone"), **OPEN) == "unknown"


@pytest.mark.parametrize(
    ("standing", "taken", "held"),
    [("current", "yes", "no"), ("on-hold", "yes", "yes"), ("status-unknown", "yes", "yes"), ("past", "no", "no")],
)
def test_on_hold_and_unknown_status_count_as_current(clinic: Clinic, standing: str, taken: str, held: str) -> None:
    """Decision 9."""
    fact = drug("methotrexate", standing=standing)
    assert clinic.says({"taking": "methotrexate"}, fact) == taken
    assert clinic.says({"taking": {"is": "methotrexate", "on_hold": True}}, fact) == held


def test_an_unconfirmed_drug_is_present_for_safety_and_unknown_for_treatment(clinic: Clinic) -> None:
    """Decision 8: code and name in conflict."""
    case = clinic.case(drug("metoprolol", unconfirmed=True))
    question = parse_predicate({"taking": "beta_blocker"})
    assert ask(question, case).truth == "unknown"
    assert ask(question, case.about(("diltiazem",))).truth == "yes"


ROUTED = {"is": "methotrexate", "routes": "subcutaneous"}
NOT_ROUTED = {"is": "methotrexate", "not_routes": ["topical", "ophthalmic"]}


@pytest.mark.parametrize(
    ("route", "asked", "barred"), [("subcutaneous", "yes", "yes"), ("topical", "no", "no"), (None, "unknown", "yes")]
)
def test_a_route_that_is_not_recorded_is_unknown_where_one_is_asked_for_and_passes_where_some_are_barred(
    clinic: Clinic, route: str | None, asked: str, barred: str
) -> None:
    fact = drug("methotrexate", route=route)
    assert clinic.says({"taking": ROUTED}, fact) == asked
    assert clinic.says({"taking": NOT_ROUTED}, fact) == barred


DOSED = {"is": "simvastatin", "daily_mg_above": 10}


@pytest.mark.parametrize(("mg", "expected"), [(10.5, "yes"), (10, "no"), (None, "unknown")])
def test_a_dose_must_be_above_the_limit_and_is_unknown_when_not_recorded(
    clinic: Clinic, mg: float | None, expected: str
) -> None:
    assert clinic.says({"taking": DOSED}, drug("simvastatin", daily_mg=mg)) == expected


def test_an_unknown_dose_counts_where_the_rule_says_so(clinic: Clinic) -> None:
    """Decision 33."""
    assert clinic.says({"taking": DOSED | {"unknown_dose_counts": True}}, drug("simvastatin")) == "yes"


@pytest.mark.parametrize(
    ("end", "expected"), [("2026-10-01", "yes"), ("2026-08-24", "yes"), ("2026-08-23", "no"), ("2026-08", "unknown")]
)
def test_a_past_drug_was_taken_until_its_end(clinic: Clinic, end: str, expected: str) -> None:
    fact = drug("rituximab", "2025-01-01", end)
    assert clinic.says({"took": {"is": "rituximab", "within_days": 90}}, fact) == expected


def test_a_current_drug_is_no_past_one(clinic: Clinic) -> None:
    assert clinic.says({"took": "rituximab"}, drug("rituximab")) == "no"
    assert clinic.says({"took": "rituximab"}) == "no"
    assert clinic.says({"took": "rituximab"}, **OPEN) == "unknown"
    assert clinic.says({"took": "rituximab"}, drug("rituximab", end="2020-01-01")) == "yes"


def test_a_past_drug_without_an_end_is_dated_by_its_start(clinic: Clinic) -> None:
    fact = drug("rituximab", "2026-10-01", standing="past")
    assert clinic.says({"took": {"is": "rituximab", "within_days": 90}}, fact) == "yes"


@pytest.mark.parametrize(
    ("filters", "facts", "expected"),
    [
        ({}, [order("diltiazem", selected=False)], "yes"),
        ({}, [], "no"),
        ({"selected": True}, [order("diltiazem", selected=False)], "no"),
        ({"selected": False}, [order("diltiazem", selected=False)], "yes"),
        ({"reason": "calcinosis"}, [order("diltiazem", reason=OrderReason.CALCINOSIS)], "yes"),
        ({"reason": "calcinosis"}, [order("diltiazem", reason=OrderReason.UNKNOWN)], "no"),
        ({"weeks_at_most": 4}, [order("diltiazem", duration_days=28)], "yes"),
        ({"weeks_at_most": 4}, [order("diltiazem", duration_days=29)], "no"),
        ({"weeks_at_most": 4}, [order("diltiazem")], "unknown"),
        ({"routes": "intravenous"}, [order("diltiazem", route="oral")], "no"),
        ({"routes": "intravenous"}, [order("diltiazem")], "unknown"),
    ],
)
def test_an_order_passes_the_filters_that_are_asked(
    clinic: Clinic, filters: dict[str, Any], facts: list[Any], expected: str
) -> None:
    assert clinic.says({"ordering": {"is": "diltiazem"} | filters}, *facts, hook="order-select") == expected


def test_no_order_is_unknown_while_the_drafts_were_not_read(clinic: Clinic) -> None:
    assert clinic.says({"ordering": "diltiazem"}, open_groups=[Group.ORDERS]) == "unknown"


def test_an_order_is_proved_by_its_own_reference(clinic: Clinic) -> None:
    draft = order("diltiazem")
    (proof,) = clinic.answer({"ordering": "diltiazem"}, draft).proofs
    assert (proof.reference, proof.status) == (draft.reference, "draft")


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([allergy("diltiazem")], "yes"),
        ([allergy("diltiazem", mild=True)], "no"),
        ([allergy("diltiazem", unconfirmed=True)], "unknown"),
        ([], "no"),
    ],
)
def test_an_allergy_counts_unless_it_is_a_mild_intolerance(clinic: Clinic, facts: list[Any], expected: str) -> None:
    assert clinic.says({"allergic": "diltiazem"}, *facts) == expected


def test_a_mild_intolerance_is_found_when_it_is_asked_for(clinic: Clinic) -> None:
    assert clinic.says({"allergic": {"is": "diltiazem", "mild": True}}, allergy("diltiazem", mild=True)) == "yes"
    assert clinic.says({"allergic": {"is": "diltiazem", "mild": True}}, allergy("diltiazem")) == "no"


def test_no_allergy_is_unknown_while_the_allergies_were_not_read(clinic: Clinic) -> None:
    assert clinic.says({"allergic": "diltiazem"}, open_groups=[Group.ALLERGIES]) == "unknown"


def test_the_subject_is_the_drug_that_is_judged(clinic: Clinic) -> None:
    case = clinic.case(allergy("rituximab"), condition("gout"))
    question = parse_predicate({"allergic": {"is": "subject"}})
    assert [ask(question, case.about((drug,))).truth.value for drug in ("rituximab", "abatacept")] == ["yes", "no"]
