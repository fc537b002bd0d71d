"""The real knowledge, read once for all tests of the mapping."""

from pathlib import Path

import pytest

import treatment_algorithm
from tests.unit.fhir_mappings.charts import Mapper
from treatment_algorithm.concept_table import ConceptTable, load_concepts
from treatment_algorithm.cues import Cues, load_cues

KNOWLEDGE = Path(treatment_algorithm.__file__).parent / "knowledge"


@pytest.fixture(scope="session")
def concepts() -> ConceptTable:
    return load_concepts(KNOWLEDGE / "concepts")


@pytest.fixture(scope="session")
def cues() -> Cues:
    return load_cues(KNOWLEDGE)


@pytest.fixture(scope="session")
def mapper(concepts: ConceptTable, cues: Cues) -> Mapper:
    return Mapper(concepts, cues)
