"""ask(): what a predicate answers for a patient, in three values, with its proofs.

It never raises for any patient: the vocabulary is closed and every word answers YES, NO or UNKNOWN. What was not
found is NO only in a group that was read completely (decision 5); measurements are never NO by absence.
"""

from treatment_algorithm.case import Answer, Case
from treatment_algorithm.predicates import Predicate
from treatment_algorithm.questions import question
from treatment_algorithm.truth import Truth


def ask(predicate: Predicate, case: Case) -> Answer:
    """The answer to a predicate for this patient, with its proofs and the predicate that decided."""
    return question(predicate)(case)


def holds(predicate: Predicate | None, case: Case) -> bool:
    """Whether the predicate is YES; none at all holds."""
    return predicate is None or question(predicate)(case).truth is Truth.YES
