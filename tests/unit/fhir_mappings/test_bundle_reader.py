"""Reading one prefetch value or page: decisions 5 to 7 and 10."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from fhir_mappings.bundle_reader import PREFETCH_KEYS, read_bundle, read_medication
from fhir_mappings.chart import group_read, missing_group, unresolved_medications
from tests.unit.fhir_mappings.charts import ICD10CM, Json, Mapper, bundle, chart_of, coded, condition, read, request
from treatment_algorithm.features import Group, GroupState

CALCINOSIS = coded(ICD10CM, "L94.2")


def test_the_prefetch_keys_are_those_of_decision_10() -> None:
    assert list(PREFETCH_KEYS) == [
        "patient", "conditions", "medications", "statements", "allergies", "procedures", "observations", "referrals"
    ]  # fmt: skip


def test_a_searchset_gives_its_resources_and_nothing_is_unreadable() -> None:
    found = read("conditions", bundle([condition(CALCINOSIS, id="a"), condition(CALCINOSIS, id="b")]))
    assert [one.id for one in found.resources] == ["a", "b"]
    assert (found.unreadable, found.outcome, found.empty_value, found.next_url) == (0, False, False, None)


def test_a_single_resource_under_a_key_is_read() -> None:
    found = read("patient", {"resourceType": "Patient", "id": "p-1", "birthDate": "2010-05-01"})
    assert [one.id for one in found.resources] == ["p-1"]


def test_null_is_known_empty_an_empty_bundle_is_empty_and_an_outcome_is_neither() -> None:
    assert read("conditions", None).empty_value
    empty = read("conditions", {"resourceType": "Bundle", "type": "searchset", "total": 0})
    assert (empty.empty_value, empty.outcome, empty.resources) == (False, False, ())
    assert read("conditions", {"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}).outcome
    assert read("conditions", {"resourceType": "OperationOutcome", "issue": "bent"}).outcome


@pytest.mark.parametrize("value", ["text", 5, [], [1], {}, {"resourceType": 3}, {"resourceType": "Patient"}, True])
def test_a_value_that_is_no_bundle_of_the_key_is_one_unreadable(value: object) -> None:
    found = read("conditions", value)
    assert (found.resources, found.unreadable) == ((), 1)


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe", b'{"resourceType":"Bundle","entry":[' + b"[" * 5000])
def test_bytes_that_are_no_json_are_one_unreadable(raw: bytes) -> None:
    assert read_bundle("conditions", raw).unreadable == 1


def test_a_bundle_of_a_kind_that_no_search_returns_is_unreadable() -> None:
    assert read("conditions", bundle([condition(CALCINOSIS)], type="history")).unreadable == 1
    assert read("conditions", {"resourceType": "Bundle", "entry": [{"resource": condition(CALCINOSIS)}]}).resources


@pytest.mark.parametrize(
    "broken",
    [
        None, 5, "text", {"resource": None}, {"resource": "text"}, {"fullUrl": "x"},
        {"resource": {"id": "x"}}, {"resource": {"resourceType": "Condition", "code": [CALCINOSIS]}},
        {"resource": {"resourceType": 7}}, {"resource": condition(CALCINOSIS, modifierExtension=[{"url": "u"}])},
    ],
)  # fmt: skip
def test_one_broken_entry_costs_only_itself(broken: object) -> None:
    listed = [{"resource": condition(CALCINOSIS, id="a")}, broken, {"resource": condition(CALCINOSIS, id="b")}]
    found = read("conditions", {"resourceType": "Bundle", "type": "searchset", "entry": listed})
    assert [one.id for one in found.resources] == ["a", "b"]
    assert (found.unreadable, found.unreadable_at) == (1, (1,))


@pytest.mark.checklist("DATA-15")
def test_entries_of_another_type_are_skipped_and_medications_kept_apart() -> None:
    medication = {"resourceType": "Medication", "id": "x", "code": {"text": "methotrexate"}}
    listed = [
        request({"text": "methotrexate"}),
        {"resource": medication, "search": {"mode": "include"}},
        {"resourceType": "Practitioner", "id": "d"},
        {"resourceType": "Encounter", "class": 7},
    ]
    found = read("medications", bundle(listed))
    assert [one.id for one in found.resources] == ["m-1"]
    assert [one.id for one in found.included] == ["x"]
    assert found.unreadable == 0


@pytest.mark.checklist("DATA-4", "DATA-15")
@pytest.mark.parametrize(("severity", "opens"), [("error", True), ("warning", True), ("information", False)])
def test_an_outcome_entry_opens_the_group_unless_it_only_informs(severity: str, opens: bool) -> None:
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": severity, "code": "processing"}]}
    page = read("conditions", bundle([condition(CALCINOSIS), {"resource": outcome, "search": {"mode": "outcome"}}]))
    group = group_read([page], Group.CONDITIONS)
    assert page.outcome_entry is opens
    assert group.state.closed is not opens
    assert [issue.kind for issue in group.issues] == (["client-error"] if opens else [])


def test_a_next_link_that_was_not_followed_leaves_the_group_cut_short() -> None:
    first = read("conditions", bundle([condition(CALCINOSIS)], link=[{"relation": "next", "url": "https://e/2"}]))
    last = read("conditions", bundle([condition(CALCINOSIS, id="c-2")], link=[{"relation": "self", "url": "u"}]))
    assert first.next_url == "https://e/2"
    assert not group_read([first], Group.CONDITIONS).state.closed
    both = group_read([first, last], Group.CONDITIONS)
    assert both.state == GroupState()
    assert [one.id for one in both.resources] == ["c-1", "c-2"]


def test_a_link_that_cannot_be_read_might_be_a_next_one() -> None:
    page = read("conditions", bundle([condition(CALCINOSIS)], link={"relation": "next", "url": "https://e/2"}))
    assert len(page.resources) == 1
    assert not group_read([page], Group.CONDITIONS).state.closed


def test_a_total_above_what_came_means_cut_short() -> None:
    assert not group_read([read("conditions", bundle([condition(CALCINOSIS)], total=2))], Group.CONDITIONS).state.closed
    assert group_read([read("conditions", bundle([condition(CALCINOSIS)], total=1))], Group.CONDITIONS).state.closed


def test_a_resource_that_comes_on_two_pages_counts_once() -> None:
    page = read("conditions", bundle([condition(CALCINOSIS)]))
    assert len(group_read([page, page], Group.CONDITIONS).resources) == 1


def test_the_first_page_an_outcome_is_not_obtained_a_later_one_is_cut_short() -> None:
    outcome = read("conditions", {"resourceType": "OperationOutcome", "issue": []})
    page = read("conditions", bundle([condition(CALCINOSIS)]))
    assert group_read([outcome], Group.CONDITIONS).state == GroupState(obtained=False, complete=False)
    later = group_read([page, outcome], Group.CONDITIONS)
    assert later.state == GroupState(complete=False)
    assert len(later.resources) == 1
    assert [issue.kind for issue in later.issues] == ["client-error"]


def test_a_null_value_closes_the_group_empty() -> None:
    assert group_read([read("conditions", None)], Group.CONDITIONS).state.closed


def test_missing_groups_say_why() -> None:
    assert missing_group(Group.ALLERGIES, "not-obtained").state == GroupState(obtained=False, complete=False)
    assert missing_group(Group.ALLERGIES, "client-error").issues[0].kind == "client-error"
    assert missing_group(Group.ALLERGIES, "cut-short").state == GroupState(complete=False)
    assert not group_read([], Group.ALLERGIES).state.obtained


def test_only_readable_references_that_are_not_known_are_left_to_resolve() -> None:
    listed = [
        request(None, id="1", medicationReference={"reference": "Medication/a"}),
        request(None, id="2", medicationReference={"reference": "Medication/b/_history/3"}),
        request(None, id="3", medicationReference={"reference": "#c"}, contained=[{"resourceType": "Medication"}]),
        request(None, id="4", medicationReference={"reference": "https://other.example/fhir/Medication/d"}),
        request(None, id="5", medicationReference={"reference": "Medication/e"}),
        {"resourceType": "Medication", "id": "e"},
    ]
    drafts = bundle([request(None, id="6", medicationReference={"reference": "Medication/f"})])
    chart = chart_of({"medications": bundle(listed)}, drafts)
    relative = unresolved_medications(chart, lambda reference: "://" not in reference)
    assert relative == ("Medication/a", "Medication/b", "Medication/f")


def test_a_fetched_medication_is_read_or_none() -> None:
    assert read_medication(json.dumps({"resourceType": "Medication", "id": "a"}).encode()) is not None
    assert read_medication(b'{"resourceType":"OperationOutcome"}') is None
    assert read_medication(b"<html>") is None


TWENTY_WAYS: dict[str, Callable[[Json], Any]] = {
    "null": lambda one: None,
    "text": lambda one: "x",
    "number": lambda one: 3,
    "list": lambda one: [one],
    "empty object": lambda one: {},
    "no resourceType": lambda one: {k: v for k, v in one.items() if k != "resourceType"},
    "resourceType a number": lambda one: one | {"resourceType": 1},
    "id a number": lambda one: one | {"id": 7},
    "subject a text": lambda one: one | {"subject": "Patient/p-1"},
    "subject missing": lambda one: {k: v for k, v in one.items() if k != "subject"},
    "subject without reference": lambda one: one | {"subject": {"display": "someone"}},
    "status unknown to R4": lambda one: one | {"status": "in-progress"},
    "status a number": lambda one: one | {"status": 1},
    "intent unknown to R4": lambda one: one | {"intent": "wish"},
    "drug a text": lambda one: one | {"medicationCodeableConcept": "methotrexate"},
    "coding an object": lambda one: one | {"medicationCodeableConcept": {"coding": {"code": "6851"}}},
    "code a number": lambda one: one | {"medicationCodeableConcept": {"coding": [{"code": 6851}]}},
    "code unknown, no text": lambda one: one | {"medicationCodeableConcept": {"coding": [{"code": "zz"}]}},
    "no drug": lambda one: {k: v for k, v in one.items() if k != "medicationCodeableConcept"},
    "dosage an object": lambda one: one | {"dosageInstruction": {}},
    "reasonCode an object": lambda one: one | {"reasonCode": {}},
    "authoredOn a number": lambda one: one | {"authoredOn": 2020},
    "modifierExtension": lambda one: one | {"modifierExtension": [{"url": "https://example.org/not-taken"}]},
    "doNotPerform a text": lambda one: one | {"doNotPerform": "true"},
}


@pytest.mark.parametrize("way", TWENTY_WAYS)
def test_breaking_one_of_sixty_drugs_loses_only_that_one_and_opens_the_group(way: str, mapper: Mapper) -> None:
    drugs = [request({"text": "methotrexate"}, id=f"m-{n}") for n in range(60)]
    broken = [*drugs[:29], TWENTY_WAYS[way](drugs[29]), *drugs[30:]]
    listed = [{"resource": one} if one is not None else None for one in broken]
    features = mapper.features({"medications": {"resourceType": "Bundle", "type": "searchset", "entry": listed}})
    whole = mapper.features({"medications": bundle(drugs)})
    kept = tuple(fact for fact in whole.medications if fact.proof.reference != "MedicationRequest/m-29")
    assert features.medications == kept
    assert len(kept) == 59
    assert features.groups[Group.MEDICATIONS] == GroupState(unreadable=1)
    assert whole.groups[Group.MEDICATIONS].closed
