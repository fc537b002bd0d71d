"""deploy/kubernetes as a whole: names fit together, every setting is one, nothing secret can be used as it stands.

That each document is what Kubernetes reads is `scripts/check_kubernetes.py` (`make e2e`).
"""

from pathlib import Path
from typing import Any

import pytest
import yaml

from cds_service.app import create_app
from cds_service.errors import StartRefused
from cds_service.settings import Settings
from tests.house.repository import ROOT

FOLDER = ROOT / "deploy" / "kubernetes"
SECRET_FOLDER = "/etc/calcinosis-cds/secret/"
FILES_FOLDER = "/etc/calcinosis-cds/files/"


def documents() -> list[dict[str, Any]]:
    return [
        document
        for path in sorted(FOLDER.glob("*.yaml"))
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8"))
    ]


def one(kind: str, name: str = "calcinosis-cds") -> dict[str, Any]:
    (found,) = [each for each in documents() if each["kind"] == kind and each["metadata"]["name"] == name]
    return found


SETTINGS: dict[str, str] = one("ConfigMap", "calcinosis-cds-settings")["data"]
FILES: dict[str, str] = one("ConfigMap", "calcinosis-cds-files")["data"]
SECRETS: dict[str, str] = one("Secret")["stringData"]
POD: dict[str, Any] = one("Deployment")["spec"]["template"]["spec"]
CONTAINER: dict[str, Any] = POD["containers"][0]
CONTAINERS: list[dict[str, Any]] = [*POD["initContainers"], *POD["containers"]]
LABELS = {"app.kubernetes.io/name": "calcinosis-cds"}


def test_the_kustomization_lists_every_file() -> None:
    listed = yaml.safe_load((FOLDER / "kustomization.yaml").read_text(encoding="utf-8"))["resources"]
    assert sorted(listed) == sorted(path.name for path in FOLDER.glob("*.yaml") if path.name != "kustomization.yaml")


def test_every_setting_is_one_of_the_service() -> None:
    assert set(SETTINGS) <= {f"CDS_{field.upper()}" for field in Settings.model_fields}
    assert [variable["name"] for variable in CONTAINER["env"]] == ["PGPASSFILE"]


def test_the_settings_are_those_of_a_closed_production() -> None:
    settings = {name: SETTINGS[name] for name in ("CDS_ENVIRONMENT", "CDS_CLIENT_AUTH")}
    assert settings == {"CDS_ENVIRONMENT": "production", "CDS_CLIENT_AUTH": "required"}
    assert SETTINGS["CDS_PUBLIC_BASE_URL"].startswith("https://")
    assert "sslmode=verify-full" in SETTINGS["CDS_DATABASE_URL"]


def test_every_file_of_a_setting_is_mounted() -> None:
    mounted = {f"{FILES_FOLDER}{name}" for name in FILES} | {f"{SECRET_FOLDER}{name}" for name in SECRETS}
    named = {value for value in SETTINGS.values() if value.startswith("/")}
    assert named
    assert named <= mounted
    places = {mount["name"]: mount["mountPath"] for mount in CONTAINER["volumeMounts"]}
    assert {places["files"], places["secret"]} == {FILES_FOLDER.rstrip("/"), SECRET_FOLDER.rstrip("/")}


def started_with(tmp_path: Path, **changes: str) -> None:
    """Start the service with the settings of the manifests, their files laid out below `tmp_path`."""
    for name, text in (FILES | SECRETS).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    values = SETTINGS | {"CDS_ALLOW_DRAFT_KNOWLEDGE": "true"} | changes
    laid = {
        name.removeprefix("CDS_").lower(): str(tmp_path / Path(value).name) if value.startswith("/") else value
        for name, value in values.items()
    }
    create_app(Settings.model_validate(laid))


TRUSTED = """
clients:
  - name: st-elsewhere
    issuer: https://ehr.example.org/cds-client
    key_set_url: https://ehr.example.org/.well-known/jwks.json
    fhir_servers: [https://ehr.example.org/fhir/r4]
"""


def test_with_what_is_the_sites_own_replaced_it_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FILES, "clients.yaml", TRUSTED)
    monkeypatch.setitem(SECRETS, "hash.key", "0123456789abcdef" * 4)
    started_with(tmp_path)


