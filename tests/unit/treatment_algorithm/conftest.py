"""The clinic that the tests of the algorithm ask their questions in."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.treatment_algorithm.patients import Clinic
    from treatment_algorithm.knowledge_base import KnowledgeBase


@pytest.fixture
def clinic(knowledge: "KnowledgeBase") -> "Clinic":
    """Questions to charts, with the knowledge as it is shipped."""
    from tests.unit.treatment_algorithm.patients import Clinic

    return Clinic(knowledge)
