"""Status elements: the code, nothing, or a value that FHIR R4 does not know and that therefore cannot be read."""

from collections.abc import Collection

from fhir_mappings.elements import CodeableConcept
from fhir_mappings.texts import normalised

CLINICAL_STATUSES = frozenset({"active", "recurrence", "relapse", "inactive", "remission", "resolved"})
VERIFICATION_STATUSES = frozenset(
    {"confirmed", "presumed", "unconfirmed", "provisional", "differential", "refuted", "entered-in-error"}
)
REQUEST_STATUSES = frozenset(
    {"active", "on-hold", "cancelled", "completed", "entered-in-error", "stopped", "draft", "unknown", "revoked"}
)
STATEMENT_STATUSES = frozenset(
    {"active", "completed", "entered-in-error", "intended", "stopped", "on-hold", "unknown", "not-taken"}
)
PROCEDURE_STATUSES = frozenset(
    {"preparation", "in-progress", "not-done", "on-hold", "stopped", "completed", "entered-in-error", "unknown"}
)
OBSERVATION_STATUSES = frozenset(
    {"registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error", "unknown"}
)
INTENTS = frozenset(
    {"proposal", "plan", "directive", "order", "original-order", "reflex-order", "filler-order", "instance-order"}
    | {"option"}
)


def known_code(code: str | None, known: Collection[str]) -> str | None:
    """A status or intent code as sent, "" when there is none, None when FHIR R4 does not know it."""
    if code is None:
        return ""
    return code if code in known else None


def known_status(concept: CodeableConcept | None, known: Collection[str]) -> str | None:
    """The first known code of a status CodeableConcept (else its text, if that is one), as `known_code` does.

    The code system is not compared: older servers send the codes of R4 under the system of STU3.
    """
    if concept is None:
        return ""
    for coding in concept.coding:
        if coding.code in known:
            return coding.code
    if concept.text and (text := normalised(concept.text)) in known:
        return text
    return None if concept.text or any(coding.code for coding in concept.coding) else ""
