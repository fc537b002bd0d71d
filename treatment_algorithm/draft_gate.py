"""The gate before every drug draft: card-style rules 18 and 19, decisions 6, 14, 19, 31 and D-15."""

from collections.abc import Iterable

from treatment_algorithm.assessment import SafetyFinding
from treatment_algorithm.case import Case
from treatment_algorithm.chart_predicates import Age
from treatment_algorithm.evaluation import holds
from treatment_algorithm.features import Group
from treatment_algorithm.predicates import Predicate

ADULT = Age(at_least=18)
READ_GROUPS = (Group.CONDITIONS, Group.MEDICATIONS, Group.ALLERGIES)


def may_draft(case: Case, requires: Iterable[Predicate], findings: Iterable[SafetyFinding]) -> bool:
    """Whether a drug may be drafted for this patient.

    Adult of known age; conditions, drugs and allergies read completely; every required check on record; no fired
    rule that suppresses the drug or blocks a one-click draft.
    """
    if not holds(ADULT, case) or not all(case.closed(group) for group in READ_GROUPS):
        return False
    if not all(holds(check, case) for check in requires):
        return False
    return not any(f.case and (f.case.blocks_draft or f.case.action.suppresses) for f in findings)
