"""Words beside a drug's name: what denies it, what is only called after it, what makes it no drug of the patient."""

import pytest

from fhir_mappings.drug_matching import match_codeable
from fhir_mappings.drug_names import drugs_named, routes_named
from fhir_mappings.elements import CodeableConcept
from treatment_algorithm.concept_table import ConceptTable
from treatment_algorithm.cues import Cues


@pytest.mark.parametrize("text", ["methotrexate", "methotrexate 2.5 mg", "methotrexate clinical trial supply"])
def test_a_name_is_the_drug(text: str, concepts: ConceptTable, cues: Cues) -> None:
    assert drugs_named(text, concepts, cues) == {"methotrexate"}


@pytest.mark.parametrize("word", ["no", "non", "without", "stopped", "declined", "considering"])
def test_a_word_of_denial_right_before_a_name_denies_it(word: str, concepts: ConceptTable, cues: Cues) -> None:
    assert drugs_named(f"{word} methotrexate", concepts, cues) == frozenset()
    assert drugs_named(f"{word} more than methotrexate", concepts, cues) == {"methotrexate"}


@pytest.mark.parametrize(
    "text",
    [
        "digoxin level",
        "digoxin blood levels",
        "digoxin [mass/volume] in serum",
        "digoxin clinic",
        "digoxin-like factor",
    ],
)
def test_what_is_called_after_a_drug_is_none(text: str, concepts: ConceptTable, cues: Cues) -> None:
    assert drugs_named(text, concepts, cues) == frozenset()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("methotrexate", {"methotrexate"}),
        ("reaction to methotrexate", set()),
        ("contraindication for methotrexate", set()),
        ("methotrexate intolerance", set()),
        ("methotrexate intolerance kit", {"methotrexate"}),
    ],
)
def test_a_text_of_an_allergy_or_an_intolerance_is_no_drug_of_the_patient(
    text: str, found: set[str], concepts: ConceptTable, cues: Cues
) -> None:
    assert match_codeable(CodeableConcept(text=text), (), (), concepts, cues).concepts == found


@pytest.mark.parametrize(
    ("text", "routes"),
    [
        ("timolol maleate 0.5% sol", {"ophthalmic"}),
        ("timolol .25 % solution", {"ophthalmic"}),
        ("timolol 1% sol", {"ophthalmic"}),
        ("timolol 1.0% sol", {"ophthalmic"}),
        ("timolol 10.5% sol", set()),
        ("timolol 2% sol", set()),
        ("timolol 0.5% solvent", set()),
        ("timolol 0.5% oral solution", {"oral"}),
    ],
)
def test_a_weak_solution_is_for_the_eye(text: str, routes: set[str], cues: Cues) -> None:
    assert routes_named(text, cues) == routes