def test_the_hash_key_of_the_repository_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FILES, "clients.yaml", TRUSTED)
    with pytest.raises(StartRefused, match="CDS_HASH_KEY"):
        started_with(tmp_path)


def test_the_empty_list_of_clients_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SECRETS, "hash.key", "0123456789abcdef" * 4)
    with pytest.raises(StartRefused, match="clients"):
        started_with(tmp_path)


def test_draft_rules_are_the_sites_decision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "CDS_ALLOW_DRAFT_KNOWLEDGE" not in SETTINGS
    monkeypatch.setitem(FILES, "clients.yaml", TRUSTED)
    monkeypatch.setitem(SECRETS, "hash.key", "0123456789abcdef" * 4)
    with pytest.raises(StartRefused, match="CDS_ALLOW_DRAFT_KNOWLEDGE"):
        started_with(tmp_path, CDS_ALLOW_DRAFT_KNOWLEDGE="false")


def test_secrets_are_files_and_never_variables() -> None:
    text = (FOLDER / "deployment.yaml").read_text(encoding="utf-8")
    assert "secretKeyRef" not in text
    assert "secretRef" not in text
    assert all("REPLACE-ME" in value for value in SECRETS.values())
    assert "@" not in SETTINGS["CDS_DATABASE_URL"].replace("cds@", "")


@pytest.mark.parametrize("container", CONTAINERS, ids=lambda container: container["name"])
def test_a_container_has_no_right_that_it_does_not_need(container: dict[str, Any]) -> None:
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert POD["securityContext"]["runAsNonRoot"] is True
    assert POD["securityContext"]["runAsUser"] == 10001
    assert POD["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert POD["automountServiceAccountToken"] is False
    assert {"requests", "limits"} <= set(container["resources"])


def test_a_service_beside_it_injects_no_setting() -> None:
    assert POD["enableServiceLinks"] is False
    assert one("Service")["metadata"]["name"] == "calcinosis-cds"


def test_the_probes_ask_what_they_mean() -> None:
    asked = {probe: CONTAINER[f"{probe}Probe"]["httpGet"]["path"] for probe in ("startup", "liveness", "readiness")}
    assert asked == {"startup": "/livez", "liveness": "/livez", "readiness": "/readyz"}


def test_there_is_time_to_end() -> None:
    drain = int(SETTINGS["CDS_DRAIN_SECONDS"])
    assert drain > 0
    assert POD["terminationGracePeriodSeconds"] >= drain + 30


def test_everything_selects_the_pods_of_the_deployment() -> None:
    assert one("Deployment")["spec"]["template"]["metadata"]["labels"] == LABELS
    assert one("Deployment")["spec"]["selector"]["matchLabels"] == LABELS
    assert one("Service")["spec"]["selector"] == LABELS
    assert one("PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == LABELS
    assert one("NetworkPolicy")["spec"]["podSelector"]["matchLabels"] == LABELS
    assert one("HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]["name"] == one("Deployment")["metadata"]["name"]


def test_one_replica_stays_when_a_node_is_drained() -> None:
    assert one("HorizontalPodAutoscaler")["spec"]["minReplicas"] > one("PodDisruptionBudget")["spec"]["minAvailable"]
    assert "replicas" not in one("Deployment")["spec"]


def test_out_go_only_name_look_ups_the_database_and_https() -> None:
    policy = one("NetworkPolicy")["spec"]
    assert sorted(policy["policyTypes"]) == ["Egress", "Ingress"]
    assert all(rule.get("to") for rule in policy["egress"])
    assert {port["port"] for rule in policy["egress"] for port in rule["ports"]} == {53, 443, 5432}
    blocks = [peer["ipBlock"]["cidr"] for rule in policy["egress"] for peer in rule["to"] if "ipBlock" in peer]
    assert sorted(blocks) == ["192.0.2.0/24", "198.51.100.0/24"]


def test_the_ingress_shows_neither_probes_nor_metrics_nor_the_trace() -> None:
    spec = one("Ingress")["spec"]
    (rule,) = spec["rules"]
    assert [path["path"] for path in rule["http"]["paths"]] == ["/cds-services", "/guideline", "/about", "/assets"]
    assert spec["tls"][0]["hosts"] == [rule["host"]]
    assert f"https://{rule['host']}" == SETTINGS["CDS_PUBLIC_BASE_URL"]
