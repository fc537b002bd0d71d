"""The lint itself: each rule says what is wrong with a worked card that was spoilt in one place, and only then."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from cds_service.card_lint.answered import Answered, Json
from cds_service.card_lint.lint import lint, lint_answer
from tests.support.worked_cards import EXAMPLES
from treatment_algorithm.features import Group, GroupState
from treatment_algorithm.partial_date import PartialDate

Worked = Callable[[str], Answered]
Spoil = Callable[[Json], Any]


def complaints(answered: Answered, spoil: Spoil) -> str:
    spoil(answered.cards[0])
    return "\n".join(lint(answered.cards[0], answered))


@pytest.mark.parametrize("example", [*EXAMPLES, "2b", "6b"])
def test_a_worked_card_passes(worked: Worked, example: str) -> None:
    assert lint_answer(worked(example)) == []


def _detail(card: Json, old: str, new: str) -> None:
    assert old in card["detail"]
    card["detail"] = card["detail"].replace(old, new, 1)


def _add(card: Json, text: str) -> None:
    card["detail"] = card["detail"].replace("\n\n**Evidence:**", f"\n\n{text}\n\n**Evidence:**", 1)


def _resource(card: Json, number: int = 0) -> Json:
    resource: Json = card["suggestions"][number]["actions"][0]["resource"]
    return resource


DRAFT = "\n\nDraft rules, not yet reviewed by a clinician."
SPOILT: dict[str, tuple[str, str, Spoil]] = {
    "a member that the standard does not have": ("L1", "1", lambda card: card.update(title="Calcinosis")),
    "a null": ("L1", "1", lambda card: card.update(links=None) or card.update(links=[])),
    "an empty list": ("L1", "4", lambda card: card.update(suggestions=[])),
    "a suggestion with the uuid of its card": (
        "L1",
        "1",
        lambda card: card["suggestions"][0].update(uuid=card["uuid"]),
    ),
    "a uuid that is none": ("L1", "1", lambda card: card.update(uuid="card-1")),
    "a long summary": ("L2", "1", lambda card: card.update(summary="x" * 121)),
    "a summary of two sentences": ("L2", "1", lambda card: card.update(summary="Calcinosis. Treat it")),
    "a summary that shouts": ("L2", "1", lambda card: card.update(summary="Calcinosis!")),
    "a detail of more than 150 words": ("L3", "1", lambda card: _add(card, "word " * 100)),
    "HTML": ("L4", "1", lambda card: _add(card, "<b>Consider</b>")),
    "a Markdown link": ("L4", "1", lambda card: _add(card, "[here](x)")),
    "a nested bullet": ("L4", "1", lambda card: _add(card, "- one\n  - two")),
    "a heading of Markdown": ("L4", "1", lambda card: _add(card, "# Consider")),
    "a placeholder": ("L4", "1", lambda card: _add(card, "{disease}")),
    "an open bold mark": ("L4", "1", lambda card: _add(card, "**Consider")),
    "another first block": ("L5", "1", lambda card: card.update(detail=f"Hello\n\n{card['detail']}")),
    "no evidence line": ("L5", "1", lambda card: _detail(card, "**Evidence:**", "Evidence")),
    "a word after the draft line": ("L5", "1", lambda card: card.update(detail=f"{card['detail']}\n\nBye")),
    "a missing mandatory sentence": ("L6", "1", lambda card: _detail(card, "partial improvement is the", "it is the")),
    "a missing sentence of an option": ("L6", "3", lambda card: _detail(card, "May take up to 26 weeks.", "")),
    "no draft line": ("L7", "1", lambda card: _detail(card, DRAFT, "")),
    "a dose": ("L8", "1", lambda card: _add(card, "Methotrexate 15 mg")),
    "a schedule": ("L8", "1", lambda card: _add(card, "Methotrexate once weekly")),
    "a dose in a label": ("L8", "1", lambda card: card["suggestions"][0].update(label="Draft 60 mg of diltiazem")),
    "a dosage in a draft": (
        "L8",
        "2b",
        lambda card: _resource(card, 1).update(dosageInstruction=[{"text": "as before"}]),
    ),
    "a command": ("L9", "1", lambda card: _add(card, "You must act")),
    "a promise": ("L9", "1", lambda card: _add(card, "Diltiazem cures calcinosis")),
    "a denial of trials": ("L9", "1", lambda card: _add(card, "There are no controlled trials")),
    "a plain referral": ("L9", "1", lambda card: card["suggestions"][0].update(label="Refer to rheumatology")),
    "a figure without a source": ("L10", "1", lambda card: _add(card, "Response in 5 of 8")),
    "an absence that no question proves": ("L11", "1", lambda card: _add(card, "No gout recorded")),
    "an absence that is false": ("L11", "7", lambda card: _add(card, "No steroid-sparing agent recorded.")),
    "something on record called not recorded": (
        "L11",
        "4",
        lambda card: _detail(card, "**Not recorded:** ", "**Not recorded:** heart rate, "),
    ),
    "four items not recorded": (
        "L5",
        "2",
        lambda card: _detail(card, "**Not recorded:** ", "**Not recorded:** ejection fraction, "),
    ),
    "a warning at patient-view": ("L12", "1", lambda card: card.update(indicator="warning")),
    "a critical card for a warning": ("L12", "4", lambda card: card.update(indicator="critical")),
    "a third-line drug in an order": ("L14", "3", lambda card: _detail(card, ", in no order**", "**")),
    "anti-TNF for an adult": ("L15", "3", lambda card: _add(card, "- Infliximab")),
    "a drug that is taken, to be started": ("L16", "7", lambda card: _add(card, "Start methotrexate")),
    "a draft without its text": ("L17", "2b", lambda card: _resource(card, 1)["medicationCodeableConcept"].pop("text")),
    "a product code": (
        "L17",
        "2b",
        lambda card: _resource(card, 1)["medicationCodeableConcept"]["coding"][0].update(code="830874"),
    ),
    "a note without off-label": (
        "L17",
        "2b",
        lambda card: _resource(card, 1).update(note=[{"text": "Dose and schedule are the prescriber's."}]),
    ),
    "an order that is active": ("L18", "1", lambda card: _resource(card).update(status="active")),
    "a draft for another patient": (
        "L18",
        "1",
        lambda card: _resource(card).update(subject={"reference": "Patient/x"}),
    ),
    "a time in a draft": ("L18", "1", lambda card: _resource(card).update(authoredOn="2026-11-22T10:00:00Z")),
    "a draft that is no FHIR": ("L18", "1", lambda card: _resource(card).update(priority={"code": "urgent"})),
    "a delete of another order": (
        "L19",
        "4",
        lambda card: card["suggestions"][-1]["actions"][0].update(resourceId="MedicationRequest/other"),
    ),
    "an update of another element": ("L19", "6b", lambda card: _resource(card).update(intent="plan")),
    "an update that keeps the old dose": (
        "L19",
        "6b",
        lambda card: _resource(card).update(dispenseRequest={"numberOfRepeatsAllowed": 1}),
    ),
    "four suggestions": ("L20", "1", lambda card: card.update(suggestions=card["suggestions"] * 4)),
    "a long label": ("L20", "1", lambda card: card["suggestions"][0].update(label="x" * 61)),
    "no description": ("L20", "1", lambda card: card["suggestions"][0]["actions"][0].pop("description")),
    "no selection behaviour": ("L20", "1", lambda card: card.pop("selectionBehavior")),
    "no link": ("L21", "1", lambda card: card.update(links=[])),
    "a link to an anchor that does not exist": (
        "L21",
        "1",
        lambda card: card["links"][0].update(url="https://cds.example.org/guideline#r-unheard"),
    ),
    "a link elsewhere": ("L21", "1", lambda card: card["links"][0].update(url="https://elsewhere.example.org/")),
    "a smart link": ("L21", "1", lambda card: card["links"][0].update(type="smart")),
    "two override reasons": ("L22", "1", lambda card: card.update(overrideReasons=card["overrideReasons"][:2])),
    "a display of one's own": ("L22", "1", lambda card: card["overrideReasons"][0].update(display="Done")),
    "a code that is in no table": ("L23", "1", lambda card: _resource(card)["code"]["coding"][0].update(code="999")),
    "no word of off-label": ("L24", "2", lambda card: card.update(detail=card["detail"].replace("off-label", ""))),
    "a rule that does not exist": (
        "EXT",
        "1",
        lambda card: card["extension"]["org.example.calcinosis-cds"]["rules"].append("R-UNHEARD"),
    ),
}


@pytest.mark.parametrize("what", list(SPOILT))
def test_a_spoilt_card_does_not_pass(worked: Worked, what: str) -> None:
    rule, example, spoil = SPOILT[what]
    assert f"{rule}:" in complaints(worked(example), spoil)


def test_cards_in_another_order_do_not_pass(worked: Worked) -> None:
    answered = worked("4")
    info = answered.cards[0] | {"indicator": "info"}
    swapped = replace(answered, cards=(info, answered.cards[0]))
    assert any(complaint.startswith("L25:") for complaint in lint(info, swapped))


def test_more_cards_than_selected_orders_do_not_pass(worked: Worked) -> None:
    answered = worked("4")
    twice = replace(answered, cards=answered.cards * 2)
    assert any(complaint.startswith("L25:") for complaint in lint(twice.cards[0], twice))


@pytest.mark.parametrize(
    "patient", [{"name": [{"family": "Painful"}]}, {"birthDate": "2026-11-02"}, {"identifier": [{"value": "6/10"}]}]
)
def test_a_card_that_names_the_patient_does_not_pass(worked: Worked, patient: Json) -> None:
    """The patient is called what the card says anyway."""
    answered = worked("2")
    named = replace(answered, request=dict(answered.request) | {"prefetch": {"patient": patient}})
    assert any(complaint.startswith("L25:") for complaint in lint(named.cards[0], named))


def _chart(answered: Answered, **changes: Any) -> Answered:
    """The same cards for another chart."""
    case = answered.assessment.case
    features = replace(case.features, **changes)
    return replace(answered, assessment=replace(answered.assessment, case=structs.replace(case, features=features)))


@pytest.mark.parametrize("birth", [None, PartialDate(2010)])
def test_a_drug_draft_for_a_child_does_not_pass(worked: Worked, birth: PartialDate | None) -> None:
    answered = worked("2b")
    young = _chart(answered, patient=replace(answered.case.features.patient, birth=birth))
    assert any(complaint.startswith("L13:") for complaint in lint(young.cards[0], young))


@pytest.mark.parametrize("group", [Group.CONDITIONS, Group.MEDICATIONS, Group.ALLERGIES])
def test_a_drug_draft_in_an_open_chart_does_not_pass(worked: Worked, group: Group) -> None:
    answered = worked("2b")
    unread = _chart(answered, groups={**answered.case.features.groups, group: GroupState(unreadable=1)})
    assert any(complaint.startswith("L13:") for complaint in lint(unread.cards[0], unread))


def test_a_drug_draft_without_its_checks_does_not_pass(worked: Worked) -> None:
    answered = worked("2b")
    unmeasured = replace(
        answered, assessment=replace(answered.assessment, case=structs.replace(answered.case, measurements={}))
    )
    assert any(complaint.startswith("L13:") for complaint in lint(unmeasured.cards[0], unmeasured))
