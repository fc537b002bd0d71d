"""The workbench and what it loads: served from here alone, harmless, and closed where it must be (decision 26)."""

import base64
import json
import re
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from cds_service.app import create_app
from cds_service.pages.demo_charts import DemoCharts, demo_folder
from cds_service.pages.workbench import MODULES
from cds_service.settings import Settings
from treatment_algorithm.knowledge_base import KnowledgeBase

ROOT = Path(__file__).resolve().parents[2]
CHARTS = sorted(path.stem for path in (ROOT / "demo" / "patients").glob("*.json"))
ASSETS = files("cds_service.pages") / "assets"
TYPES = {
    "workbench.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
    **{f"{name}.js": "text/javascript; charset=utf-8" for name in MODULES},
}
SENDS_NOTHING_ELSEWHERE = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
}


@pytest.fixture(scope="module")
def start(client: TestClient) -> dict[str, Any]:
    """What the page asks for first."""
    content: dict[str, Any] = client.get("/workbench/start.json").json()
    return content


def test_the_page_runs_modules_of_this_site_and_nothing_else(client: TestClient) -> None:
    answer = client.get("/")
    assert set(answer.headers["content-security-policy"].split("; ")) == SENDS_NOTHING_ELSEWHERE
    assert re.findall(r"<script[^>]*>[^<]*", answer.text) == ['<script type="module" src="/assets/workbench.js">']
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|https?://(?!cds\.example\.org)", answer.text)


@pytest.mark.parametrize("file", TYPES)
def test_an_asset_has_its_own_type_and_no_other(client: TestClient, file: str) -> None:
    answer = client.get(f"/assets/{file}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == TYPES[file]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.text == (ASSETS / file).read_text(encoding="utf-8")


def test_the_modules_served_are_those_that_exist_and_that_are_imported() -> None:
    here = {path.name for path in ASSETS.iterdir() if path.name.endswith(".js")}
    imported = {name for file in here for name in re.findall(r'from "\./([a-z_.]+)"', read(file))}
    assert here == {f"{name}.js" for name in MODULES}
    assert imported | {"workbench.js", "guideline.js"} == here


def test_no_module_makes_markup_of_text() -> None:
    makes = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\b|new Function|srcdoc")
    assert {name: makes.findall(read(f"{name}.js")) for name in MODULES} == {name: [] for name in MODULES}


@pytest.mark.parametrize("path", ["/assets/pages.py", "/assets/..%2fworkbench.py", "/workbench/charts/nobody.json"])
def test_what_is_not_offered_is_not_found(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_every_demo_chart_is_offered_once_and_opens(client: TestClient, start: dict[str, Any]) -> None:
    assert sorted(chart["name"] for chart in start["charts"]) == CHARTS
    assert all(chart["note"] and chart["given"] and chart["birthDate"] for chart in start["charts"])
    for name in CHARTS:
        file = json.loads((ROOT / "demo" / "patients" / f"{name}.json").read_text(encoding="utf-8"))
        assert client.get(f"/workbench/charts/{name}.json").json() == file


def test_every_rule_leads_to_its_sources_and_to_its_place_on_the_guideline_page(
    client: TestClient, start: dict[str, Any], knowledge: KnowledgeBase
) -> None:
    guideline = client.get("/guideline").text
    assert set(start["rules"]) == {rule.id for rule in knowledge.rules}
    for rule in start["rules"].values():
        assert rule["sources"] or rule["statements"]
        assert f'id="{rule["anchor"]}"' in guideline
        for cited in {*rule["sources"], *rule["statements"]} - {"D"}:
            assert f'id="{cited.lower()}"' in guideline


def test_every_switch_changes_a_chart(start: dict[str, Any]) -> None:
    assert all(bool(change["adds"]) != bool(change["leaves_out"]) for change in start["changes"])
    assert {key for change in start["changes"] for key in change["leaves_out"]} == {
        "medications",
        "statements",
        "conditions",
    }


def test_every_drug_is_a_coded_product(start: dict[str, Any]) -> None:
    assert len(start["drugs"]) > 10
    assert all(drug["text"] and drug["coding"][0]["code"] for drug in start["drugs"])


def test_without_demo_charts_there_is_nothing_to_choose() -> None:
    assert DemoCharts(None).offer() == {"charts": [], "changes": [], "drugs": [], "reasons": []}
    assert DemoCharts(None).names == ()
    assert demo_folder() == ROOT / "demo"


def test_markup_in_a_chart_comes_back_as_json_that_no_browser_reads_as_a_page(client: TestClient) -> None:
    body = json.loads((ROOT / "demo/hook-requests/patient-view.dm-untreated.json").read_text(encoding="utf-8"))
    markup = "<script>alert(1)</script>"
    for entry in body["prefetch"]["conditions"]["entry"]:
        entry["resource"]["code"]["text"] = markup
    for path in ("/cds-services/calcinosis-patient-view", "/api/evaluate"):
        answer = client.post(path, json=body)
        assert answer.json()["cards"]
        assert answer.headers["content-type"] == "application/json"
        assert markup not in answer.text


def test_switched_off_there_is_the_plain_index(tmp_path: Path, knowledge: KnowledgeBase) -> None:
    with service(tmp_path, knowledge, workbench="off") as client:
        assert "Try it" in client.get("/").text
        assert client.get("/workbench/start.json").status_code == 404
        assert client.get("/assets/workbench.js").status_code == 404


def test_in_production_there_is_none_without_an_admin_token(tmp_path: Path, knowledge: KnowledgeBase) -> None:
    with service(tmp_path, knowledge, **production(tmp_path)) as client:
        assert "Try it" in client.get("/").text
        assert client.get("/workbench/start.json").status_code == 404


def test_in_production_the_admin_token_opens_it(tmp_path: Path, knowledge: KnowledgeBase) -> None:
    token = tmp_path / "admin-token"
    token.write_text("a-secret-of-the-operators\n", encoding="utf-8")
    headers = ("Basic", "Basic !", "Bearer a-secret-of-the-operators", "Basic " + base64.b64encode(b"x").decode())
    with service(tmp_path, knowledge, admin_token=token, **production(tmp_path)) as client:
        for path in ("/", "/workbench/start.json", "/workbench/charts/dm-untreated.json"):
            refused = client.get(path)
            assert refused.status_code == 401
            assert refused.headers["www-authenticate"].startswith("Basic")
            assert refused.content == b""
            for wrong in ("", "a-secret", "a-secret-of-the-operators\n"):
                assert client.get(path, auth=("admin", wrong)).status_code == 401
            for header in headers:
                assert client.get(path, headers={"Authorization": header}).status_code == 401
            assert client.get(path, auth=("admin", "a-secret-of-the-operators")).status_code == 200


def production(folder: Path) -> dict[str, Any]:
    clients = folder / "clients.yaml"
    clients.write_text(
        "clients:\n  - name: st-elsewhere\n    issuer: https://ehr.example.org\n"
        "    key_set_url: https://ehr.example.org/jwks.json\n    fhir_servers: []\n",
        encoding="utf-8",
    )
    return {
        "environment": "production",
        "public_base_url": "https://cds.example.org",
        "allow_draft_knowledge": True,
        "trusted_clients": clients,
    }


def service(folder: Path, knowledge: KnowledgeBase, **values: Any) -> TestClient:
    settings = Settings(_env_file=None, database_url=f"sqlite:///{folder / 'test.sqlite3'}", **values)
    return TestClient(create_app(settings, clock=lambda: date(2026, 11, 22), knowledge=knowledge))


def read(file: str) -> str:
    return (ASSETS / file).read_text(encoding="utf-8")
