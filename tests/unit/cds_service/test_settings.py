"""Reading the settings, and when the service refuses to start (decisions 4 and 12)."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from cds_service.errors import StartRefused
from cds_service.settings import Settings, load_settings, unknown_names
from cds_service.site import refuse_draft_knowledge
from cds_service.wiring import refuse_unsafe_settings


def settings(tmp_path: Path, **values: Any) -> Settings:
    return Settings(_env_file=None, **{"database_url": f"sqlite:///{tmp_path / 'test.sqlite3'}"} | values)


def test_values_come_from_the_environment_with_the_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDS_PORT", "9000")
    monkeypatch.setenv("CDS_PUBLIC_BASE_URL", "https://cds.example.org/")
    monkeypatch.setenv("CDS_ALLOWED_FHIR_SERVERS", "https://a.example.org/fhir, https://b.example.org/fhir")
    monkeypatch.setenv("CDS_CORS_ORIGINS", "https://one.example.org")
    monkeypatch.setenv("CDS_LOG_LEVEL", "WARNING")
    monkeypatch.setenv("CDS_TRUSTED_CLIENTS", "")
    read = load_settings(None)
    assert read.port == 9000
    assert read.public_base_url == "https://cds.example.org"
    assert read.allowed_fhir_servers == ("https://a.example.org/fhir", "https://b.example.org/fhir")
    assert read.allowed_origins == ("https://one.example.org",)
    assert read.log_level == "warning"
    assert read.trusted_clients is None


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / ".env"
    file.write_text("CDS_PORT=9001\nCDS_HOST=0.0.0.0\nOTHER=1\n", encoding="utf-8")
    monkeypatch.setenv("CDS_PORT", "9002")
    read = load_settings(file)
    assert (read.port, read.host) == (9002, "0.0.0.0")  # noqa: S104  read, not bound


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", 0),
        ("environment", "staging"),
        ("client_auth", "maybe"),
        ("public_base_url", "cds.example.org"),
        ("time_zone", "Mars/Olympus"),
        ("deadline_seconds", 0),
        ("log_level", "loud"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ValidationError, match=name):
        Settings(_env_file=None, **{name: value})


def test_names_that_look_like_settings_and_are_none_are_found() -> None:
    """Decision 4; Kubernetes service links would make CDS_PORT, which is one."""
    assert unknown_names(["CDS_PORT", "CDS_PROT", "CDS_DATABASE", "PATH", "cds_x"]) == (
        "CDS_DATABASE",
        "CDS_PROT",
        "cds_x",
    )


@pytest.mark.checklist("SEC-1")
def test_production_asks_who_calls_and_development_does_not() -> None:
    """SEC-1, decision 4."""
    assert Settings(_env_file=None).client_auth == "off"
    assert Settings(_env_file=None, environment="production").client_auth == "required"


def test_origins_are_open_in_development_and_closed_in_production() -> None:
    assert Settings(_env_file=None).allowed_origins == ("*",)
    assert Settings(_env_file=None, environment="production").allowed_origins == ()


def test_the_public_address_follows_host_and_port() -> None:
    assert Settings(_env_file=None, port=9000).public_base_url == "http://127.0.0.1:9000"


def test_files_of_its_own_lie_beside_the_sqlite_file(tmp_path: Path) -> None:
    assert settings(tmp_path).data_directory == tmp_path
    assert Settings(_env_file=None, database_url="postgresql://db/cds").data_directory == Path("var")


def test_development_starts(tmp_path: Path) -> None:
    refuse_unsafe_settings(settings(tmp_path))
    refuse_draft_knowledge(settings(tmp_path), draft=True)


PRODUCTION: dict[str, Any] = {"environment": "production", "public_base_url": "https://cds.example.org"}
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"client_auth": "required"}, "needs the file of the trusted clients"),
    ({"client_auth": "required", "trusted_clients": "no/such/clients.yaml"}, "cannot be read: No such file"),
    ({"environment": "production", "client_auth": "off"}, "CDS_CLIENT_AUTH=off is for development"),
    ({"environment": "production"}, "CDS_PUBLIC_BASE_URL must be the https address"),
    ({**PRODUCTION, "allow_http_fhir": ("http://127.0.0.1:8080/fhir",)}, "CDS_ALLOW_HTTP_FHIR is for development"),
    (PRODUCTION, "needs the file of the trusted clients"),
    ({"allowed_fhir_servers": ("http://a.example.org/fhir",)}, "CDS_ALLOW_HTTP_FHIR"),
    ({"allowed_fhir_servers": ("nonsense",)}, "no base URL"),
    ({"database_url": "mysql://db/cds"}, "neither sqlite nor postgresql"),
    ({"hash_key": "no/such/file"}, "CDS_HASH_KEY"),
]


@pytest.mark.checklist("GEN-7", "SEC-1")
@pytest.mark.parametrize(("values", "sentence"), REFUSED)
def test_an_unsafe_start_is_refused_with_a_plain_sentence(
    tmp_path: Path, values: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(StartRefused, match=sentence):
        refuse_unsafe_settings(settings(tmp_path, **values))


def test_draft_rules_need_a_word_in_production() -> None:
    """Decision 12."""
    production = Settings(_env_file=None, environment="production")
    with pytest.raises(StartRefused, match="CDS_ALLOW_DRAFT_KNOWLEDGE"):
        refuse_draft_knowledge(production, draft=True)
    refuse_draft_knowledge(production, draft=False)
    refuse_draft_knowledge(Settings(_env_file=None, environment="production", allow_draft_knowledge=True), draft=True)
