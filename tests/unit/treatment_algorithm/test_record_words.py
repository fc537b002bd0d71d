"""What `measured`, `on_record`, `procedure`, `referred`, `age`, `sex` and `deceased` answer (decisions 5, 42)."""

from typing import Any

import pytest

from tests.unit.treatment_algorithm.patients import Clinic, day, measured, order, procedure, referral
from treatment_algorithm.features import Group, PatientFact

SLOW = {"measured": {"is": "heart_rate", "below": 50, "within_days": 365}}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([measured("heart_rate", 49)], "yes"),
        ([measured("heart_rate", 50)], "no"),
        ([], "unknown"),
        ([measured("heart_rate", None)], "unknown"),
        ([measured("heart_rate", 49, on="2025-11-21")], "unknown"),  # 366 days old
        ([measured("heart_rate", 49, on="2025-11-22")], "yes"),
        ([measured("heart_rate", 49, on=None)], "unknown"),
        ([measured("heart_rate", 49, on="2025")], "unknown"),
        ([measured("heart_rate", 49, on="2026-10-01"), measured("heart_rate", 60, on="2026-11-01")], "no"),
        ([measured("heart_rate", 60, on="2026-10-01"), measured("heart_rate", 49, on="2026-11-01")], "yes"),
        ([measured("heart_rate", 60, on="2026-10-01"), measured("heart_rate", None, on="2026-11-01")], "no"),
    ],
)
def test_the_newest_value_within_its_time_decides_and_none_is_unknown(
    clinic: Clinic, facts: list[Any], expected: str
) -> None:
    assert clinic.says(SLOW, *facts) == expected


def test_a_value_that_is_missing_is_never_no_not_even_when_all_was_read(clinic: Clinic) -> None:
    """Decision 5: measurements are always open."""
    assert clinic.says({"measured": {"is": "lvef", "at_most": 40}}) == "unknown"
    assert clinic.says({"not": {"measured": {"is": "lvef", "at_most": 40}}}) == "unknown"


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"below": 40.5}, "yes"), ({"below": 40}, "no"), ({"at_most": 40}, "yes"), ({"at_most": 39}, "no"),
        ({"above": 39.5}, "yes"), ({"above": 40}, "no"), ({"at_least": 40}, "yes"), ({"at_least": 41}, "no"),
        ({"above": 30, "below": 50}, "yes"), ({"above": 40, "below": 50}, "no"),
    ],
)  # fmt: skip
def test_a_limit_is_inclusive_or_not_as_its_word_says(clinic: Clinic, limits: dict[str, float], expected: str) -> None:
    assert clinic.says({"measured": {"is": "lvef"} | limits}, measured("lvef", 40)) == expected


@pytest.mark.parametrize(
    ("value", "low", "high", "answers"),
    [
        (2.7, 2.1, 2.6, {"above": "yes", "below": "no", "within": "no"}),
        (2.6, 2.1, 2.6, {"above": "no", "below": "no", "within": "yes"}),
        (2.0, 2.1, 2.6, {"above": "no", "below": "yes", "within": "no"}),
        (2.7, None, 2.6, {"above": "yes", "below": "unknown"}),
        (2.5, None, 2.6, {"above": "no", "below": "unknown", "within": "unknown"}),
        (2.5, None, None, {"above": "unknown", "below": "unknown", "within": "unknown"}),
    ],
)
def test_a_value_is_compared_with_the_range_that_came_with_it(
    clinic: Clinic, value: float, low: float | None, high: float | None, answers: dict[str, str]
) -> None:
    fact = measured("serum_calcium", value, low=low, high=high)
    for word, expected in answers.items():
        assert clinic.says({"measured": {"is": "serum_calcium", "range": word}}, fact) == expected, word


POSITIVE = {"measured": {"is": "hbsag", "coded": "positive"}}
EVER = {"measured": {"is": "hbsag", "coded": "positive", "ever": True}}


@pytest.mark.parametrize(
    ("results", "newest", "ever"),
    [
        (["positive"], "yes", "yes"),
        (["negative"], "no", "no"),
        (["indeterminate"], "unknown", "unknown"),
        (["positive", "negative"], "no", "yes"),
        (["negative", "indeterminate"], "no", "no"),
    ],
)
def test_a_coded_result_is_read_and_an_indeterminate_one_says_nothing(
    clinic: Clinic, results: list[str], newest: str, ever: str
) -> None:
    facts = [measured("hbsag", on=f"20{20 + n}-01-01", coded=result) for n, result in enumerate(results)]
    assert (clinic.says(POSITIVE, *facts), clinic.says(EVER, *facts)) == (newest, ever)


