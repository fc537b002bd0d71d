"""calcinosis-cds evaluate: a chart file in, what a person or a program can read out; nothing of the chart in errors."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from cds_service.cli import build_cli
from tests.support.worked_cards import FOLDER, expected_cards
from tests.unit.cds_service.charts import (
    CALCINOSIS,
    DAY,
    DERMATOMYOSITIS,
    PREDNISOLONE,
    WARFARIN,
    bundle,
    condition,
    drug,
    keys_of,
    patient,
    write,
)
from treatment_algorithm.knowledge_errors import KnowledgeError

if TYPE_CHECKING:
    from treatment_algorithm.knowledge_base import KnowledgeBase

SECRET = "Wilhelmina"
CHART = (patient(), CALCINOSIS, DERMATOMYOSITIS, drug(PREDNISOLONE, "steroid"))


@pytest.fixture(autouse=True)
def _surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, knowledge: "KnowledgeBase") -> None:
    """An empty folder, and the knowledge that is loaded already: loading it is most of a command's time."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("cds_service.commands.file_evaluation.load_knowledge", lambda folder: knowledge)
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "CDS_PUBLIC_BASE_URL", "CDS_TIME_ZONE"):
        monkeypatch.delenv(name, raising=False)


def run(*arguments: str, status: int = 0) -> str:
    result = CliRunner().invoke(build_cli(), [*arguments, "--today", DAY])
    assert result.exit_code == status, result.output
    assert "Traceback" not in result.output
    return result.output


def cards(*arguments: str) -> list[dict[str, Any]]:
    answer: dict[str, list[dict[str, Any]]] = json.loads(run("evaluate", *arguments, "--json"))
    assert list(answer) == ["cards"]
    return answer["cards"]


@pytest.mark.parametrize("example", ["1", "5"])
def test_a_recorded_request_gets_the_cards_that_the_service_gives(example: str) -> None:
    printed = cards(str(FOLDER / f"example-{example}.request.json"))
    assert keys_of(printed, "summary") == keys_of(expected_cards(example), "summary")
    assert keys_of(printed, "indicator") == keys_of(expected_cards(example), "indicator")


@pytest.mark.parametrize(
    "content",
    [
        bundle(*CHART),
        bundle(*CHART, kind="searchset"),
        bundle(*CHART, kind="transaction"),
        [bundle(patient()), bundle(CALCINOSIS, DERMATOMYOSITIS, kind="searchset"), bundle(CHART[3])],
    ],
    ids=["collection", "searchset", "transaction", "list of bundles"],
)
def test_every_kind_of_bundle_is_one_chart(tmp_path: Path, content: Any) -> None:
    (card,) = cards(write(tmp_path, content))
    assert card["indicator"] == "info"
    assert "on prednisolone alone" in card["summary"]


def test_a_transaction_may_refer_by_full_url(tmp_path: Path) -> None:
    """FHIR R4 Bundle: in a transaction, references are the fullUrl of an entry, whose id is not there yet."""
    urn = "urn:uuid:5f0c7c1e-8c35-4c5e-9c0b-0123456789ab"
    entries = [{"fullUrl": urn, "resource": {k: v for k, v in patient().items() if k != "id"}}]
    entries += [{"resource": resource | {"subject": {"reference": urn}}} for resource in CHART[1:]]
    content = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    assert len(cards(write(tmp_path, content))) == 1


def test_the_card_is_readable_without_colour(tmp_path: Path) -> None:
    output = run("evaluate", write(tmp_path, bundle(*CHART)))
    assert output.startswith(" INFO  Calcinosis in dermatomyositis on prednisolone alone")
    assert "\x1b" not in output
    assert "**" not in output
    assert "Why this card: calcinosis cutis (20 Oct 2026)" in output
    assert "1. Discuss with or refer to an expert centre" in output
    assert "create: Create a draft request" in output
    assert "SHARE recommendations (2017): https://doi.org/10.1136/annrheumdis-2016-209247" in output
    assert "Draft rules, not yet reviewed by a clinician." in output


def test_a_warning_says_so_in_a_word() -> None:
    assert run("evaluate", str(FOLDER / "example-5.request.json")).startswith(" WARNING  Warfarin ordered")


