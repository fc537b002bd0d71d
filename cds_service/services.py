"""The services that discovery offers: one id for each hook, with the same prefetch templates (decisions 2 and 10)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import msgspec

from cds_service.errors import BadRequest, UnknownService
from cds_service.hook_request import ORDER_SELECT, ORDER_SIGN, PATIENT_VIEW
from treatment_algorithm.concept_table import ConceptKind
from treatment_algorithm.data_needs import concepts_read
from treatment_algorithm.knowledge_base import KnowledgeBase
from treatment_algorithm.site_codes import SITE_STATUS

LOINC = "http://loinc.org"
# What is implemented: the specification (DISC-11), and the hooks as the CDS Hooks Library publishes them (DISC-12).
SPECIFICATION_VERSION = "2.0.1"
HOOK_VERSION = "1.0"
REQUIRED_KEYS = ("patient", "conditions")
_COUNT = 100
_PLAIN_CODE = re.compile(r"[A-Za-z0-9._-]+", re.ASCII)
_PATIENT = "{{context.patientId}}"

_DESCRIPTIONS = {
    PATIENT_VIEW: (
        "Treatment options for calcinosis cutis on record (dermatomyositis, systemic sclerosis and related diseases): "
        "what to assess, consider and check, each with its source."
    ),
    ORDER_SELECT: (
        "Checks the selected order in a patient with calcinosis cutis or dermatomyositis: safety rules of the drugs "
        "used for calcinosis, and what is known of their effect."
    ),
    ORDER_SIGN: (
        "Checks the orders to be signed in a patient with calcinosis cutis or dermatomyositis: warnings of the drugs "
        "used for calcinosis."
    ),
}
_TITLES = {
    PATIENT_VIEW: "Calcinosis cutis: treatment options",
    ORDER_SELECT: "Calcinosis cutis: selected order",
    ORDER_SIGN: "Calcinosis cutis: orders before signing",
}
_USAGE_REQUIREMENTS = (
    "Patient and conditions are required. Everything else is read when it is there, and named on the card when it is "
    "not. What the prefetch leaves out is read from the FHIR server if that is allow-listed here. New orders are "
    "checked at order-select and order-sign only: a client without them gets no check of an order. Not a general "
    "interaction checker. For physicians; draft rules, not yet reviewed by a clinician."
)


@dataclass(frozen=True, slots=True)
class ServiceDefinition:
    """One entry of the discovery answer (DISC-4..9)."""

    id: str
    hook: str
    title: str
    description: str
    usage_requirements: str
    prefetch: Mapping[str, str]


def observation_codes(knowledge: KnowledgeBase) -> tuple[str, ...]:
    """The codes of every observation that some rule or text of the knowledge reads, sorted (PRE-10).

    LOINC codes, and those that a site file adds; a site's code that a search URL would have to escape is left out.
    """
    rows = (
        row for key in concepts_read(knowledge, ConceptKind.OBSERVATION) for row in knowledge.concepts.code_rows(key)
    )
    asked = {row.code for row in rows if row.system == LOINC or row.status == SITE_STATUS}
    return tuple(sorted(code for code in asked if _PLAIN_CODE.fullmatch(code)))


def prefetch_templates(loinc_codes: Sequence[str]) -> Mapping[str, str]:
    """The table of decision 10: prefetch key -> template; `loinc_codes` narrow the observations."""
    search = f"?patient={_PATIENT}"
    codes = f"&code={','.join(loinc_codes)}" if loinc_codes else ""
    return MappingProxyType(
        {
            "patient": f"Patient/{_PATIENT}",
            "conditions": f"Condition{search}&_count={_COUNT}",
            "medications": f"MedicationRequest{search}&_count={_COUNT}",
            "statements": f"MedicationStatement{search}&_count={_COUNT}",
            "allergies": f"AllergyIntolerance{search}&_count={_COUNT}",
            "procedures": f"Procedure{search}&_count={_COUNT}",
            "observations": f"Observation{search}{codes}&_sort=-date&_count={_COUNT}",
            "referrals": f"ServiceRequest{search}&status=active&_count={_COUNT}",
        }
    )


def service_definitions(loinc_codes: Sequence[str]) -> tuple[ServiceDefinition, ...]:
    """The three services, in the order of discovery."""
    templates = prefetch_templates(loinc_codes)
    return tuple(
        ServiceDefinition(
            id=f"calcinosis-{hook}",
            hook=hook,
            title=_TITLES[hook],
            description=_DESCRIPTIONS[hook],
            usage_requirements=_USAGE_REQUIREMENTS,
            prefetch=templates,
        )
        for hook in (PATIENT_VIEW, ORDER_SELECT, ORDER_SIGN)
    )


def discovery_answer(services: Sequence[ServiceDefinition]) -> bytes:
    """The body of `GET /cds-services` (DISC-2, DISC-3), JSON bytes.

    `version` and `hookVersion` are members of CDS Hooks 3.0 that a client of 2.0 does not read.
    """
    return msgspec.json.encode(
        {
            "services": [
                {
                    "hook": service.hook,
                    "title": service.title,
                    "description": service.description,
                    "id": service.id,
                    "prefetch": dict(service.prefetch),
                    "usageRequirements": service.usage_requirements,
                    "version": SPECIFICATION_VERSION,
                    "hookVersion": HOOK_VERSION,
                }
                for service in services
            ]
        }
    )


def known_service(services: Sequence[ServiceDefinition], service_id: str) -> ServiceDefinition:
    """The service of this id; raises UnknownService (REQ-15, FB-11)."""
    for service in services:
        if service.id == service_id:
            return service
    raise UnknownService("No service has this id.")


def find_service(services: Sequence[ServiceDefinition], service_id: str, hook: str) -> ServiceDefinition:
    """The service of this id, which must declare `hook`; raises UnknownService or BadRequest (REQ-3)."""
    service = known_service(services, service_id)
    if service.hook != hook:
        raise BadRequest("The hook of the request is not the hook of this service.")
    return service


def service_of_hook(services: Sequence[ServiceDefinition], hook: str) -> ServiceDefinition:
    """The service that declares `hook`; raises BadRequest."""
    for service in services:
        if service.hook == hook:
            return service
    raise BadRequest("No service declares the hook of the request.")
