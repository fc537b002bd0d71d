"""knowledge/cues.yaml: its model, and that it speaks only of concepts that exist."""

from pathlib import Path

import pytest

from tests.unit.fhir_mappings.conftest import KNOWLEDGE
from treatment_algorithm.concept_table import ConceptKind, ConceptTable
from treatment_algorithm.cues import Cues, load_cues, unit_key
from treatment_algorithm.knowledge_errors import KnowledgeError

ROUTES = {
    "oral", "subcutaneous", "intravenous", "intramuscular", "intralesional", "intra-articular", "topical",
    "ophthalmic", "inhaled", "nasal", "rectal",
}  # fmt: skip
CUES = {"active", "flare", "ulcerated", "severe", "localized", "widespread", "prominent_skin", "painful"}


def test_the_cues_and_routes_that_rules_may_ask_for_exist(cues: Cues) -> None:
    assert set(cues.condition_cues) == CUES
    assert set(cues.routes) >= ROUTES


def test_units_and_local_forms_speak_of_concepts_that_exist(cues: Cues, concepts: ConceptTable) -> None:
    observed = {key for key, one in concepts.concepts.items() if one.kind is ConceptKind.OBSERVATION}
    assert set(cues.units) <= observed
    drugs = {key for key, one in concepts.concepts.items() if one.kind is ConceptKind.MEDICATION}
    for local in cues.local_routes.values():
        assert set(local) | set(local.values()) <= drugs


def test_every_unit_is_one_of_its_own_spellings(cues: Cues) -> None:
    for concept, spellings in cues.units.items():
        assert {unit_key(unit) for unit in spellings.values()} <= set(spellings), concept


@pytest.mark.parametrize("concept", ["heart_rate", "systolic_bp", "lvef", "egfr", "pr_interval", "pain_severity_0_10"])
def test_what_rules_compare_with_a_number_has_one_unit(concept: str, cues: Cues) -> None:
    assert len(set(cues.units[concept].values())) == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("place_words: [of,", "place_words: [Of,"),
        ("general: true", "general: often"),
        ("salts:", "surprise: 1\nsalts:"),
        ("  otic: {}", "  aural: {}"),
        ("  route: ophthalmic", "  route: aural"),
        ("drug_refusals:", "drug_refusals: [\n"),
    ],
)
def test_a_file_that_is_not_as_the_model_says_stops_the_start(old: str, new: str, tmp_path: Path) -> None:
    text = (KNOWLEDGE / "cues.yaml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "cues.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(KnowledgeError, match=r"^cues\.yaml"):
        load_cues(tmp_path)