def test_nothing_to_say_is_said_with_its_scenario(tmp_path: Path) -> None:
    """Decision 11: no card means evaluated; decision 37 and 2.3: resolved calcinosis is SC-PAST."""
    resolved = CALCINOSIS | {"clinicalStatus": {"coding": [{"code": "resolved"}]}}
    output = run("evaluate", write(tmp_path, bundle(patient(), resolved)))
    assert output.startswith("Evaluated, nothing to say: ")
    assert " rules, scenario SC-PAST (Calcinosis resolved or inactive)." in output


def test_an_empty_group_of_a_bundle_is_closed(tmp_path: Path) -> None:
    (card,) = cards(write(tmp_path, bundle(patient(), CALCINOSIS, DERMATOMYOSITIS)))
    assert "no systemic corticosteroid recorded" in card["detail"]
    assert "Could not be read" not in card["detail"]


def test_a_next_page_that_is_not_in_the_file_leaves_the_group_open(tmp_path: Path) -> None:
    link = [{"relation": "next", "url": "https://ehr.example.org/page2"}]
    content = [bundle(patient(), CALCINOSIS, DERMATOMYOSITIS), bundle(CHART[3], kind="searchset", link=link)]
    assert "Gap: could not be read: medications (only in part)." in run("evaluate", write(tmp_path, content))


def test_a_next_page_that_is_in_the_file_closes_the_group(tmp_path: Path) -> None:
    url = "https://ehr.example.org/page2"
    first = bundle(CHART[3], kind="searchset", link=[{"relation": "next", "url": url}])
    second = bundle(drug("200060", "mmf"), kind="searchset", link=[{"relation": "self", "url": url}])
    content = [bundle(patient(), CALCINOSIS, DERMATOMYOSITIS), first, second]
    output = run("evaluate", write(tmp_path, content))
    assert "Gap" not in output
    assert "mycophenolate" in output


def test_an_entry_without_a_type_may_hide_anything(tmp_path: Path) -> None:
    output = run("evaluate", write(tmp_path, bundle(*CHART, {"secret": SECRET})))
    assert "1 problem entry" in output
    assert "1 allergy entry" in output
    assert SECRET not in output


def test_several_patients_need_a_choice(tmp_path: Path) -> None:
    path = write(tmp_path, bundle(*CHART, patient(id=SECRET)))
    refused = run("evaluate", path, status=2)
    assert "the file holds 2 Patients; choose one with --patient ID" in refused
    assert SECRET not in refused
    assert len(cards(path, "--patient", "p")) == 1
    assert "Gap: 3 entries about another patient, left out." in run("evaluate", path, "--patient", SECRET)
    assert "no Patient of the file has the id" in run("evaluate", path, "--patient", "q", status=2)


def test_at_an_order_hook_the_drafts_of_a_bundle_are_the_orders(tmp_path: Path) -> None:
    """evidence.md 2.5, OS-LIMITED: warfarin for calcinosis is a warning."""
    reason = [{"reference": "Condition/calcinosis"}]
    draft = drug(WARFARIN, "draft", status="draft", reasonReference=reason)
    path = write(tmp_path, bundle(patient(), CALCINOSIS, draft))
    for hook in ("order-select", "order-sign"):
        (card,) = cards(path, "--hook", hook)
        assert card["indicator"] == "warning"
        assert card["summary"].startswith("Warfarin ordered for calcinosis")
    assert "delete: Remove the unsigned warfarin order" in run("evaluate", path, "--hook", "order-sign")


def test_an_order_hook_without_a_draft_is_a_usage_error(tmp_path: Path) -> None:
    assert "holds no draft order" in run("evaluate", write(tmp_path, bundle(*CHART)), "--hook", "order-sign", status=2)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (f'{{"{SECRET}": 1', "no JSON that can be used"),
        (f'"{SECRET}"', "no JSON that can be used"),
        (f'{{"name": "{SECRET}"}}', "no FHIR Bundle that can be read"),
        (f'[{{"name": "{SECRET}"}}]', "no FHIR Bundle that can be read"),
        (f'{{"resourceType": "Patient", "id": "{SECRET}"}}', "a resource that is no Bundle"),
        ('{"resourceType": "Bundle", "type": "history", "entry": []}', "holds no chart"),
        ('{"resourceType": "Bundle", "type": "collection", "entry": []}', "holds no Patient"),
        (f'{{"hook": "patient-view", "hookInstance": "{SECRET}"}}', "context is missing"),
        ('{"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Patient"}}]}', "has no id"),
    ],
)
def test_a_file_that_is_no_chart_is_refused_without_an_echo(tmp_path: Path, content: str, sentence: str) -> None:
    (tmp_path / "chart.json").write_text(content, encoding="utf-8")
    refused = run("evaluate", str(tmp_path / "chart.json"), status=2)
    assert sentence in refused
    assert SECRET not in refused


