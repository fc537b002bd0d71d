"""What discovery offers, held against the specification (checklist DISC, PRE, CAP); decision 10 is held elsewhere."""

import re
from typing import TYPE_CHECKING, Any

import pytest

from cds_service.services import discovery_answer
from tests.service.ehr import hook_body
from treatment_algorithm.chart_predicates import Allergic, Condition, Measured, Procedure, Referred, Taking, Took
from treatment_algorithm.knowledge_walk import entries_of, predicates_of

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from treatment_algorithm.knowledge_base import KnowledgeBase

Services = list[dict[str, Any]]
# The CDS Hooks Library: hook, published versions, and the context fields that are prefetch tokens.
PUBLISHED = {
    "patient-view": ({"1.0"}, {"userId", "patientId", "encounterId"}),
    "order-select": ({"1.0"}, {"userId", "patientId", "encounterId"}),
    "order-sign": ({"1.0", "1.1"}, {"userId", "patientId", "encounterId"}),
}
SEMVER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")
TOKEN = re.compile(r"\{\{(.*?)\}\}")
READ = re.compile(r"[A-Z][A-Za-z]+/\{\{context\.[A-Za-z]+\}\}")
SEARCH = re.compile(r"[A-Z][A-Za-z]+\?[^?#]+")
MEMBERS = {"id", "hook", "title", "description", "usageRequirements", "prefetch", "version", "hookVersion"}
# Parameters of FHIR R4 search that take a date, and those of the result that PRE-7 leaves.
DATES = {"date", "authored", "onset-date", "recorded-date", "effective", "_lastUpdated", "birthdate"}
OF_THE_RESULT = {"_count", "_sort"}


@pytest.fixture
def services(client: "TestClient") -> Services:
    """The entries of discovery."""
    answer = client.get("/cds-services")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert list(answer.json()) == ["services"]
    found: Services = answer.json()["services"]
    assert found
    return found


@pytest.fixture
def templates(services: Services) -> list[str]:
    """Every prefetch template of every service."""
    return [template for service in services for template in service["prefetch"].values()]


def parameters(template: str) -> list[tuple[str, str]]:
    """The search parameters of a template."""
    pairs = (part.partition("=") for part in template.partition("?")[2].split("&") if part)
    return [(name, value) for name, _, value in pairs]


@pytest.mark.checklist("DISC-3")
def test_a_service_without_services_answers_with_an_empty_list() -> None:
    assert discovery_answer(()) == b'{"services":[]}'


@pytest.mark.checklist("DISC-1", "DISC-2", "DISC-4", "DISC-5", "DISC-6", "DISC-7", "DISC-8", "DISC-9", "DISC-14")
def test_an_entry_has_its_members_and_no_other(services: Services) -> None:
    for service in services:
        assert service.keys() <= MEMBERS
        for name in ("hook", "id", "description", "title", "usageRequirements"):
            assert isinstance(service[name], str)
            assert service[name].strip()
        assert isinstance(service["prefetch"], dict)
        assert all(isinstance(query, str) and query for query in service["prefetch"].values())


@pytest.mark.checklist("DISC-6")
def test_every_id_is_one_segment_of_a_path_where_the_service_answers(services: Services, client: "TestClient") -> None:
    for service in services:
        assert re.fullmatch(r"[A-Za-z0-9._~-]+", service["id"])
        answer = client.post(f"/cds-services/{service['id']}", json=hook_body(service["hook"]))
        assert answer.status_code == 200


@pytest.mark.checklist("DISC-10")
def test_no_pair_of_id_and_hook_stands_twice(services: Services) -> None:
    pairs = [(service["id"], service["hook"]) for service in services]
    assert len(set(pairs)) == len(pairs)


@pytest.mark.checklist("DISC-11")
def test_the_version_is_that_of_the_specification(services: Services) -> None:
    """Not that of the product, which is 0.x."""
    assert {service["version"] for service in services} == {"2.0.1"}
    assert all(SEMVER.fullmatch(service["version"]) for service in services)


@pytest.mark.checklist("DISC-12", "DISC-13")
def test_hooks_are_those_of_the_library_in_a_published_version(services: Services) -> None:
    for service in services:
        versions, _ = PUBLISHED[service["hook"]]
        assert service["hookVersion"] in versions


@pytest.mark.checklist("CAP-1")
def test_the_usage_requirements_say_which_hooks_a_site_needs(services: Services) -> None:
    for service in services:
        words = service["usageRequirements"]
        assert "checked at order-select and order-sign only" in words
        assert "Patient and conditions are required" in words
        assert "Not a general interaction checker" in words


@pytest.mark.checklist("PRE-1", "PRE-2", "PRE-3")
def test_a_token_is_a_root_field_of_the_context_that_the_hook_marks(services: Services) -> None:
    for service in services:
        _, fields = PUBLISHED[service["hook"]]
        for template in service["prefetch"].values():
            assert not set("{}") & set(TOKEN.sub("", template))
            assert "%7B" not in template.upper()
            for token in TOKEN.findall(template):
                scope, _, field = token.partition(".")
                assert scope == "context"
                assert field in fields


@pytest.mark.checklist("PRE-4")
def test_a_template_is_a_relative_read_or_search_of_a_type(templates: list[str]) -> None:
    for template in templates:
        assert READ.fullmatch(template) or SEARCH.fullmatch(template)
        assert "$" not in template
        assert "://" not in template


@pytest.mark.checklist("PRE-5", "PRE-6", "PRE-7")
def test_a_search_has_plain_parameters_only(templates: list[str]) -> None:
    """No modifier, no chain, no reverse chain, no date, nothing of the result but its size and order."""
    for template in templates:
        names = [name for name, _ in parameters(template)]
        assert len(set(names)) == len(names)
        for name in names:
            assert ":" not in name
            assert "." not in name
            assert name not in DATES
            assert not name.startswith("_") or name in OF_THE_RESULT


@pytest.mark.checklist("PRE-8", "PRE-9")
def test_no_template_needs_fhirpath_or_another_template(templates: list[str]) -> None:
    for template in templates:
        assert "%" not in template
        assert "|" not in template
        assert all(re.fullmatch(r"[A-Za-z.]+", token) for token in TOKEN.findall(template))


# Which word of the vocabulary reads which key; a statement tells of drugs as a request does.
READ_BY: dict[str, type] = {
    "conditions": Condition,
    "medications": Taking,
    "statements": Took,
    "allergies": Allergic,
    "procedures": Procedure,
    "observations": Measured,
    "referrals": Referred,
}


@pytest.mark.checklist("PRE-10")
def test_every_key_is_read_by_some_rule_and_searches_one_patient(
    services: Services, knowledge: "KnowledgeBase"
) -> None:
    asked = {type(predicate) for entry in entries_of(knowledge) for predicate in predicates_of(entry)}
    for service in services:
        searches = service["prefetch"].keys() - {"patient"}
        assert searches == READ_BY.keys()
        for key in searches:
            assert READ_BY[key] in asked, key
            assert ("patient", "{{context.patientId}}") in parameters(service["prefetch"][key])
