"""What a site switches in its file: rules off or in shadow, thresholds, services, reasons; exchanged while it runs."""

import asyncio
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from cards.frame import EXTENSION
from cards.normal_form import digest_of
from cds_service import site_watch
from cds_service.app import create_app
from cds_service.cli import build_cli
from cds_service.decide import decide
from cds_service.errors import StartRefused
from cds_service.records.decision_record import DecisionRecord, replayed
from cds_service.settings import Settings
from cds_service.site_watch import look_and_tell
from tests.service.ehr import Json, json_lines, product_knowledge, running_service
from tests.service.ehr_client import bearer, trusting, with_key_file
from tests.service.test_decision_log import demo_request, recorded

COLCHICINE = "order-select.colchicine-for-calcinosis.json"
ON_METOPROLOL = "order-select.diltiazem-on-metoprolol.json"
LOCALIZED = "patient-view.dm-localized-ulcerated.json"
REFRACTORY = "patient-view.dm-refractory-severe.json"
SHADOW = 'rules:\n  OS-LIMITED: {state: shadow, because: "the board meets in March"}\n'


def write(folder: Path, text: str, name: str = "site.yaml") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


@contextmanager
def at_site(folder: Path, text: str, **values: Any) -> Iterator[TestClient]:
    """The service with a site file of this text."""
    with running_service(folder, decide, site_file=write(folder, text), **values) as client:
        yield client


def look(client: TestClient, *, anew: bool = True) -> None:
    """What the service does every few seconds, and on SIGHUP."""
    app: Any = client.app
    wiring = app.state.wiring
    assert client.portal is not None
    client.portal.call(lambda: look_and_tell(wiring.sites, wiring.logger, anew=anew))


def cards(client: TestClient, name: str, **headers: str) -> list[Json]:
    body = demo_request(name)
    answer = client.post(f"/cds-services/calcinosis-{body['hook']}", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["cards"])


def trace(client: TestClient, name: str) -> Json:
    answer: Json = client.post("/api/evaluate", json=demo_request(name)).json()
    return answer


def rule(traced: Json, rule_id: str) -> Json:
    (found,) = [one for one in traced["rules"] if one["id"] == rule_id]
    return dict(found)


def rules_on(card: Json) -> list[str]:
    return list(card["extension"][EXTENSION]["rules"])


def metric(client: TestClient, line: str) -> float:
    found = [one for one in client.get("/metrics").text.splitlines() if one.startswith(line)]
    return float(found[0].rpartition(" ")[2]) if found else 0.0