def test_the_value_that_decided_is_the_proof(clinic: Clinic) -> None:
    old, new = measured("heart_rate", 40, on="2026-01-01"), measured("heart_rate", 45, on="2026-11-01")
    assert clinic.answer(SLOW, old, new).proofs == (new.proof,)


ECG = {"on_record": "ecg"}
RECENT = {"on_record": {"is": "heart_rate", "within_days": 365}}


@pytest.mark.parametrize(
    ("question", "facts", "expected"),
    [
        (ECG, [procedure("electrocardiogram", "2020-01-01")], "yes"),
        (ECG, [procedure("electrocardiogram", "2026-12-01", standing="planned")], "no"),
        (ECG, [], "no"),
        (RECENT, [measured("heart_rate", 66)], "yes"),
        (RECENT, [measured("heart_rate", 66, on="2025-11-21")], "no"),
        (RECENT, [measured("heart_rate", 66, on=None)], "no"),
        (RECENT, [measured("heart_rate", None)], "no"),
        ({"on_record": "hbsag"}, [measured("hbsag", coded="negative")], "yes"),
    ],
)
def test_the_record_is_asked_and_its_answer_is_never_unknown(
    clinic: Clinic, question: dict[str, Any], facts: list[Any], expected: str
) -> None:
    assert clinic.says(question, *facts) == expected
    assert clinic.says(question, *facts, open_groups=list(Group)) == expected


DONE = {"procedure": {"is": "surgery_order", "within_days": 183}}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([procedure("excision_of_lesion", "2026-10-01")], "yes"),
        ([procedure("excision_of_lesion", "2025-01-01")], "no"),
        ([procedure("excision_of_lesion")], "unknown"),
        ([procedure("excision_of_lesion", "2026-10-01", standing="planned")], "no"),
        ([], "no"),
    ],
)
def test_a_procedure_counts_when_it_was_done_in_time(clinic: Clinic, facts: list[Any], expected: str) -> None:
    assert clinic.says(DONE, *facts) == expected


def test_no_procedure_is_unknown_while_the_procedures_were_not_read(clinic: Clinic) -> None:
    assert clinic.says(DONE, open_groups=[Group.PROCEDURES]) == "unknown"


REFERRED = {"referred": "referral_expert"}


def test_a_request_on_record_and_a_draft_of_this_session_both_count(clinic: Clinic) -> None:
    assert clinic.says(REFERRED, referral("referral_dermatology")) == "yes"
    assert clinic.says(REFERRED, order("referral_rheumatology")) == "yes"
    assert clinic.says(REFERRED, referral("referral_surgery")) == "no"
    assert clinic.says(REFERRED, open_groups=[Group.REFERRALS]) == "unknown"


@pytest.mark.parametrize(
    ("birth", "under", "adult"),
    [
        ("2008-11-22", "no", "yes"),  # eighteen today
        ("2008-11-23", "yes", "no"),
        ("2008-11", "unknown", "unknown"),
        ("2008", "unknown", "unknown"),
        ("2007", "no", "yes"),
        ("2009", "yes", "no"),
        ("2008-12", "yes", "no"),
        (None, "unknown", "unknown"),
        ("2027-01-01", "yes", "no"),
    ],
)
def test_the_age_is_unknown_only_where_the_missing_part_of_the_birth_date_decides(
    clinic: Clinic, birth: str | None, under: str, adult: str
) -> None:
    patient = PatientFact(birth=day(birth))
    assert clinic.says({"age": {"below": 18}}, patient=patient) == under
    assert clinic.says({"age": {"at_least": 18}}, patient=patient) == adult


@pytest.mark.parametrize(
    ("sex", "expected"), [("male", "yes"), ("female", "no"), ("unknown", "unknown"), (None, "unknown")]
)
def test_a_sex_that_is_not_recorded_is_unknown(clinic: Clinic, sex: str | None, expected: str) -> None:
    assert clinic.says({"sex": "male"}, patient=PatientFact(sex=sex)) == expected


@pytest.mark.parametrize(("deceased", "expected"), [(True, "yes"), (False, "no")])
def test_deceased_is_yes_or_no(clinic: Clinic, deceased: bool, expected: str) -> None:
    assert clinic.says({"deceased": True}, patient=PatientFact(deceased=deceased)) == expected
