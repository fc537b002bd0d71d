"""What a CapabilityStatement says about the searches that the prefetch templates need (FHIR R4 CapabilityStatement)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from cds_service.doctor.check import Check, fail, ok, warn
from cds_service.services import REQUIRED_KEYS

_RESULT_PARAMETERS = ("_count", "_sort")


@dataclass(frozen=True, slots=True)
class NeededSearch:
    """One prefetch template: a read (no parameters) or a search of one type with these parameters."""

    key: str
    resource_type: str
    parameters: tuple[str, ...]

    @property
    def interaction(self) -> str:
        """FHIR's name for it in a CapabilityStatement."""
        return "search-type" if self.parameters else "read"


def needed_searches(templates: Mapping[str, str]) -> tuple[NeededSearch, ...]:
    """What the templates (prefetch key -> template) ask of a server."""
    found = []
    for key, template in templates.items():
        path, _, query = template.partition("?")
        parameters = tuple(name for name, _ in parse_qsl(query, keep_blank_values=True))
        found.append(NeededSearch(key, path.partition("/")[0], parameters))
    return tuple(found)


def capability_checks(statement: Mapping[str, Any], needed: tuple[NeededSearch, ...]) -> Iterator[Check]:
    """Version, JSON, and each needed search: listed or not. A server may do more than it lists, or less."""
    yield _version(statement)
    resources = _resources(statement)
    for search in needed:
        yield _search(search, resources.get(search.resource_type))
    yield _result_parameters(statement, resources)
    reads = "Medication" in resources
    yield ok(
        "Medication",
        "Reads are listed: drugs given by reference can be resolved."
        if reads
        else "Not listed: a drug given as a reference, without code or name beside it, stays unknown.",
    )


def _version(statement: Mapping[str, Any]) -> Check:
    version = statement.get("fhirVersion")
    if isinstance(version, str) and version.startswith("4.0."):
        return ok("FHIR version", f"{version} (R4).")
    kind = statement.get("resourceType")
    if kind == "Conformance":
        return fail(
            "FHIR version", "This is a DSTU2 server; R4 is needed. Most servers have an address for each version."
        )
    if kind != "CapabilityStatement":
        return fail("FHIR version", "The answer is no CapabilityStatement: this is not the base of a FHIR server.")
    shown = version if isinstance(version, str) and len(version) < 20 else "not given"
    return fail("FHIR version", f"The version is {shown}; R4 (4.0.x) is needed. Many servers have an address for each.")


def _search(search: NeededSearch, resource: Mapping[str, Any] | None) -> Check:
    about = f"{search.resource_type} ({search.key})"
    missing = warn if search.key not in REQUIRED_KEYS else fail
    then = "without it there is no card at all (412)" if missing is fail else "without it cards name the gap"
    if resource is None:
        return missing(about, f"Not listed in the capability statement: {then}.")
    interactions = set(_named(resource.get("interaction"), "code"))
    if search.interaction not in interactions:
        return missing(about, f"{search.interaction} is not listed: {then}.")
    listed = set(_named(resource.get("searchParam"), "name"))
    absent = [name for name in search.parameters if name not in (*_RESULT_PARAMETERS, *listed)]
    if absent:
        names = ", ".join(absent)
        return missing(
            about,
            f"The search parameter {names} is not listed. The server may ignore it or refuse the search: try a sample "
            f"call (--patient).",
        )
    parameters = f" by {', '.join(name for name in search.parameters if name in listed)}" if search.parameters else ""
    return ok(about, f"{'Search' if search.parameters else 'Read'}{parameters} is listed.")


def _result_parameters(statement: Mapping[str, Any], resources: Mapping[str, Mapping[str, Any]]) -> Check:
    listed = set(_named(_server(statement).get("searchParam"), "name"))
    for resource in resources.values():
        listed |= set(_named(resource.get("searchParam"), "name"))
    absent = [name for name in _RESULT_PARAMETERS if name not in listed]
    if not absent:
        return ok("sorting, paging", "_count and _sort are listed.")
    return ok(
        "sorting, paging", f"{' and '.join(absent)} not listed, as on many servers: a sample call shows what happens."
    )


def _resources(statement: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    found = _server(statement).get("resource")
    entries = found if isinstance(found, list) else []
    return {one["type"]: one for one in entries if isinstance(one, dict) and isinstance(one.get("type"), str)}


def _server(statement: Mapping[str, Any]) -> Mapping[str, Any]:
    rest = statement.get("rest")
    for one in rest if isinstance(rest, list) else []:
        if isinstance(one, dict) and one.get("mode", "server") == "server":
            return one
    return {}


def _named(entries: object, member: str) -> Iterator[str]:
    for one in entries if isinstance(entries, list) else []:
        if isinstance(one, dict) and isinstance(one.get(member), str):
            yield one[member]
