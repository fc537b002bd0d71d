"""Settings: everything an operator may change, read once at start and passed down as values (decision 4)."""

import os
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from cds_service.identity import load_hash_key

DISTRIBUTION = "calcinosis-cds"
ENV_PREFIX = "CDS_"
_DATA_DIRECTORY = Path("var")


def _comma_list(value: object) -> object:
    if isinstance(value, str):
        return tuple(item.strip() for item in value.split(",") if item.strip())
    return value


CommaList = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_comma_list)]


class Settings(BaseSettings):
    """The values of the `CDS_` environment variables; frozen, and listed one by one in `.env.example`.

    Secrets are files, never values. No clinical threshold stands here: those are knowledge. Raises pydantic's
    ValidationError for a value that cannot be used.
    """

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, env_ignore_empty=True, frozen=True, extra="ignore", hide_input_in_errors=True
    )

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    environment: Literal["development", "production"] = "development"
    public_base_url: str = Field(default_factory=lambda values: f"http://{values['host']}:{values['port']}")
    client_auth: Literal["off", "required"] = Field(
        default_factory=lambda values: "required" if values["environment"] == "production" else "off"
    )
    discovery: Literal["open", "closed"] = "closed"
    trusted_clients: Path | None = None
    allowed_fhir_servers: CommaList = ()
    allow_http_fhir: CommaList = ()
    cors_origins: CommaList | None = None
    database_url: str = f"sqlite:///{_DATA_DIRECTORY}/calcinosis-cds.sqlite3"
    site_file: Path | None = None
    time_zone: str = "UTC"
    deadline_seconds: Annotated[float, Field(gt=0, le=30)] = 4.0
    max_in_flight: Annotated[int, Field(ge=1, le=100_000)] = 128
    body_seconds: Annotated[float, Field(gt=0, le=300)] = 10.0
    terminology_server: str | None = None
    terminology_kind: Literal["rxnav", "fhir"] = "rxnav"
    terminology_deadline_seconds: Annotated[float, Field(gt=0, le=5)] = 0.5
    audit: Literal["background", "strict"] = "background"
    feedback_comment_days: Annotated[int, Field(ge=1, le=36_500)] = 90
    decision_days: Annotated[int, Field(ge=1, le=36_500)] = 2190
    hash_key: Path | None = None
    admin_token: Path | None = None
    traces_endpoint: str | None = None
    drain_seconds: Annotated[float, Field(ge=0, le=10)] = 0.0
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    allow_draft_knowledge: bool = False
    workbench: Literal["on", "off"] = "on"

    @field_validator("public_base_url")
    @classmethod
    def _absolute_without_slash(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return value.rstrip("/")

    @field_validator("traces_endpoint")
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("is no time zone of the IANA data base") from error
        return value

    @property
    def production(self) -> bool:
        """Whether this is a production environment, where nothing is open by default."""
        return self.environment == "production"

    @property
    def reading_seconds(self) -> float:
        """The part of the deadline in which data may arrive; an eighth is kept for deciding (reliability.md 1.7)."""
        return self.deadline_seconds * 7 / 8

    @property
    def allowed_origins(self) -> tuple[str, ...]:
        """The CORS origins; unset: every origin in development (there are no credentials), none in production."""
        if self.cors_origins is not None:
            return self.cors_origins
        return () if self.production else ("*",)

    @property
    def data_directory(self) -> Path:
        """Where the service keeps files of its own: beside the SQLite file, else `var/`."""
        scheme, _, path = self.database_url.partition(":///")
        embedded = scheme.startswith("sqlite") and path and not path.startswith(":memory:")
        return Path(path.partition("?")[0]).parent if embedded else _DATA_DIRECTORY

    @cached_property
    def hash_key_bytes(self) -> bytes:
        """The secret of the keyed hashes: the file CDS_HASH_KEY, else a random key made once (decision 20)."""
        return load_hash_key(self.hash_key, self.data_directory)


def load_settings(env_file: Path | None = Path(".env")) -> Settings:
    """The settings of this process: environment variables first, then `env_file` where it exists."""
    return Settings(_env_file=env_file)


def unknown_names(names: Iterable[str]) -> tuple[str, ...]:
    """Those of `names` that look like a setting of this service and are none, sorted (decision 4)."""
    known = {f"{ENV_PREFIX}{field.upper()}" for field in Settings.model_fields}
    return tuple(sorted(name for name in names if name.upper().startswith(ENV_PREFIX) and name.upper() not in known))


def environment() -> Mapping[str, str]:
    """The environment variables of this process, for `unknown_names`."""
    return os.environ  # noqa: TID251  the one place that looks at the environment
