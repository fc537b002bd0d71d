"""Strong Kleene logic, exhaustively (evidence.md D-0): unknown is a value, never "no"."""

from itertools import product

import pytest

from treatment_algorithm.truth import Truth, all_of, any_of, known, negate

YES, NO, UNKNOWN = Truth.YES, Truth.NO, Truth.UNKNOWN
# The tables as every textbook prints them: conjunction is the lesser, disjunction the greater of NO < UNKNOWN < YES.
AND = {
    (YES, YES): YES, (YES, NO): NO, (YES, UNKNOWN): UNKNOWN,
    (NO, YES): NO, (NO, NO): NO, (NO, UNKNOWN): NO,
    (UNKNOWN, YES): UNKNOWN, (UNKNOWN, NO): NO, (UNKNOWN, UNKNOWN): UNKNOWN,
}  # fmt: skip
OR = {
    (YES, YES): YES, (YES, NO): YES, (YES, UNKNOWN): YES,
    (NO, YES): YES, (NO, NO): NO, (NO, UNKNOWN): UNKNOWN,
    (UNKNOWN, YES): YES, (UNKNOWN, NO): UNKNOWN, (UNKNOWN, UNKNOWN): UNKNOWN,
}  # fmt: skip


@pytest.mark.parametrize(("pair", "expected"), list(AND.items()))
def test_and_of_two(pair: tuple[Truth, Truth], expected: Truth) -> None:
    assert all_of(pair) is expected


@pytest.mark.parametrize(("pair", "expected"), list(OR.items()))
def test_or_of_two(pair: tuple[Truth, Truth], expected: Truth) -> None:
    assert any_of(pair) is expected


@pytest.mark.parametrize("three", list(product(Truth, repeat=3)))
def test_three_are_joined_as_two_and_one(three: tuple[Truth, Truth, Truth]) -> None:
    first, second, third = three
    assert all_of(three) is AND[AND[first, second], third]
    assert any_of(three) is OR[OR[first, second], third]


@pytest.mark.parametrize("pair", list(product(Truth, repeat=2)))
def test_the_laws_of_de_morgan_hold(pair: tuple[Truth, Truth]) -> None:
    assert negate(all_of(pair)) is any_of(negate(truth) for truth in pair)


def test_every_one_of_nothing_is_yes_and_any_of_nothing_is_no() -> None:
    assert (all_of(()), any_of(())) == (YES, NO)


def test_negation_leaves_unknown_unknown() -> None:
    assert [negate(truth) for truth in (YES, NO, UNKNOWN)] == [NO, YES, UNKNOWN]


def test_a_missing_answer_is_unknown_and_not_no() -> None:
    assert [known(value) for value in (True, False, None)] == [YES, NO, UNKNOWN]
