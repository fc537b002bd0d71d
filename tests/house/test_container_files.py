"""What can be said of the container files without an engine (docs/operations-docker.md)."""

import re
from typing import Any

import pytest
import yaml

from cds_service.settings import Settings
from scripts.dockerfile_steps import read_steps
from tests.house.repository import ROOT

STEPS = read_steps((ROOT / "Dockerfile").read_text(encoding="utf-8"))
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
REPLICAS: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "deploy/replicas/compose.yaml").read_text("utf-8"))[
    "services"
]


def test_the_image_uses_the_uv_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    wanted = re.search(r"^UV_VERSION := (\S+)$", makefile, flags=re.MULTILINE)
    named = [found for step in STEPS for found in re.findall(r"uv==(\S+)", step.text)]
    assert wanted
    assert named == [wanted.group(1)]


def test_the_image_runs_without_root_and_closed_by_default() -> None:
    last_stage = STEPS[max(number for number, step in enumerate(STEPS) if step.word == "FROM") :]
    assert [step.text for step in last_stage if step.word == "USER"] == ["10001"]
    assert "CDS_ENVIRONMENT=production" in " ".join(step.text for step in last_stage if step.word == "ENV")


def test_what_the_dockerfile_copies_is_sent_to_the_engine() -> None:
    ignore = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    sources = {
        source
        for step in STEPS
        if step.word == "COPY" and not step.text.startswith("--from=")
        for source in step.words[:-1]
    }
    assert sources
    assert {f"!{source}" for source in sources} <= set(ignore)
    assert [source for source in sources if not (ROOT / source).exists()] == []


def test_a_dockerfile_word_that_the_replay_does_not_know_is_refused() -> None:
    with pytest.raises(ValueError, match="ONBUILD"):
        read_steps("FROM scratch\nONBUILD RUN true\n")


def test_continued_lines_and_comments_of_a_dockerfile_are_read() -> None:
    steps = read_steps('# a\nFROM x\nENV A=1 \\\n    B=2\nHEALTHCHECK --retries=3 \\\n    CMD ["true", "a b"]\n')
    assert [(step.word, step.words) for step in steps] == [
        ("FROM", ["x"]),
        ("ENV", ["A=1", "B=2"]),
        ("HEALTHCHECK", ["true", "a b"]),
    ]


@pytest.mark.parametrize("services", [SERVICES, REPLICAS], ids=["demonstration", "replicas"])
def test_compose_sets_only_names_that_the_service_knows(services: dict[str, dict[str, Any]]) -> None:
    known = {f"CDS_{field.upper()}" for field in Settings.model_fields}
    assert set(services["cds"]["environment"]) <= known


def test_the_service_starts_after_a_healthy_database() -> None:
    assert SERVICES["cds"]["depends_on"] == {"db": {"condition": "service_healthy"}}
    assert "pg_isready" in SERVICES["db"]["healthcheck"]["test"]


def test_no_one_waits_for_the_health_of_the_fhir_server_whose_image_has_no_shell() -> None:
    # ehr-clients-and-servers.md section 2: the loader asks for /metadata instead.
    assert "healthcheck" not in SERVICES["fhir"]
    conditions = [
        service["depends_on"]["fhir"] for service in SERVICES.values() if "fhir" in service.get("depends_on", {})
    ]
    assert conditions == [{"condition": "service_started"}]


def test_the_open_demonstration_is_published_on_loopback_only() -> None:
    ports = [port for each in (SERVICES, REPLICAS) for service in each.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_service_and_the_loader_cannot_write_beside_their_volumes() -> None:
    assert SERVICES["cds"]["read_only"] is SERVICES["loader"]["read_only"] is True
    assert SERVICES["cds"]["volumes"] == ["state:/app/var"]


def test_replicas_share_data_base_and_hash_key_and_publish_no_port_of_their_own() -> None:
    replica = REPLICAS["cds"]
    assert "ports" not in replica
    assert replica["deploy"]["replicas"] > 1
    assert "@db:5432/" in replica["environment"]["CDS_DATABASE_URL"]
    assert replica["volumes"] == SERVICES["cds"]["volumes"]
    rights = ("read_only", "cap_drop", "security_opt")
    assert {name: replica[name] for name in rights} == {name: SERVICES["cds"][name] for name in rights}


def test_the_proxy_finds_the_replicas_by_their_name_and_port() -> None:
    caddyfile = (ROOT / "deploy/replicas/Caddyfile").read_text(encoding="utf-8")
    assert "dynamic a cds 8000" in caddyfile
    assert REPLICAS["proxy"]["volumes"] == ["./Caddyfile:/etc/caddy/Caddyfile:ro"]
