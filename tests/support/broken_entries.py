"""Bundle entries as broken charts have them; none of them can be read, each in another way (decision 6)."""

import copy
from typing import Any

from treatment_algorithm.features import Group

RESOURCE_TYPES = {
    Group.CONDITIONS: "Condition",
    Group.MEDICATIONS: "MedicationRequest",
    Group.STATEMENTS: "MedicationStatement",
    Group.ALLERGIES: "AllergyIntolerance",
    Group.PROCEDURES: "Procedure",
    Group.OBSERVATIONS: "Observation",
    Group.REFERRALS: "ServiceRequest",
    Group.ORDERS: "MedicationRequest",
}


def broken_entry(group: Group, number: int) -> Any:
    """An unreadable entry of the group; `number` picks the way in which it is broken."""
    kind = RESOURCE_TYPES[group]
    ways: list[Any] = [
        {"resource": {"resourceType": kind, "id": f"broken-{number}", "subject": ["nobody"], "patient": 7, "code": 12}},
        None,
        {"resource": {"id": f"broken-{number}", "status": "active"}},
        {"resource": "not a resource"},
        {"resource": {"resourceType": kind, "id": f"broken-{number}", "status": "active", "intent": "order"}},
    ]
    return copy.deepcopy(ways[number % len(ways)])
