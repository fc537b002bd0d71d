"""What Inferno's Da Vinci CRD test kit asks of a server and of no payer, as one walk over discovery and every answer.

The kit's server tests in our words (inferno-framework/davinci-crd-test-kit): the ones about coverage information and
questionnaires are for payers and stand not here.
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.conformance.answers import Answer, Json

if TYPE_CHECKING:
    from starlette.testclient import TestClient

Check = Callable[[Answer, Json], bool]
ORDERS = {"MedicationRequest", "ServiceRequest", "DeviceRequest", "NutritionOrder", "VisionPrescription"}
USERS = re.compile(r"(Practitioner|PractitionerRole|Patient|RelatedPerson)/[A-Za-z0-9.-]+")


def typed(value: Json, **members: type) -> bool:
    """Whether every member is there, of its type, and not empty."""
    return all(isinstance(value.get(name), kind) and value[name] for name, kind in members.items())


def is_url(text: Any) -> bool:
    return isinstance(text, str) and urlsplit(text).scheme in ("http", "https") and bool(urlsplit(text).netloc)


def actions_of(card: Json) -> list[list[Json]]:
    return [suggestion.get("actions", []) for suggestion in card.get("suggestions", [])]


def request_is_answered(answer: Answer, _: Json) -> bool:
    return answer.status == 200


def request_has_its_required_members(answer: Answer, _: Json) -> bool:
    return typed(answer.request, hook=str, hookInstance=str, context=dict)


def request_has_a_valid_context(answer: Answer, _: Json) -> bool:
    context = answer.request["context"]
    drafts = context.get("draftOrders", {}).get("resourceType", "Bundle") == "Bundle"
    return typed(context, userId=str, patientId=str) and bool(USERS.fullmatch(context["userId"])) and drafts


def card_has_its_required_members(_: Answer, card: Json) -> bool:
    source = card["source"]
    return (
        typed(card, summary=str, indicator=str, source=dict)
        and len(card["summary"]) < 140
        and card["indicator"] in ("info", "warning", "critical")
        and typed(source, label=str, topic=dict)
        and typed(source["topic"], code=str, system=str)
    )


def card_has_valid_optional_members(_: Answer, card: Json) -> bool:
    kinds: dict[str, type] = {"uuid": str, "detail": str, "suggestions": list, "overrideReasons": list, "links": list}
    present = {name: kind for name, kind in kinds.items() if name in card}
    return (
        typed(card, **present)
        and all(typed(reason, code=str, system=str, display=str) for reason in card.get("overrideReasons", []))
        and all(typed(one, label=str, actions=list) for one in card.get("suggestions", []))
        and ("suggestions" not in card or card.get("selectionBehavior") in ("any", "at-most-one"))
        and all(typed(action, type=str, description=str) for actions in actions_of(card) for action in actions)
    )


def links_are_external_references(_: Answer, card: Json) -> bool:
    """External reference response type: every link absolute, none of them of an app."""
    links = card.get("links", [])
    return all(link["type"] == "absolute" and typed(link, label=str) and is_url(link["url"]) for link in links)


def a_smart_link_has_its_own_members(_: Answer, card: Json) -> bool:
    """Launch SMART app response type: an appContext stands on smart links only."""
    return not [link for link in card.get("links", []) if "appContext" in link and link["type"] != "smart"]


def an_alternate_is_an_update_or_a_delete_with_a_create(answer: Answer, card: Json) -> bool:
    """Propose alternate request response type: what is changed or taken away is a draft of the request."""
    for actions in actions_of(card):
        kinds = sorted(action["type"] for action in actions)
        if "update" in kinds and kinds != ["update"]:
            return False
        for action in actions:
            resource = action.get("resource", {})
            touched = action.get("resourceId") or f"{resource['resourceType']}/{resource['id']}"
            if action["type"] != "create" and touched not in answer.drafts:
                return False
    return True


def an_additional_order_is_a_new_request(_: Answer, card: Json) -> bool:
    """Additional orders response type: creates of request resources."""
    created = [action["resource"] for actions in actions_of(card) for action in actions if action["type"] == "create"]
    return all(resource["resourceType"] in ORDERS for resource in created)


OF_AN_ANSWER: tuple[Check, ...] = (
    request_is_answered,
    request_has_its_required_members,
    request_has_a_valid_context,
)
OF_A_CARD: tuple[Check, ...] = (
    card_has_its_required_members,
    card_has_valid_optional_members,
    links_are_external_references,
    a_smart_link_has_its_own_members,
    an_alternate_is_an_update_or_a_delete_with_a_create,
    an_additional_order_is_a_new_request,
)


def test_discovery_lists_services_with_their_required_members(client: "TestClient") -> None:
    answer = client.get("/cds-services")
    assert answer.status_code == 200
    assert all(typed(service, hook=str, description=str, id=str) for service in answer.json()["services"])


@pytest.mark.checklist("REQ-1", "CARD-2", "CARD-6", "CARD-7", "CARD-9", "CARD-10", "CARD-12", "LINK-2", "LINK-3")
def test_no_answer_fails_a_check_of_the_kit(answers: tuple[Answer, ...]) -> None:
    found = [
        f"{answer.name}: {check.__name__}" for answer in answers for check in OF_AN_ANSWER if not check(answer, {})
    ]
    found += [
        f"{answer.name}: {check.__name__}"
        for answer in answers
        for card in answer.body["cards"]
        for check in OF_A_CARD
        if not check(answer, card)
    ]
    assert found == []


SPOILT: list[tuple[Check, dict[str, Any]]] = [
    (card_has_its_required_members, {"summary": "x" * 140}),
    (card_has_its_required_members, {"source": {"label": "x"}}),
    (card_has_valid_optional_members, {"selectionBehavior": "all"}),
    (card_has_valid_optional_members, {"overrideReasons": [{"code": "x"}]}),
    (links_are_external_references, {"links": [{"type": "absolute", "label": "x", "url": "/guideline"}]}),
    (a_smart_link_has_its_own_members, {"links": [{"type": "absolute", "appContext": "x"}]}),
    (
        an_alternate_is_an_update_or_a_delete_with_a_create,
        {"suggestions": [{"actions": [{"type": "delete", "resourceId": "MedicationRequest/not-there"}]}]},
    ),
    (
        an_additional_order_is_a_new_request,
        {"suggestions": [{"actions": [{"type": "create", "resource": {"resourceType": "Coverage"}}]}]},
    ),
]


@pytest.mark.parametrize(("check", "spoilt"), SPOILT, ids=lambda value: getattr(value, "__name__", ""))
def test_a_check_sees_what_is_wrong(answers: tuple[Answer, ...], check: Check, spoilt: Json) -> None:
    answer = next(answer for answer in answers if answer.name == "worked card 1")
    (card,) = answer.body["cards"]
    assert check(answer, card)
    assert not check(answer, card | spoilt)
