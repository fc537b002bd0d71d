"""The file of trusted clients: what it says, and every mistake in it with its line (SEC-2, SEC-7, SEC-8)."""

from pathlib import Path
from typing import Any

import pytest

from cds_service.ehr.allow_list import AllowList, build_allow_list
from cds_service.ehr.trusted_clients import TrustedClients, load_trusted_clients
from cds_service.errors import StartRefused
from tests.service.ehr_client import key_set, with_key_file

NONE = AllowList(frozenset())


def load(folder: Path, text: str, production: bool = False, allowed: AllowList = NONE) -> TrustedClients:
    file = folder / "clients.yaml"
    file.write_text(text, encoding="utf-8")
    return load_trusted_clients(file, allowed, production)


ONE = """\
clients:
  - name: st-elsewhere
    issuer: https://ehr.example.org/cds
    key_set_url: https://ehr.example.org/jwks.json
"""


@pytest.mark.checklist("SEC-7")
def test_a_client_needs_a_name_an_issuer_and_keys_only(tmp_path: Path) -> None:
    client = load(tmp_path, ONE).find("https://ehr.example.org/cds", None)
    assert client is not None
    assert (client.name, client.algorithms) == ("st-elsewhere", frozenset({"ES384", "RS384"}))
    assert (client.audiences, client.tenants, client.allow_list) == (frozenset(), frozenset(), NONE)


@pytest.mark.checklist("SEC-2")
def test_an_issuer_is_compared_letter_by_letter(tmp_path: Path) -> None:
    clients = load(tmp_path, ONE)
    for near in ("https://ehr.example.org/cds/", "https://EHR.example.org/cds", "https://ehr.example.org/cd"):
        assert clients.find(near, None) is None


def test_a_client_may_name_its_own_servers_and_those_of_the_settings(tmp_path: Path) -> None:
    """Decision 4: CDS_ALLOWED_FHIR_SERVERS stands beside those of the clients."""
    text = f"{ONE}    fhir_servers: [https://ehr.example.org/fhir]\n"
    client = load(tmp_path, text, allowed=build_allow_list(["https://shared.example.org/fhir"], []))
    found = client.find("https://ehr.example.org/cds", None)
    assert found is not None
    assert found.allow_list.admit("https://ehr.example.org/fhir/")
    assert found.allow_list.admit("https://shared.example.org/fhir")
    assert not found.allow_list.admit("https://other.example.org/fhir")


def test_a_tenant_with_an_entry_of_its_own_is_not_taken_by_the_entry_for_the_rest(tmp_path: Path) -> None:
    text = f"{ONE}{ONE.removeprefix('clients:').replace('st-elsewhere', 'ward-b')}    tenants: [b]\n"
    clients = load(tmp_path, text.replace("\n\n", "\n"))
    issuer = "https://ehr.example.org/cds"
    names = [client.name if (client := clients.find(issuer, tenant)) else None for tenant in (None, "a", "b")]
    assert names == ["st-elsewhere", "st-elsewhere", "ward-b"]


@pytest.mark.checklist("GEN-7")
def test_plain_http_is_for_loopback_outside_production(tmp_path: Path) -> None:
    """GEN-7."""
    text = ONE.replace("https://ehr.example.org/jwks", "http://127.0.0.1:9000/jwks")
    load(tmp_path, text)
    with pytest.raises(StartRefused, match=r"clients\.yaml:4: it is not https"):
        load(tmp_path, text, production=True)


@pytest.mark.checklist("SEC-8")
def test_a_key_file_lies_beside_the_file(tmp_path: Path) -> None:
    with_key_file(tmp_path)
    client = load(tmp_path, f"{ONE}    key_set: st-elsewhere.jwks.json\n").find("https://ehr.example.org/cds", None)
    assert client is not None
    assert client.keys is not None
    assert set(client.keys.by_id) == {key["kid"] for key in key_set()["keys"]}


WRONG = {
    "a member that does not exist": ("    audience: [a]\n", r"clients\.yaml:5: clients\.0\.audience: Extra inputs"),
    "a symmetric algorithm": ("    algorithms: [HS256]\n", r"clients\.yaml:5: clients\.0\.algorithms\.0: Input should"),
    "no algorithm at all": ("    algorithms: []\n", r"clients\.yaml:5: clients\.0\.algorithms: "),
    "the unsigned algorithm": ("    algorithms: [none]\n", r"clients\.yaml:5: "),
    "a member twice": ("    issuer: https://rogue.example.org\n", r"clients\.yaml:5: issuer stands here twice"),
    "a FHIR server that is no URL": ("    fhir_servers: [ehr]\n", r"clients\.yaml:5: 'ehr' is no base URL"),
    "a key file that is not there": ("    key_set: no.json\n", r"clients\.yaml:5: the key set cannot be read"),
    "a key file that is none": ("    key_set: clients.yaml\n", r"clients\.yaml:5: the key set is no JSON"),
    "the same issuer again": (
        "  - {name: other, issuer: https://ehr.example.org/cds, key_set_url: https://b.example.org/k}\n",
        r"clients\.yaml:5: st-elsewhere has this issuer already",
    ),
    "the same name again": (
        "  - {name: st-elsewhere, issuer: https://b.example.org, key_set_url: https://b.example.org/k}\n",
        r"clients\.yaml:5: st-elsewhere stands here twice",
    ),
    "no keys": ("  - {name: other, issuer: https://b.example.org}\n", r"clients\.yaml:5: clients\.1: .*key_set_url"),
    "a name with blanks": (
        "  - {name: St Elsewhere, issuer: https://b.example.org, key_set_url: https://b.example.org/k}\n",
        r"clients\.yaml:5: clients\.1\.name",
    ),
    "a key URL with a query": (
        "  - {name: other, issuer: https://b.example.org, key_set_url: 'https://b.example.org/k?x=1'}\n",
        r"clients\.yaml:5: it is no http or https URL",
    ),
    "a key URL over plain http": (
        "  - {name: other, issuer: https://b.example.org, key_set_url: 'http://b.example.org/k'}\n",
        r"clients\.yaml:5: it is not https",
    ),
    "no YAML": ("  - [", r"clients\.yaml:\d+: "),
}


@pytest.mark.checklist("SEC-7")
@pytest.mark.parametrize("fault", WRONG)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, fault: str) -> None:
    added, message = WRONG[fault]
    with pytest.raises(StartRefused, match=message):
        load(tmp_path, ONE + added)


@pytest.mark.parametrize("text", ["", "clients: []\n", "clients: nobody\n", "- a\n"])
def test_a_file_without_clients_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(StartRefused, match=r"clients\.yaml"):
        load(tmp_path, text)


def test_tenants_of_one_issuer_are_disjoint(tmp_path: Path) -> None:
    entry: Any = (
        "  - {{name: {0}, issuer: https://e.example.org, key_set_url: https://e.example.org/k, tenants: [{1}]}}\n"
    )
    text = "clients:\n" + entry.format("one", "a, b") + entry.format("two", "b")
    with pytest.raises(StartRefused, match=r"clients\.yaml:3: one has one of these tenants already"):
        load(tmp_path, text)
