"""What can be said of demo/fhir-server without Node, and of the script that holds the service against it."""

import json
import re
from typing import Any

import pytest

from scripts.demo_fhir_server import Asked
from scripts.real_fhir_cards import other_queries, unread_pages
from scripts.real_fhir_requests import DemoRequest
from tests.house.repository import ROOT

FOLDER = ROOT / "demo" / "fhir-server"
PACKAGE: dict[str, Any] = json.loads((FOLDER / "package.json").read_text(encoding="utf-8"))
LOCK_TEXT = (FOLDER / "package-lock.json").read_text(encoding="utf-8")
LOCK: dict[str, Any] = json.loads(LOCK_TEXT)


def test_the_packages_are_named_exactly_and_locked_with_their_hashes() -> None:
    wanted = PACKAGE["dependencies"] | PACKAGE["optionalDependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    locked = {name.removeprefix("node_modules/"): one for name, one in LOCK["packages"].items() if name}
    assert {name: locked[name]["version"] for name in wanted} == wanted
    assert [name for name, one in locked.items() if not one["integrity"].startswith("sha512-")] == []


def test_the_packages_of_the_engine_have_one_version() -> None:
    versions = {one["version"] for name, one in LOCK["packages"].items() if "@medplum/" in name}
    assert versions == {PACKAGE["dependencies"]["@medplum/fhir-router"]}


def test_nothing_that_is_installed_runs_a_script_or_names_where_it_comes_from() -> None:
    settings = (FOLDER / ".npmrc").read_text(encoding="utf-8").splitlines()
    assert {"ignore-scripts=true", "omit-lockfile-registry-resolved=true"} <= set(settings)
    assert "hasInstallScript" not in LOCK_TEXT
    assert "resolved" not in LOCK_TEXT


def test_installed_packages_are_neither_committed_nor_sent_to_a_container_engine() -> None:
    assert "node_modules/" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert "**/node_modules" in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()


def search(url: str, total: int, entries: int) -> Asked:
    return Asked("GET", url, "accepted", 200, total, entries, 1.0)


def test_a_page_that_was_not_read_is_seen() -> None:
    first, second = search("Condition?patient=p", 5, 3), search("Condition?patient=p&_offset=3", 5, 2)
    empty = search("Procedure?patient=p", 0, 0)
    assert unread_pages([first, second, empty]) == ""
    assert unread_pages([first, empty]) == "Condition: 3 of 5"


@pytest.mark.parametrize(
    ("seen", "fault"),
    [
        (["Condition?patient=p", "Patient/p"], ""),
        (["Patient/p"], "not asked: Condition?patient=p"),
        (["Condition?patient=p", "Patient/p", "Patient/p"], "asked: Patient/p"),
        (["Condition?patient=p", "Patient/p", "Flag?patient=p"], "asked: Flag?patient=p"),
    ],
)
def test_a_query_that_is_missing_or_too_many_is_seen(seen: list[str], fault: str) -> None:
    asked = [search(url, 0, 0) for url in seen]
    assert other_queries(asked, ["Patient/p", "Condition?patient=p"]) == fault


def test_separate_medications_have_to_be_read_and_contained_ones_not() -> None:
    def drug(reference: str) -> dict[str, Any]:
        return {"resource": {"medicationReference": {"reference": reference}}}

    body = {
        "context": {"patientId": "p", "draftOrders": {"entry": [drug("Medication/c")]}},
        "prefetch": {"medications": {"entry": [drug("Medication/a"), drug("#b")]}, "statements": {}},
    }
    request = DemoRequest("x.json", body)
    assert sorted(request.queries(["Patient/{{context.patientId}}"])) == ["Medication/a", "Medication/c", "Patient/p"]
