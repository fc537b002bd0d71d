"""ServiceRequest on record -> ReferralFact (evidence.md 2.1: an active one means already referred)."""

from collections.abc import Iterator

from fhir_mappings.concept_matching import codes_match, says_anything
from fhir_mappings.references import resource_reference
from fhir_mappings.resources import ServiceRequestResource
from fhir_mappings.status_codes import INTENTS, REQUEST_STATUSES, known_code
from treatment_algorithm.concept_table import ConceptTable
from treatment_algorithm.features import Group, Issue, Proof, ReferralFact
from treatment_algorithm.partial_date import parse_date

_NO_ORDERS = frozenset({"proposal", "option"})


def map_referral(request: ServiceRequestResource, concepts: ConceptTable) -> Iterator[ReferralFact | Issue]:
    """The fact of one active ServiceRequest by its code, category and performerType; by code only.

    Dropped: every other status, proposals and options, doNotPerform. An Issue when status or intent are none of FHIR
    R4's or the request does not say what is asked for.
    """
    reference = resource_reference("ServiceRequest", request.id)
    status, intent = known_code(request.status, REQUEST_STATUSES), known_code(request.intent, INTENTS)
    if not status or intent is None:
        yield Issue(Group.REFERRALS, reference, "unreadable")
        return
    if status != "active" or intent in _NO_ORDERS or request.do_not_perform:
        return
    asked = (request.code, *request.category, request.performer_type)
    if not any(says_anything(one) for one in asked):
        yield Issue(Group.REFERRALS, reference, "unreadable")
        return
    found = frozenset[str]().union(*(codes_match(one, concepts) for one in asked))
    if found:
        yield ReferralFact(found, Proof(reference, parse_date(request.authored_on), status))
