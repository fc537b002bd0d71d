"""Procedure -> ProcedureFact (evidence.md 2.1)."""

from collections.abc import Iterator, Mapping

from fhir_mappings.concept_matching import codes_match, says_anything
from fhir_mappings.references import resource_reference
from fhir_mappings.resources import ProcedureResource
from fhir_mappings.status_codes import PROCEDURE_STATUSES, known_code
from fhir_mappings.texts import first_text
from treatment_algorithm.concept_table import ConceptTable
from treatment_algorithm.features import Group, Issue, ProcedureFact, ProcedureStanding, Proof
from treatment_algorithm.partial_date import parse_date

_STANDINGS: Mapping[str, ProcedureStanding] = {
    "completed": ProcedureStanding.DONE,
    "preparation": ProcedureStanding.PLANNED,
    "in-progress": ProcedureStanding.PLANNED,
    "on-hold": ProcedureStanding.PLANNED,
}
# Broken off, not done, or an error: nothing was done that a rule may count on.
_DROPPED = frozenset({"not-done", "entered-in-error", "stopped"})


def map_procedure(procedure: ProcedureResource, concepts: ConceptTable) -> Iterator[ProcedureFact | Issue]:
    """The fact of one Procedure, by code only; an Issue when its status does not tell whether it was done."""
    reference = resource_reference("Procedure", procedure.id)
    status = known_code(procedure.status, PROCEDURE_STATUSES)
    if status in _DROPPED:
        return
    standing = _STANDINGS.get(status or "")
    if not says_anything(procedure.code):
        yield Issue(Group.PROCEDURES, reference, "unreadable")
        return
    found = codes_match(procedure.code, concepts)
    if standing is None:
        # One that is none of ours hides nothing, whatever its status.
        if found or status is None:
            yield Issue(Group.PROCEDURES, reference, "unreadable")
        return
    if found:
        period = procedure.performed_period
        performed = parse_date(procedure.performed_date_time) or parse_date(period.start if period else None)
        yield ProcedureFact(found, standing, Proof(reference, performed, status or ""), first_text(procedure.body_site))
