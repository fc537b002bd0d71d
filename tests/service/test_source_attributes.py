"""The source attributes: complete, honest about what is unknown, and equal to what the code reads."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from fhir_mappings.elements_read import elements_read, paths_read
from treatment_algorithm.chart_predicates import Age, Sex
from treatment_algorithm.concept_table import ConceptKind
from treatment_algorithm.data_needs import concepts_read
from treatment_algorithm.knowledge_base import knowledge_folder
from treatment_algorithm.knowledge_walk import entries_of, predicates_of
from treatment_algorithm.source_attributes import SourceAttributes, load_source_attributes

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from treatment_algorithm.knowledge_base import KnowledgeBase

# Elements of Patient that tell whose chart it is, and whether there is anybody to treat; no attribute of the list.
OF_NO_ATTRIBUTE = {"Patient.id", "Patient.modifierExtension", "Patient.deceasedBoolean", "Patient.deceasedDateTime"}
USED = {"sex", "date_of_birth", "health_status"}


@pytest.fixture(scope="module")
def declared() -> SourceAttributes:
    return load_source_attributes(knowledge_folder())


@pytest.fixture(scope="module")
def served(client: "TestClient") -> dict[str, Any]:
    answer = client.get("/api/source-attributes")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    body: dict[str, Any] = answer.json()
    return body


def test_the_elements_declared_are_those_that_the_readers_name(declared: SourceAttributes) -> None:
    read = elements_read()
    assert {kind: set(elements) for kind, elements in declared.elements_read.items()} == {
        kind: set(elements) for kind, elements in read.items()
    }


def test_every_element_of_the_patient_belongs_to_an_attribute_that_is_said_to_be_used(
    declared: SourceAttributes,
) -> None:
    said = {element for one in declared.patient_attributes for element in one.elements}
    read = {path for path in paths_read() if path.startswith("Patient.")}
    assert read == {element for element in said if element.startswith("Patient.")} | OF_NO_ATTRIBUTE


def test_an_attribute_that_is_used_is_read_and_one_that_is_not_is_read_nowhere(declared: SourceAttributes) -> None:
    read = paths_read()
    assert {one.id for one in declared.patient_attributes if one.used} == USED
    for one in declared.patient_attributes:
        assert set(one.elements) <= read
        assert bool(one.elements) == one.used
        if not one.used:
            assert one.would_be
            assert not {path for path in read for place in one.would_be if f"{path}.".startswith(f"{place}.")}


def test_the_thirteen_are_all_there(declared: SourceAttributes) -> None:
    assert [one.number for one in declared.patient_attributes] == list(range(5, 14))


def test_what_is_said_to_be_used_is_asked_by_some_rule(knowledge: "KnowledgeBase") -> None:
    asked = {type(predicate) for predicate in _asked(knowledge)}
    assert {Sex, Age} <= asked
    assert {"pregnancy_status", "pain_severity_0_10"} <= concepts_read(knowledge, ConceptKind.OBSERVATION)


def _asked(knowledge: "KnowledgeBase") -> Iterator[Any]:
    for entry in entries_of(knowledge):
        yield from predicates_of(entry)


def test_what_nobody_has_stated_is_said_to_be_not_stated(served: dict[str, Any], declared: SourceAttributes) -> None:
    assert (declared.developer, declared.funding) == (None, None)
    assert (served["developer"], served["funding"]) == ("not stated", "not stated")


def test_versions_review_and_sources_are_those_of_the_knowledge(
    served: dict[str, Any], knowledge: "KnowledgeBase"
) -> None:
    assert served["release"]["knowledge"] == knowledge.version
    assert served["release"]["released"] == knowledge.manifest.released
    assert served["release"]["content"] == knowledge.content_hash
    assert served["review"]["state"] == ("draft" if knowledge.draft else "approved")
    assert served["review"]["rules"] == sum(1 for _ in knowledge.rules)
    assert [source["id"] for source in served["citation"]["sources"]] == list(knowledge.evidence.sources)


def test_about_shows_them(served: dict[str, Any], client: "TestClient") -> None:
    page = client.get("/about").text
    assert 'id="source-attributes"' in page
    assert [one["title"] for one in served["patient_attributes"] if f"<dt>{one['title']}</dt>" not in page] == []
    assert "<dt>Developer</dt><dd>not stated</dd>" in page
    assert served["intended_use"]["population"] in page