def test_knowledge_that_is_not_sound_is_no_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsound(folder: object) -> None:
        raise KnowledgeError("rules.yaml", 3, "unknown concept 'x'")

    monkeypatch.setattr("cds_service.commands.file_evaluation.load_knowledge", unsound)
    assert "rules.yaml:3: unknown concept 'x'" in run("evaluate", write(tmp_path, bundle(*CHART)), status=2)


def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDS_TIME_ZONE", "Nowhere")
    assert "time_zone" in run("evaluate", write(tmp_path, bundle(*CHART)), status=2)


def test_a_file_that_is_not_there_is_refused() -> None:
    assert "the file cannot be read" in run("evaluate", "nowhere.json", status=2)


def test_a_request_without_conditions_is_what_the_service_answers_with_412(tmp_path: Path) -> None:
    request = {
        "hook": "patient-view",
        "hookInstance": "i",
        "context": {"patientId": "p", "userId": "Practitioner/u"},
        "prefetch": {"patient": patient()},
    }
    assert "The prefetch key 'conditions' was not given" in run("evaluate", write(tmp_path, request), status=2)


@pytest.mark.parametrize(("option", "value"), [("--hook", "order-sign"), ("--patient", "other")])
def test_a_recorded_request_cannot_be_made_another(option: str, value: str) -> None:
    run("evaluate", str(FOLDER / "example-1.request.json"), option, value, status=2)


def test_no_file_is_made(tmp_path: Path) -> None:
    path = write(tmp_path, bundle(*CHART))
    run("evaluate", path)
    assert [item.name for item in tmp_path.iterdir()] == ["chart.json"]


def test_a_chart_can_come_from_standard_input(tmp_path: Path) -> None:
    text = Path(write(tmp_path, bundle(*CHART))).read_bytes()
    result = CliRunner().invoke(build_cli(), ["evaluate", "-", "--today", DAY], input=b"\xef\xbb\xbf" + text)
    assert result.exit_code == 0
    assert " INFO " in result.output


def test_a_control_sequence_of_the_chart_is_not_obeyed(tmp_path: Path) -> None:
    hostile = CALCINOSIS | {"bodySite": [{"text": "\x1b[31melbow\x1b]0;title\x07"}], "id": "c\x1b[2J"}
    assert "\x1b" not in run("evaluate", write(tmp_path, bundle(patient(), hostile, DERMATOMYOSITIS)))
    assert "\x1b" not in run("explain", write(tmp_path, bundle(patient(), hostile, DERMATOMYOSITIS)))


def test_check_finds_nothing_in_a_valid_chart(tmp_path: Path) -> None:
    assert run("evaluate", write(tmp_path, bundle(*CHART)), "--check") == "Nothing invalid found in 4 entries.\n"


def test_check_names_resource_element_and_kind_but_no_value(tmp_path: Path) -> None:
    content = bundle(
        patient(birthDate=f"about {SECRET}"),
        CALCINOSIS,
        condition("M33.12", "dm", **{"onsetDateTime": "2021", SECRET: 1, f"{SECRET} x": 2}),
        {key: value for key, value in drug(PREDNISOLONE, "steroid").items() if key != "subject"},
        {"secret": SECRET},
    )
    path = write(tmp_path, content)
    found = json.loads(run("evaluate", path, "--check", "--json", status=1))
    assert {"resource": "Patient/p", "element": "birthDate", "kind": "has a value that FHIR does not allow"} in found
    assert {"resource": "Condition/dm", "element": SECRET, "kind": "is no element of this resource"} in found
    assert {
        "resource": "Condition/dm",
        "element": "(not an element name)",
        "kind": "is no element of this resource",
    } in found
    assert {"resource": "MedicationRequest/steroid", "element": "subject", "kind": "is required and missing"} in found
    assert {
        "resource": "entry 5",
        "element": "",
        "kind": "cannot be read: it holds no resource with a type",
    } in found
    text = run("evaluate", path, "--check", status=1)
    assert f"about {SECRET}" not in text
    assert "Patient/p birthDate: has a value that FHIR does not allow\n" in text