def test_a_rule_put_into_shadow_takes_its_card_and_leaves_trace_log_and_metric(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a restart, and back again."""
    with at_site(tmp_path, "rules: {}\n") as client:
        (before,) = cards(client, COLCHICINE)
        write(tmp_path, SHADOW)
        look(client, anew=False)
        capsys.readouterr()
        assert cards(client, COLCHICINE) == []
        (line,) = [one for one in json_lines(capsys.readouterr().out) if one["event"] == "request"]
        assert (line["cards"], line["shadow_cards"], line["shadow_rules"]) == (0, 1, ["OS-LIMITED"])
        assert metric(client, 'cds_shadow_rule_results_total{result="yes",rule="OS-LIMITED"}') == 1
        # From the call before.
        assert metric(client, 'cds_rule_results_total{result="yes",rule="OS-LIMITED"}') == 1
        assert metric(client, 'cds_shadow_cards_total{indicator="info"}') == 1
        traced = trace(client, COLCHICINE)
        assert rule(traced, "OS-LIMITED")["result"] == "yes"
        assert rule(traced, "OS-LIMITED")["shadow"] is True
        assert rule(traced, "OS-LIMITED")["note"] == "in shadow at this site: the board meets in March"
        assert traced["cards"] == []
        assert [one["summary"] for one in traced["shadow"]["cards"]] == [before["summary"]]
        write(tmp_path, "rules: {OS-LIMITED: on}\n")
        look(client, anew=False)
        assert cards(client, COLCHICINE) == [before]
        assert "shadow" not in trace(client, COLCHICINE)
    first, in_shadow, last = recorded(tmp_path)
    assert (len(first.cards), len(in_shadow.cards), len(last.cards)) == (1, 0, 1)
    assert [one.rules for one in in_shadow.shadow_cards] == [("OS-LIMITED",)]
    assert in_shadow.rules["OS-LIMITED"].shadow
    assert len({one.knowledge_hash for one in (first, in_shadow, last)}) == 3


def test_a_broken_file_is_refused_with_its_line_and_the_old_one_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with at_site(tmp_path, SHADOW) as client:
        assert client.get("/readyz").json()["site_file"] == "in-force"
        write(tmp_path, "rules:\n  OS-LIMITED: on\nshadows: true\n")
        capsys.readouterr()
        look(client, anew=False)
        (line,) = json_lines(capsys.readouterr().out)
        assert (line["event"], line["site_file"]) == ("site-file-refused", "site.yaml")
        assert "site.yaml:3: shadows: Extra inputs are not permitted" in line["problem"]
        assert cards(client, COLCHICINE) == []
        ready = client.get("/readyz")
        assert (ready.status_code, ready.json()["site_file"]) == (200, "refused")
        assert metric(client, "cds_site_file_refused") == 1
        (tmp_path / "site.yaml").unlink()
        look(client, anew=False)
        assert cards(client, COLCHICINE) == []
        write(tmp_path, "rules: {}\n")
        look(client, anew=False)
        assert len(cards(client, COLCHICINE)) == 1
        assert client.get("/readyz").json()["site_file"] == "in-force"
        assert metric(client, "cds_site_file_refused") == 0


def test_the_service_finds_a_changed_file_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site_watch, "POLL_SECONDS", 0.01)
    with at_site(tmp_path, "rules: {}\n") as client:
        assert len(cards(client, COLCHICINE)) == 1
        write(tmp_path, SHADOW)
        until = time.monotonic() + 20
        while cards(client, COLCHICINE):
            assert time.monotonic() < until


def test_a_file_that_did_not_change_is_not_read_again(tmp_path: Path) -> None:
    with at_site(tmp_path, SHADOW) as client:
        app: Any = client.app
        before = app.state.wiring.sites.default
        look(client, anew=False)
        assert app.state.wiring.sites.default is before
        look(client, anew=True)
        assert app.state.wiring.sites.default is not before


def test_a_shadowed_safety_rule_neither_warns_nor_suppresses(tmp_path: Path) -> None:
    """The answer is that with the rule off, and every card says what is not checked here."""
    text = "rules:\n  {rule}: {{state: {state}, because: a trial}}\n"
    answers = {}
    for state in ("off", "shadow"):
        with at_site(tmp_path, text.format(rule="SAFE-TNF-DM", state=state)) as client:
            answers[state] = cards(client, REFRACTORY)
            told = rule(trace(client, REFRACTORY), "SAFE-TNF-DM")
            assert told["result"] == ("yes" if state == "shadow" else "no")
            assert ("decided_by" in told) == (state == "shadow")
    assert answers["off"] == answers["shadow"]
    with running_service(tmp_path, decide) as client:
        (shipped,) = cards(client, REFRACTORY)
    (card,) = answers["shadow"]
    assert "SAFE-TNF-DM" in rules_on(shipped)
    assert "SAFE-TNF-DM" not in rules_on(card)
    assert card["extension"][EXTENSION]["not_checked"] == ["SAFE-TNF-DM"]
    assert "not_checked" not in shipped["extension"][EXTENSION]


def test_a_warning_off_leaves_the_other_warnings_of_the_order(tmp_path: Path) -> None:
    with at_site(tmp_path, "rules: {SAFE-DILT-BB: {state: off, because: the pharmacy checks it}}\n") as client:
        assert cards(client, ON_METOPROLOL) == []
        told = rule(trace(client, ON_METOPROLOL), "SAFE-DILT-BB")
        assert (told["result"], told["note"]) == ("no", "off at this site: the pharmacy checks it")
        (critical,) = cards(client, "order-select.diltiazem-av-block.json")
        assert critical["indicator"] == "critical"


def test_an_order_rule_off_says_nothing_but_the_safety_rules_of_its_drugs_speak(tmp_path: Path) -> None:
    with at_site(tmp_path, "rules: {OS-LIMITED: {state: off, because: not wanted}}\n") as client:
        assert cards(client, COLCHICINE) == []
        allergic = demo_request(COLCHICINE)
        allergy = {
            "resourceType": "AllergyIntolerance",
            "id": "a1",
            "patient": {"reference": f"Patient/{allergic['context']['patientId']}"},
            "code": {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "2683"}]},
        }
        bundle = {"resourceType": "Bundle", "type": "searchset", "total": 1, "entry": [{"resource": allergy}]}
        allergic["prefetch"]["allergies"] = bundle
        answer = client.post("/cds-services/calcinosis-order-select", json=allergic).json()
        assert [card["indicator"] for card in answer["cards"]] == ["critical"]


def test_a_recommendation_in_shadow_is_no_option_and_the_card_without_it_is_shown(tmp_path: Path) -> None:
    with at_site(tmp_path, "rules: {R-DILT: {state: shadow, because: the board decides}}\n") as client:
        _, local = cards(client, LOCALIZED)
        assert "R-SURG" in rules_on(local)
        assert "R-DILT" not in rules_on(local)
        assert "iltiazem" not in local["summary"] + local["detail"] + json.dumps(local["suggestions"])
        (would,) = trace(client, LOCALIZED)["shadow"]["cards"]
        assert "R-DILT" in rules_on(would)


def test_a_scenario_off_gives_no_card_and_no_other_takes_its_place(tmp_path: Path) -> None:
    """Else a patient with refractory disease would be told to begin what has failed."""
    with at_site(tmp_path, "rules: {SC-REFRACT: {state: off, because: the expert centre decides}}\n") as client:
        assert cards(client, REFRACTORY) == []
        assert rule(trace(client, REFRACTORY), "SC-ACTIVE")["result"] == "no"
    with at_site(tmp_path, "rules: {SC-ACTIVE: {state: shadow, because: later}}\n") as client:
        (local,) = cards(client, LOCALIZED)
        assert "SC-LOCAL" in rules_on(local)


def test_the_whole_service_in_shadow_answers_no_card_and_records_every_one(tmp_path: Path) -> None:
    with running_service(tmp_path, decide) as client:
        shipped = cards(client, LOCALIZED)
    with at_site(tmp_path, "shadow: true\n", database_url=f"sqlite:///{tmp_path / 'test.sqlite3'}") as client:
        assert cards(client, LOCALIZED) == []
        assert trace(client, LOCALIZED)["shadow"]["cards"] == shipped
        assert "The whole service is in shadow here" in client.get("/about").text
        body = demo_request(LOCALIZED)
        body["prefetch"].pop("conditions")
        assert client.post("/cds-services/calcinosis-patient-view", json=body).status_code == 412
    _, decided, _ = recorded(tmp_path)
    assert decided.cards == ()
    assert [one.uuid for one in decided.shadow_cards] == [card["uuid"] for card in shipped]
    assert all(answer.shadow for answer in decided.rules.values())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("rules:\n  R-DILT: on\n  R-NONE: on\n", "3: unknown rule 'R-NONE'"),
        ("rules:\n  R-DILT: off\n", "2: rules.R-DILT: Value error, a rule that is off says why (because)"),
        ("rules:\n  R-DILT: {state: shadow}\n", "2: rules.R-DILT: Value error, a rule that is shadow says why"),
        ("rules:\n  R-DILT: {state: of, because: x}\n", "2: rules.R-DILT.state: Input should be 'on', 'off' or"),
        ("rules:\n  R-DILT: {state: off, because: x, why: y}\n", "2: rules.R-DILT.why: Extra inputs are not permitted"),
        (
            "rules:\n  SAFE-DILT-AVB: {state: shadow, because: x}\n",
            "2: SAFE-DILT-AVB is critical on an order, and critical rules cannot be switched",
        ),
        ("rules:\n  SC-NONE: {state: off, because: x}\n", "2: SC-NONE gives no card, it keeps cards away"),
        ("rules:\n  R-REFER: {state: off, because: x}\n", "2: R-REFER is no option of a card of its own"),
        ("rules:\n  OS-DILT: {state: off, because: x}\n", "2: OS-DILT says nothing of its own: it lets"),
        ("rules:\n  R-DILT: on\n  R-DILT: on\n", "3: R-DILT stands here twice"),
        ("thresholds:\n  vital-signs-days: 30\n", "2: vital-signs-days may be 90 to 365, not 30"),
        ("thresholds:\n  vital-signs-days: 366\n", "2: vital-signs-days may be 90 to 365, not 366"),
        ("thresholds:\n  pregnancy-days: 3\n", "2: unknown threshold 'pregnancy-days'"),
        ("thresholds:\n  vital-signs-days: '90'\n", "2: thresholds.vital-signs-days: Input should be a valid integer"),
        ("services: [calcinosis]\n", "1: services.0: Input should be 'calcinosis-patient-view'"),
        ("services: []\n", "1: services: Tuple should have at least 1 item"),
        ("override_reasons:\n  - {code: no-such}\n", "2: unknown override reason 'no-such'"),
        (
            "override_reasons:\n  - {code: x, system: 'urn:x'}\n",
            "2: override_reasons.0: Value error, a code of the site needs a display",
        ),
        ("shadow: maybe\n", "1: shadow: Input should be a valid boolean"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_line(tmp_path: Path, text: str, problem: str) -> None:
    settings = Settings(
        _env_file=None, database_url=f"sqlite:///{tmp_path / 'x.sqlite3'}", site_file=write(tmp_path, text)
    )
    with pytest.raises(StartRefused) as caught:
        create_app(settings, knowledge=product_knowledge())
    assert f"site.yaml:{problem}" in str(caught.value)


def test_on_and_off_may_be_written_as_yaml_reads_them(tmp_path: Path) -> None:
    for state in ("off", '"off"', "false"):
        with at_site(tmp_path, f"rules: {{OS-LIMITED: {{state: {state}, because: x}}}}\n") as client:
            assert cards(client, COLCHICINE) == []


def test_a_threshold_of_the_site_decides_and_is_told(tmp_path: Path) -> None:
    """Vital signs of the demo patient are older than 90 days: the drug is no longer drafted, its check is."""
    body = demo_request(LOCALIZED)
    for entry in body["prefetch"]["observations"]["entry"]:
        entry["resource"]["effectiveDateTime"] = "2026-06-01"

    def local(client: TestClient) -> Json:
        card: Json = client.post("/cds-services/calcinosis-patient-view", json=body).json()["cards"][-1]
        return card

    with running_service(tmp_path, decide) as client:
        shipped = local(client)
        assert any("diltiazem" in one["label"].lower() for one in shipped["suggestions"])
        assert "heart rate" not in shipped["detail"]
    with at_site(tmp_path, "thresholds: {vital-signs-days: 90}\n") as client:
        card = local(client)
        drugs = [
            action["resource"]["resourceType"] for one in card["suggestions"] for action in one["actions"]
            if action["resource"]["resourceType"] == "MedicationRequest"
        ]  # fmt: skip
        assert drugs == []
        assert "heart rate within 90 days" in card["detail"]
        traced = client.post("/api/evaluate", json=body).json()
        (vitals,) = [one for one in traced["features"] if one["id"] == "F-VITALS"]
        assert vitals["title"] == "Heart rate and blood pressure on record within 90 days"
        assert traced["site"]["thresholds"] == {"vital-signs-days": 90}
        guideline = client.get("/guideline").text
        assert "Heart rate and blood pressure on record within 90 days" in guideline
        assert "90 days here, 365 as shipped" in guideline


def test_pages_list_what_does_not_act_here(tmp_path: Path) -> None:
    text = "rules:\n  SAFE-DILT-BB: {state: off, because: 'the <b>pharmacy</b> checks it'}\n"
    text += SHADOW.partition("\n")[2]
    with at_site(tmp_path, text) as client:
        for page in ("/about", "/guideline"):
            told = client.get(page).text
            assert "off at this site, because: the &lt;b&gt;pharmacy&lt;/b&gt; checks it" in told
            assert "in shadow at this site (evaluated, not shown), because: the board meets in March" in told
        heading = client.get("/guideline").text.partition('<article class="rule" id="safe-dilt-bb">')[2][:600]
        assert "off at this site: the &lt;b&gt;pharmacy" in heading
        write(tmp_path, "rules: {}\n")
        look(client)
        assert "No rule is off or in shadow." in client.get("/about").text
        assert "off at this site" not in client.get("/guideline").text


def test_only_the_services_of_the_site_are_offered(tmp_path: Path) -> None:
    with at_site(tmp_path, "services: [calcinosis-order-sign, calcinosis-order-select]\n") as client:
        offered = [one["id"] for one in client.get("/cds-services").json()["services"]]
        assert offered == ["calcinosis-order-select", "calcinosis-order-sign"]
        body = demo_request(LOCALIZED)
        assert client.post("/cds-services/calcinosis-patient-view", json=body).status_code == 404
        assert client.post("/api/evaluate", json=body).status_code == 400
        feedback = {"feedback": [{"card": "c-1", "outcome": "overridden", "outcomeTimestamp": "2026-11-22T10:00:00Z"}]}
        assert client.post("/cds-services/calcinosis-patient-view/feedback", json=feedback).status_code == 200


def test_override_reasons_are_those_of_the_site_in_its_order(tmp_path: Path) -> None:
    text = (
        "override_reasons:\n"
        "  - {code: local-protocol, system: 'https://hospital.example/reasons', display: Local protocol}\n"
        "  - {code: patient-refuses, display: Patient declines}\n"
        "  - {code: action-completed}\n"
        "  - {code: indication-order-exists}\n"
    )
    with at_site(tmp_path, text) as client:
        reasons = cards(client, LOCALIZED)[0]["overrideReasons"]
    assert [(one["code"], one["display"]) for one in reasons] == [
        ("local-protocol", "Local protocol"),
        ("patient-refuses", "Patient declines"),
        ("action-completed", "Recommended action was already completed"),
    ]
    assert reasons[0]["system"] == "https://hospital.example/reasons"


def two_tenants(folder: Path, **values: Any) -> Json:
    write(folder, SHADOW, "north.yaml")
    north = with_key_file(folder, tenants=["north"]) | {"name": "north", "site_file": "north.yaml"}
    south = with_key_file(folder, tenants=["south"]) | {"name": "south"}
    return trusting(folder, north, south, **values)


def call(client: TestClient, tenant: str) -> list[Json]:
    path = "/cds-services/calcinosis-order-select"
    return cards(client, COLCHICINE, **bearer(path, tenant=tenant))


def test_every_tenant_has_the_site_file_of_its_client(tmp_path: Path) -> None:
    with running_service(tmp_path, decide, **two_tenants(tmp_path)) as client:
        assert (len(call(client, "north")), len(call(client, "south"))) == (0, 1)
        assert "No rule is off or in shadow." in client.get("/about").text
        write(tmp_path, "services: [calcinosis-order-sign]\n", "north.yaml")
        look(client, anew=False)
        services = {
            tenant: len(client.get("/cds-services", headers=bearer("/cds-services", tenant=tenant)).json()["services"])
            for tenant in ("north", "south")
        }
        assert services == {"north": 1, "south": 3}
    north, south = recorded(tmp_path)
    assert (north.tenant, len(north.shadow_cards), south.tenant, south.site_hash) == ("north", 1, "south", "")


def test_a_tenants_site_file_that_is_wrong_stops_the_start(tmp_path: Path) -> None:
    values = two_tenants(tmp_path)
    write(tmp_path, "rule: {}\n", "north.yaml")
    with pytest.raises(StartRefused, match=r"north\.yaml:1: rule: Extra inputs"), running_service(tmp_path, **values):
        pass


def run(*arguments: str) -> tuple[int, list[Json]]:
    result = CliRunner().invoke(build_cli(), list(arguments))
    return result.exit_code, [json.loads(line) for line in result.stdout.splitlines()]


def test_replay_decides_with_todays_site_files_and_marks_what_came_from_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with at_site(tmp_path, SHADOW) as client:
        assert cards(client, COLCHICINE) == []
        assert len(cards(client, LOCALIZED)) == 2
    monkeypatch.setenv("CDS_DATABASE_URL", f"sqlite:///{tmp_path / 'test.sqlite3'}")
    monkeypatch.setenv("CDS_SITE_FILE", str(tmp_path / "site.yaml"))
    status, (counts,) = run("replay", "--json")
    assert (status, counts["replayed"], counts["changed"]) == (0, 2, 0)
    write(tmp_path, "rules: {OS-LIMITED: on}\n")
    status, (change, counts) = run("replay", "--json")
    assert (status, counts["changed"]) == (1, 1)
    assert (change["cards_before"], change["cards_now"], change["other_site_file"]) == (0, 1, True)


def test_a_record_in_shadow_is_found_again_by_its_own_site_file(tmp_path: Path) -> None:
    with at_site(tmp_path, "rules: {R-DILT: {state: shadow, because: x}}\n") as client:
        cards(client, LOCALIZED)
        app: Any = client.app
        knowledge = app.state.wiring.sites.default.knowledge
    (record,) = recorded(tmp_path)
    assert isinstance(record, DecisionRecord)
    assert digest_of(replayed(record, knowledge)[1]) == record.digest
    assert digest_of(replayed(record, product_knowledge())[1]) != record.digest


def test_a_request_keeps_the_site_it_began_with(tmp_path: Path) -> None:
    """The file changes while a call is being decided: its record names the knowledge that decided it."""
    running: list[Any] = []

    def decide_while_the_file_changes(*arguments: Any) -> Any:
        wiring = running[0].app.state.wiring
        write(tmp_path, "shadow: true\n")
        with ThreadPoolExecutor() as pool:
            pool.submit(asyncio.run, look_and_tell(wiring.sites, wiring.logger)).result()
        return decide(*arguments)

    deciding: Any = decide_while_the_file_changes
    with running_service(tmp_path, deciding, site_file=write(tmp_path, "rules: {}\n")) as client:
        running.append(client)
        assert len(cards(client, COLCHICINE)) == 1
        assert cards(client, COLCHICINE) == []
    first, second = recorded(tmp_path)
    assert first.site_hash != second.site_hash
