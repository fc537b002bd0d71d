"""What becomes of a terminology server's answers, and which codes are blind spots (decisions 5, 8, 9)."""

from dataclasses import replace
from typing import Any

import pytest

from fhir_mappings.elements import Coding
from fhir_mappings.feature_mapping import map_chart
from fhir_mappings.looked_up_drugs import DrugCode, LookedUpDrug
from fhir_mappings.unknown_drugs import unknown_drug_codes
from tests.unit.fhir_mappings.charts import PATIENT, TODAY, Json, bundle, chart_of, request, statement
from treatment_algorithm.concept_table import ConceptTable
from treatment_algorithm.cues import Cues
from treatment_algorithm.features import Group, PatientFeatures

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
LOCAL = "https://hospital.example/drugs"
DILTIAZEM = Coding(RXNORM, "3443", "diltiazem")
STRANGER = Coding(RXNORM, "9999909", "examplamol")
PRODUCT: DrugCode = (RXNORM, "9999901")
OTHER: DrugCode = (LOCAL, "P-17")


def product(*codes: DrugCode, text: str | None = None) -> Json:
    coded = {"coding": [{"system": system, "code": code} for system, code in codes]}
    return coded | ({"text": text} if text else {})


@pytest.fixture(scope="module")
def read(concepts: ConceptTable, cues: Cues) -> Any:
    """Features and blind spots of one chart entry, with look-ups."""

    def mapped(
        resource: Json, looked_up: dict[DrugCode, LookedUpDrug], key: str = "medications"
    ) -> tuple[PatientFeatures, tuple[DrugCode, ...]]:
        chart = replace(chart_of({key: bundle([resource])}), looked_up=looked_up)
        found = map_chart(chart, None, concepts, cues, TODAY)
        assert sorted(unknown_drug_codes(chart, concepts, cues)) == sorted(found.unknown_codes)
        return found.features, found.unknown_codes

    return mapped


def test_a_looked_up_drug_is_a_fact_that_says_so(read: Any) -> None:
    features, unknown = read(request(product(PRODUCT)), {PRODUCT: LookedUpDrug((DILTIAZEM,))})
    (fact,) = features.medications
    assert fact.concepts == {"diltiazem"}
    assert (fact.proof.by_lookup, fact.proof.by_name, fact.proof.unconfirmed) == (True, False, False)
    assert unknown == ()
    assert features.groups[Group.MEDICATIONS].closed


def test_every_ingredient_of_a_combination_counts(read: Any) -> None:
    features, _ = read(request(product(PRODUCT)), {PRODUCT: LookedUpDrug((STRANGER, DILTIAZEM))})
    assert [fact.concepts for fact in features.medications] == [{"diltiazem"}]


@pytest.mark.parametrize("said", [{"forms": ("Topical Cream",)}, {"names": ("diltiazem 2 % Topical Cream",)}])
def test_the_dose_form_of_the_answer_counts(read: Any, said: dict[str, Any]) -> None:
    """Route and form matter (decision 8)."""
    features, _ = read(request(product(PRODUCT)), {PRODUCT: LookedUpDrug((DILTIAZEM,), **said)})
    assert [(fact.concepts, fact.route) for fact in features.medications] == [({"diltiazem_topical"}, "topical")]


def test_codes_that_are_said_to_be_different_drugs_are_unconfirmed(read: Any) -> None:
    answers = {PRODUCT: LookedUpDrug((DILTIAZEM,)), OTHER: LookedUpDrug((STRANGER,))}
    features, _ = read(request(product(PRODUCT, OTHER)), answers)
    (fact,) = features.medications
    assert (fact.concepts, fact.proof.unconfirmed) == ({"diltiazem"}, True)


def test_one_of_two_codes_that_is_told_is_enough(read: Any) -> None:
    features, unknown = read(
        request(product(OTHER, PRODUCT)), {PRODUCT: LookedUpDrug((DILTIAZEM,)), OTHER: LookedUpDrug()}
    )
    assert (len(features.medications), unknown) == (1, ())