def test_check_tells_what_the_service_cannot_use(tmp_path: Path) -> None:
    """Valid FHIR, and yet no drug: a reference to a Medication that is not in the chart (evidence.md 2.1)."""
    order = drug(PREDNISOLONE, "steroid", medicationReference={"reference": "Medication/gone"})
    del order["medicationCodeableConcept"]
    output = run("evaluate", write(tmp_path, bundle(*CHART[:3], order)), "--check", status=1)
    assert "MedicationRequest/steroid: points to a Medication that is not in the chart" in output


def test_without_a_day_it_is_today(tmp_path: Path) -> None:
    """SC-PAST is the same on any day: only that the clock is found is shown."""
    path = write(tmp_path, bundle(patient(), CALCINOSIS | {"clinicalStatus": {"coding": [{"code": "resolved"}]}}))
    result = CliRunner().invoke(build_cli(), ["evaluate", path])
    assert result.exit_code == 0
    assert "SC-PAST" in result.output


def test_a_day_that_is_none_is_a_usage_error() -> None:
    result = CliRunner().invoke(build_cli(), ["evaluate", "chart.json", "--today", "2026-13-01"])
    assert result.exit_code == 2
    assert "--today" in result.output


def test_a_recorded_request_with_single_resources_and_broken_values_is_checked(tmp_path: Path) -> None:
    """What real clients send in prefetch: a lone resource, null, a Bundle whose entries are no list, numbers."""
    request = {
        "hook": "patient-view",
        "hookInstance": "i",
        "context": {"patientId": "p", "userId": "Practitioner/u"},
        "prefetch": {
            "patient": patient(name=1),
            "conditions": bundle(CALCINOSIS, {"resourceType": "Bundle"}),
            "medications": {"resourceType": "Bundle", "entry": 1},
            "allergies": None,
            "statements": {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "processing"}]},
        },
    }
    output = run("evaluate", write(tmp_path, request), "--check", status=1)
    assert "Patient/p name: has the wrong type\n" in output
    assert "entry 1: cannot be read: it holds no resource with a type\n" in output
    assert "statements: holds an OperationOutcome\n" in output
    assert "was not obtained" not in output


def test_check_says_what_stands_in_the_way_of_an_evaluation(tmp_path: Path) -> None:
    request = {
        "hook": "patient-view",
        "hookInstance": "i",
        "context": {"patientId": "p", "userId": "Practitioner/u"},
        "prefetch": {"patient": patient()},
    }
    output = run("evaluate", write(tmp_path, request), "--check", status=1)
    assert "conditions: is required and could not be read\n" in output


def test_an_entry_that_a_transaction_deletes_is_not_missed(tmp_path: Path) -> None:
    content = bundle(*CHART, kind="transaction")
    content["entry"].append({"request": {"method": "DELETE", "url": "Condition/old"}})
    assert "Gap" not in run("evaluate", write(tmp_path, content))
    content["entry"].append({"request": {"method": "PUT", "url": "Condition/lost"}})
    assert "Gap: could not be read: 1 problem entry" in run("evaluate", write(tmp_path, content))


def test_two_cards_stand_apart(tmp_path: Path) -> None:
    """evidence.md 2.3: an active disease and a localized, symptomatic deposit are two decisions, two cards."""
    painful = CALCINOSIS | {"bodySite": [{"text": "left elbow"}]}
    pain = {
        "resourceType": "Observation",
        "id": "pain",
        "status": "final",
        "subject": {"reference": "Patient/p"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "72514-3"}]},
        "effectiveDateTime": "2026-11-10",
        "valueQuantity": {"value": 6, "system": "http://unitsofmeasure.org", "code": "{score}"},
    }
    output = run("evaluate", write(tmp_path, bundle(patient(), painful, DERMATOMYOSITIS, pain)))
    assert output.count(" INFO ") == 2
    assert "\n\n INFO " in output
