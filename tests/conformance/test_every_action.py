"""Every suggestion and action of every answer (checklist SUG, ACT, GEN-5)."""

import re
from importlib import import_module
from typing import Any

import pytest
from pydantic import ValidationError

from tests.conformance.answers import Answer, Json, actions, suggestions

Answers = tuple[Answer, ...]
LITERAL = re.compile(r"[A-Z][A-Za-z]+/[A-Za-z0-9.-]{1,64}")
# What changes when one drug takes the place of another: the drug, its note, and what belonged to the old drug only.
OF_THE_DRUG = {"medicationCodeableConcept", "medicationReference", "note"}
OF_THE_OLD_DRUG = {"dosageInstruction", "dispenseRequest", "substitution"}


def parsed(resource: Json) -> Any:
    """The resource as fhir.resources reads FHIR R4B; raises ValidationError."""
    kind = resource["resourceType"]
    return getattr(import_module(f"fhir.resources.R4B.{kind.lower()}"), kind).model_validate(resource)


@pytest.mark.checklist("SUG-1", "SUG-2", "SUG-3")
def test_a_suggestion_has_a_label_and_no_member_that_a_client_may_not_know(answers: Answers) -> None:
    found = list(suggestions(answers))
    assert found
    for answer, suggestion in found:
        assert suggestion["label"].strip(), answer.name
        assert isinstance(suggestion.get("isRecommended", False), bool), answer.name
        assert suggestion.keys() <= {"label", "uuid", "isRecommended", "actions"}, answer.name


@pytest.mark.checklist("SUG-4")
def test_the_actions_of_a_suggestion_do_not_depend_on_their_order(answers: Answers) -> None:
    """Each touches a resource of its own, and none refers to what another one creates, changes or deletes."""
    several = [(answer, one["actions"]) for answer, one in suggestions(answers) if len(one["actions"]) > 1]
    assert several
    for answer, one in several:
        touched = [action.get("resourceId") or identity(action["resource"]) for action in one]
        assert len(set(touched)) == len(touched), answer.name
        for action in one:
            text = str(action.get("resource", {}))
            others = set(touched) - {action.get("resourceId") or identity(action["resource"])}
            assert not [reference for reference in others if f"'reference': '{reference}'" in text], answer.name


def identity(resource: Json) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


@pytest.mark.checklist("ACT-1", "ACT-2")
def test_an_action_has_a_known_type_and_a_description(answers: Answers) -> None:
    for answer, action in actions(answers):
        assert action["type"] in ("create", "update", "delete"), answer.name
        assert action["description"].strip(), answer.name


@pytest.mark.checklist("ACT-3")
def test_a_create_brings_a_resource_that_the_client_does_not_have(answers: Answers) -> None:
    for answer, action in actions(answers, "create"):
        assert identity(action["resource"]) not in answer.drafts, answer.name
        assert action["resource"]["status"] == "draft", answer.name
        assert "resourceId" not in action, answer.name


@pytest.mark.checklist("ACT-4")
def test_an_update_is_the_whole_draft_with_another_drug(answers: Answers) -> None:
    found = list(actions(answers, "update"))
    assert found
    for answer, action in found:
        before, after = answer.drafts[identity(action["resource"])], action["resource"]
        changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
        assert changed <= OF_THE_DRUG | OF_THE_OLD_DRUG, answer.name
        assert after["medicationCodeableConcept"] != before.get("medicationCodeableConcept"), answer.name
        assert not OF_THE_OLD_DRUG & after.keys(), answer.name


@pytest.mark.checklist("ACT-5")
def test_a_delete_names_a_draft_order_by_type_and_id(answers: Answers) -> None:
    found = list(actions(answers, "delete"))
    assert found
    for answer, action in found:
        assert LITERAL.fullmatch(action["resourceId"]), answer.name
        assert action["resourceId"] in answer.drafts, answer.name
        assert "resource" not in action, answer.name


@pytest.mark.checklist("GEN-5", "ACT-6")
def test_a_resource_of_an_action_is_valid_fhir_r4(answers: Answers) -> None:
    """An update is as valid as the draft that it changes: a client's own mistakes are not taken out."""
    for answer, action in (*actions(answers, "create"), *actions(answers, "update")):
        resource = action["resource"]
        try:
            parsed(answer.drafts.get(identity(resource), resource))
        except ValidationError:
            assert action["type"] == "update", answer.name
        else:
            assert parsed(resource).model_dump()["resourceType"] == resource["resourceType"], answer.name


@pytest.mark.checklist("ACT-7")
def test_a_resource_of_an_action_is_about_the_patient_in_context(answers: Answers) -> None:
    for answer, action in actions(answers):
        if "resource" in action:
            patient = f"Patient/{answer.request['context']['patientId']}"
            assert action["resource"]["subject"]["reference"].endswith(patient), answer.name