@pytest.mark.parametrize(
    "answer", [LookedUpDrug(), LookedUpDrug(names=("something",)), LookedUpDrug((Coding(LOCAL, "7", "x"),))]
)
def test_an_answer_that_tells_nothing_leaves_the_drug_unknown(read: Any, answer: LookedUpDrug) -> None:
    features, unknown = read(request(product(PRODUCT)), {PRODUCT: answer})
    assert (features.medications, unknown) == ((), (PRODUCT,))
    assert not features.groups[Group.MEDICATIONS].closed


def test_the_code_and_the_name_of_the_chart_go_before_a_look_up(read: Any) -> None:
    """Decision 8, the order of recognition."""
    answers = {PRODUCT: LookedUpDrug((STRANGER,))}
    features, unknown = read(request(product(PRODUCT, text="diltiazem 60 MG Oral Tablet")), answers)
    (fact,) = features.medications
    assert (fact.proof.by_name, fact.proof.by_lookup, unknown) == (True, False, ())


def test_the_codes_of_a_contained_medication_are_blind_spots_too(read: Any) -> None:
    def contained(medication: Json) -> Json:
        medication = {"resourceType": "Medication", "id": "m"} | medication
        return request(None, medicationReference={"reference": "#m"}, contained=[medication])

    assert read(contained({"code": product(PRODUCT)}), {})[1] == (PRODUCT,)
    ingredients = [
        {"itemCodeableConcept": product(PRODUCT)},
        {"itemCodeableConcept": product(OTHER), "isActive": False},
    ]
    assert read(contained({"ingredient": ingredients}), {})[1] == (PRODUCT,)
    assert read(request(None, medicationReference={"reference": "#none"}), {})[1] == ()


@pytest.mark.parametrize(
    "entry",
    [
        request(product(PRODUCT), status="entered-in-error"),
        request(product(PRODUCT), status="cancelled"),
        request(product(PRODUCT), intent="proposal"),
        request(product(PRODUCT), doNotPerform=True),
        request(product(PRODUCT), subject={"reference": "Patient/someone-else"}),
        request(product((RXNORM, "two tablets, Mrs Miller"))),
        request(product(("drugs of the house", "17"))),
        request({"coding": [{"code": "9999901"}], "text": "something"}),
    ],
)
def test_what_is_no_drug_of_the_patient_or_no_code_is_no_blind_spot(read: Any, entry: Json) -> None:
    assert read(entry, {})[1] == ()


def test_a_system_by_its_oid_is_the_same_system(read: Any) -> None:
    entry = request(product(("urn:oid:2.16.840.1.113883.6.88", "9999901")))
    assert read(entry, {})[1] == (PRODUCT,)
    assert len(read(entry, {PRODUCT: LookedUpDrug((DILTIAZEM,))})[0].medications) == 1


def test_statements_and_draft_orders_are_looked_at(read: Any, concepts: ConceptTable, cues: Cues) -> None:
    assert read(statement(product(PRODUCT)), {}, "statements")[1] == (PRODUCT,)
    order = request(product(OTHER, text="something"), status="draft")
    chart = chart_of(
        {"medications": bundle([request(product(PRODUCT))])}, {"resourceType": "Bundle", "entry": [{"resource": order}]}
    )
    assert unknown_drug_codes(chart, concepts, cues) == (PRODUCT, OTHER)
    told = replace(chart, looked_up={OTHER: LookedUpDrug((DILTIAZEM,))})
    (fact,) = map_chart(told, None, concepts, cues, TODAY).features.orders
    assert (fact.concepts, fact.by_lookup, fact.by_name) == ({"diltiazem"}, True, False)


def test_the_patient_of_these_charts_is_the_one_that_is_read() -> None:
    assert request(product(PRODUCT))["subject"] == {"reference": f"Patient/{PATIENT}"}
