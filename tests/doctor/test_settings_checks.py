"""doctor without options: settings, knowledge and data base, each wrong in its own way; nothing is written."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from cds_service.doctor.check import Check
from cds_service.doctor.knowledge_checks import check_knowledge
from cds_service.doctor.settings_checks import check_settings, unusable_settings
from cds_service.doctor.store_check import check_data_base
from cds_service.records.storage import open_store
from cds_service.settings import Settings
from tests.doctor.reports import levels, run, sentences

if TYPE_CHECKING:
    from treatment_algorithm.knowledge_base import KnowledgeBase


def settings(tmp_path: Path, **values: Any) -> Settings:
    return Settings(_env_file=None, **{"database_url": f"sqlite:///{tmp_path / 'var' / 'test.sqlite3'}"} | values)


def checked(tmp_path: Path, *names: str, **values: Any) -> list[Check]:
    return list(check_settings(settings(tmp_path, **values), names))


def test_the_defaults_have_no_finding_and_leave_nothing_behind(tmp_path: Path) -> None:
    """A key file made by whoever asks would belong to the wrong user."""
    assert set(levels(checked(tmp_path, "CDS_PORT", "PATH")).values()) == {"ok"}
    assert list(tmp_path.iterdir()) == []


def test_a_misspelt_name_is_named(tmp_path: Path) -> None:
    checks = checked(tmp_path, "CDS_PUBLIC_URL")
    assert levels(checks)["names"] == "warn"
    assert "CDS_PUBLIC_URL" in sentences(checks, "names")


def test_a_value_that_cannot_be_used_is_named_and_not_repeated() -> None:
    with pytest.raises(ValidationError) as caught:
        Settings(_env_file=None, port=0, environment="secret-place")
    checks = unusable_settings(caught.value)
    assert levels(checks) == {"CDS_PORT": "FAIL", "CDS_ENVIRONMENT": "FAIL"}
    assert "secret-place" not in sentences(checks, "CDS_ENVIRONMENT")


@pytest.mark.parametrize(
    "values",
    [
        {"allowed_fhir_servers": "http://ehr.example.org/fhir"},
        {"database_url": "mysql://host/name"},
        {"hash_key": "missing.key"},
        {"terminology_server": "http://terminology.example.org"},
    ],
)
def test_what_the_service_would_refuse_to_start_with(tmp_path: Path, values: dict[str, str]) -> None:
    checks = checked(tmp_path, **values)
    assert levels(checks)["start"] == "FAIL"
    assert "does not start" in sentences(checks, "start")


@pytest.mark.parametrize(
    ("url", "environment", "level"),
    [
        ("https://cds.example.org", "production", "ok"),
        ("https://cds.example.org/calcinosis", "production", "ok"),
        ("http://cds.example.org", "production", "FAIL"),
        ("https://localhost", "production", "FAIL"),
        ("http://0.0.0.0:8000", "development", "ok"),
        ("http://cds.example.org", "development", "ok"),
        ("https://user@cds.example.org", "development", "FAIL"),
        ("https://cds.example.org?x=1", "development", "FAIL"),
        ("https://", "development", "FAIL"),
    ],
)
def test_the_public_address(tmp_path: Path, url: str, environment: str, level: str) -> None:
    assert levels(checked(tmp_path, public_base_url=url, environment=environment))["public address"] == level


@pytest.mark.parametrize(
    ("origins", "environment", "level"),
    [
        ("https://ehr.example.org", "production", "ok"),
        ("https://ehr.example.org/", "production", "FAIL"),
        ("ehr.example.org", "production", "FAIL"),
        ("https://ehr.example.org/app", "development", "FAIL"),
        ("https://[", "development", "FAIL"),
        ("*", "production", "warn"),
        ("*", "development", "ok"),
    ],
)
def test_origins_of_browser_clients(tmp_path: Path, origins: str, environment: str, level: str) -> None:
    assert levels(checked(tmp_path, cors_origins=origins, environment=environment))["CORS"] == level


def test_production_without_a_hash_key_of_its_own(tmp_path: Path) -> None:
    assert levels(checked(tmp_path, environment="production"))["hash key"] == "warn"
    key = tmp_path / "hash.key"
    key.write_bytes(b"0123456789abcdef")
    assert levels(checked(tmp_path, environment="production", hash_key=key))["hash key"] == "ok"


def test_a_deadline_beyond_an_ehrs_patience(tmp_path: Path) -> None:
    assert levels(checked(tmp_path, deadline_seconds=6))["time limit"] == "warn"
    assert "time limit" not in levels(checked(tmp_path, deadline_seconds=5))


def test_plain_http_servers_in_production(tmp_path: Path) -> None:
    checks = checked(tmp_path, environment="production", allow_http_fhir="http://127.0.0.1:8080/fhir")
    assert levels(checks)["FHIR servers"] == "FAIL"
    assert levels(checked(tmp_path, allow_http_fhir="http://127.0.0.1:8080/fhir"))["FHIR servers"] == "ok"


@pytest.mark.parametrize(
    ("values", "level"),
    [
        ({}, "ok"),
        ({"environment": "production"}, "FAIL"),
        ({"environment": "production", "allow_draft_knowledge": True}, "warn"),
    ],
)
def test_draft_rules(tmp_path: Path, knowledge: "KnowledgeBase", values: dict[str, Any], level: str) -> None:
    assert knowledge.draft
    assert levels(check_knowledge(knowledge, settings(tmp_path, **values)))["knowledge"] == level


@pytest.mark.parametrize("text", ["codes: 1\n", "nonsense: true\n", None])
def test_a_wrong_site_file(tmp_path: Path, knowledge: "KnowledgeBase", text: str | None) -> None:
    file = tmp_path / "site.yaml"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    checks = list(check_knowledge(knowledge, settings(tmp_path, site_file=file)))
    assert levels(checks)["site file"] == "FAIL"


def test_a_site_file_that_is_well(tmp_path: Path, knowledge: "KnowledgeBase") -> None:
    file = tmp_path / "site.yaml"
    file.write_text("codes: []\n", encoding="utf-8")
    assert levels(check_knowledge(knowledge, settings(tmp_path, site_file=file)))["site file"] == "ok"


def data_base(path: Path) -> Check:
    return run(check_data_base(f"sqlite:///{path}"))


def test_a_data_base_that_is_not_there_yet_is_not_made(tmp_path: Path) -> None:
    check = data_base(tmp_path / "var" / "x.sqlite3")
    assert (check.level, "not made yet" in check.sentence) == ("ok", True)
    assert list(tmp_path.iterdir()) == []


def test_a_data_base_at_the_newest_revision(tmp_path: Path) -> None:
    async def make() -> None:
        async with open_store(f"sqlite:///{tmp_path / 'x.sqlite3'}"):
            pass

    run(make())
    check = data_base(tmp_path / "x.sqlite3")
    assert (check.level, "newest revision" in check.sentence) == ("ok", True)


def test_a_data_base_of_another_version(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "x.sqlite3")) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        connection.execute("INSERT INTO alembic_version VALUES ('0000')")
        connection.commit()
    check = data_base(tmp_path / "x.sqlite3")
    assert (check.level, "0000" in check.sentence) == ("warn", True)


def test_an_empty_data_base(tmp_path: Path) -> None:
    (tmp_path / "x.sqlite3").touch()
    check = data_base(tmp_path / "x.sqlite3")
    assert (check.level, "empty" in check.sentence) == ("ok", True)


def test_a_file_that_is_no_data_base(tmp_path: Path) -> None:
    (tmp_path / "x.sqlite3").write_bytes(b"not a data base, " * 100)
    assert data_base(tmp_path / "x.sqlite3").level == "FAIL"


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "var").touch()
    assert data_base(tmp_path / "var" / "x.sqlite3").level == "FAIL"


@pytest.mark.parametrize(
    ("url", "level"), [("sqlite://", "warn"), ("sqlite:///:memory:", "warn"), ("mysql://x", "FAIL"), ("::", "FAIL")]
)
def test_other_addresses_of_data_bases(url: str, level: str) -> None:
    assert run(check_data_base(url)).level == level
