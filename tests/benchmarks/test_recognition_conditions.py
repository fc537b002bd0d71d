"""Every condition of the knowledge is recognised as decision 8 says: by system and code, else by the strict name rule.

One table of ways to write a condition, tried on all codes and all reviewed names rather than on a chosen few.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

import treatment_algorithm
from fhir_mappings.concept_matching import match_condition
from fhir_mappings.elements import CodeableConcept, Coding
from treatment_algorithm.concept_table import CodeRow, ConceptKind, ConceptTable, load_concepts
from treatment_algorithm.cues import Cues, load_cues

KNOWLEDGE = Path(treatment_algorithm.__file__).parent / "knowledge"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
ICD10 = "http://hl7.org/fhir/sid/icd-10"
SNOMED = "http://snomed.info/sct"
OIDS = {
    ICD10CM: "urn:oid:2.16.840.1.113883.6.90",
    ICD10: "urn:oid:2.16.840.1.113883.6.3",
    SNOMED: "urn:oid:2.16.840.1.113883.6.96",
}


class Matcher:
    """match_condition with the real knowledge."""

    def __init__(self, concepts: ConceptTable, cues: Cues) -> None:
        self.concepts = concepts
        self._cues = cues

    def coded(self, system: str, code: str, display: str | None = None) -> frozenset[str]:
        concept = CodeableConcept(coding=(Coding(system=system, code=code, display=display),))
        return match_condition(concept, self.concepts, self._cues).concepts

    def named(self, text: str) -> frozenset[str]:
        return match_condition(CodeableConcept(text=text), self.concepts, self._cues).concepts

    def rows(self, *systems: str) -> Iterator[tuple[str, CodeRow]]:
        for key, concept in self.concepts.concepts.items():
            if concept.kind == ConceptKind.CONDITION:
                yield from ((key, row) for row in self.concepts.code_rows(key) if row.system in systems)


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher(load_concepts(KNOWLEDGE / "concepts"), load_cues(KNOWLEDGE))


@pytest.mark.parametrize("system", [ICD10CM, ICD10, SNOMED])
def test_every_code_is_recognised_under_its_system_and_its_oid(system: str, matcher: Matcher) -> None:
    rows = list(matcher.rows(system))
    assert len(rows) >= 20
    for key, row in rows:
        assert key in matcher.coded(system, row.code), row
        assert key in matcher.coded(OIDS[system], row.code), row


@pytest.mark.parametrize("system", [ICD10CM, ICD10])
def test_every_icd_code_is_recognised_without_its_dot(system: str, matcher: Matcher) -> None:
    for key, row in matcher.rows(system):
        assert key in matcher.coded(system, row.code.replace(".", "")), row


def test_a_category_stands_for_its_longer_codes_only_where_the_table_says_so(matcher: Matcher) -> None:
    assert matcher.coded(ICD10CM, "M33.1") == matcher.coded(ICD10CM, "M33.19") == {"dermatomyositis"}
    assert "systemic_sclerosis" in matcher.coded(ICD10CM, "M34.99")
    for key, row in matcher.rows(ICD10CM, ICD10):
        # "9Z" follows no code of any ICD, so only a code that stands for its descendants can match.
        if row.descendants:
            assert key in matcher.coded(row.system, f"{row.code}9Z"), row


def test_a_longer_code_does_not_stand_for_its_category(matcher: Matcher) -> None:
    assert matcher.coded(ICD10CM, "L94") == frozenset()
    assert matcher.coded(ICD10CM, "M33") == frozenset()


def test_no_code_is_recognised_under_another_system(matcher: Matcher) -> None:
    for _, row in matcher.rows(ICD10CM, ICD10):
        assert matcher.coded(SNOMED, row.code) == frozenset(), row
        assert matcher.coded("https://local.example/codes", row.code) == frozenset(), row
    for _, row in matcher.rows(SNOMED):
        assert matcher.coded(ICD10CM, row.code) == frozenset(), row
        assert matcher.coded("https://local.example/codes", row.code, row.display) == frozenset(), row


@pytest.mark.parametrize(
    "written", ["{name}", "{NAME}", "{name} (disorder)", "{name}, confirmed by biopsy", "{name} - left elbow"]
)
def test_every_reviewed_name_is_recognised_alone_or_set_off(written: str, matcher: Matcher) -> None:
    for name, meant in matcher.concepts.names(ConceptKind.CONDITION).items():
        text = written.format(name=name, NAME=name.upper())
        assert meant <= matcher.named(text), text


@pytest.mark.parametrize(
    "written",
    [
        "Family history of {name}", "{name} in mother", "No evidence of {name}", "No {name}", "Denies {name}",
        "{name} ruled out", "Rule out {name}", "{name}, resolved", "History of {name}", "Suspected {name}",
        "{name}?", "Possible {name}", "{name} screening",
    ],
)  # fmt: skip
def test_no_name_is_recognised_behind_family_denial_doubt_or_the_past(written: str, matcher: Matcher) -> None:
    names = matcher.concepts.names(ConceptKind.CONDITION)
    for name in names:
        text = written.format(name=name)
        assert matcher.named(text) == names.get(text.lower(), frozenset()), text


def test_a_code_of_ours_is_not_overruled_by_what_is_written_beside_it(matcher: Matcher) -> None:
    for key, row in matcher.rows(SNOMED):
        assert key in matcher.coded(SNOMED, row.code, "Ingrowing toenail"), row
