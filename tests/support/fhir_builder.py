"""From a story to the request body that an EHR posts: CDS Hooks 2.0 with FHIR R4 prefetch (decision 10)."""

from collections.abc import Iterator
from datetime import date
from uuid import NAMESPACE_URL, uuid5

from tests.support.broken_entries import RESOURCE_TYPES, broken_entry
from tests.support.draft_builder import draft_order
from tests.support.fhir_elements import (
    HL7,
    Json,
    codeable,
    dated,
    dosage,
    fhir_date,
    hl7_status,
    quantity,
    reason,
    recognised_code,
    subject,
)
from tests.support.story import Story
from tests.support.story_codes import (
    allergen_row,
    condition_row,
    drug_row,
    observation_row,
    prefers_snomed,
    procedure_row,
    value_row,
)
from tests.support.story_entries import NEUTRAL_CODES, NOT_USABLE_CODES, StoryAllergy, StoryDrug, StoryMeasurement
from tests.support.story_references import (
    ENCOUNTER_ID,
    PATIENT_ID,
    USER,
    condition_reference,
    drug_reference,
    grouped_measurements,
    is_pressure,
    order_reference,
)
from treatment_algorithm.concept_table import ConceptTable
from treatment_algorithm.features import Group

FHIR_BASE = "https://ehr.example.org/fhir"


def build_request(story: Story, table: ConceptTable, today: date) -> Json:
    """The hook request of a story; the same story gives the same body."""
    context: Json = {"userId": USER, "patientId": PATIENT_ID, "encounterId": ENCOUNTER_ID}
    if story.hook != "patient-view":
        drafts = [draft_order(story, number, table, today) for number in range(len(story.orders))]
        broken = [broken_entry(Group.ORDERS, number) for number in range(story.unreadable.get(Group.ORDERS, 0))]
        entries = [{"resource": draft} for draft in drafts] + broken
        context["draftOrders"] = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    if story.hook == "order-select":
        numbered = enumerate(story.orders)
        context["selections"] = [order_reference(order, n, table) for n, order in numbered if order.selected]
    return {
        "hook": story.hook,
        "hookInstance": str(uuid5(NAMESPACE_URL, f"https://cds.example.org/story/{story.id}")),
        "context": context,
        "prefetch": {"patient": _patient(story, today)} | dict(_bundles(story, table)),
    }


def chart_resources(story: Story, table: ConceptTable) -> dict[Group, list[Json]]:
    """The story's chart entries by group, each valid FHIR R4 (drafts are in draft_builder.py)."""
    drugs = [(_drug(story, n, table), item.sent_as) for n, item in enumerate(story.drugs)]
    return {
        Group.CONDITIONS: list(_conditions(story, table)),
        Group.MEDICATIONS: [drug for drug, sent_as in drugs if sent_as == "request"],
        Group.STATEMENTS: [drug for drug, sent_as in drugs if sent_as == "statement"],
        Group.ALLERGIES: [_allergy(item, n, table) for n, item in enumerate(story.allergies)],
        Group.PROCEDURES: list(_procedures(story, table)),
        Group.OBSERVATIONS: [_observation(ref, items, table) for ref, items in grouped_measurements(story)],
        Group.REFERRALS: list(_referrals(story, table)),
    }


def _bundles(story: Story, table: ConceptTable) -> Iterator[tuple[str, Json]]:
    for group, resources in chart_resources(story, table).items():
        if group in story.missing:
            continue
        entries = [
            {
                "fullUrl": f"{FHIR_BASE}/{resource['resourceType']}/{resource['id']}",
                "resource": resource,
                "search": {"mode": "match"},
            }
            for resource in resources
        ]
        entries += [broken_entry(group, number) for number in range(story.unreadable.get(group, 0))]
        further = group in story.cut_short
        bundle: Json = {"resourceType": "Bundle", "type": "searchset", "total": len(entries) + further}
        if further:
            url = f"{FHIR_BASE}/{RESOURCE_TYPES[group]}?patient={PATIENT_ID}&_count=100&page=2"
            bundle["link"] = [{"relation": "next", "url": url}]
        if entries:
            bundle["entry"] = entries
        yield group.value, bundle


def _start(reference: str) -> Json:
    kind, _, identifier = reference.partition("/")
    return {"resourceType": kind, "id": identifier}


def _patient(story: Story, today: date) -> Json:
    person = story.patient
    patient: Json = {"resourceType": "Patient", "id": PATIENT_ID, "name": [{"family": "Example", "given": ["Story"]}]}
    if person.sex is not None:
        patient["gender"] = person.sex
    patient |= dated("birthDate", person.birth_date(today))
    if person.deceased:
        patient["deceasedBoolean"] = True
    return patient


def _conditions(story: Story, table: ConceptTable) -> Iterator[Json]:
    snomed = prefers_snomed(story.id)
    for number, item in enumerate(story.conditions):
        coded = item.concept is not None and item.code is None and item.text is None
        row = condition_row(table, item.concept, snomed) if coded and item.concept else None
        condition = _start(condition_reference(number))
        if item.status != "none" and item.verification != "entered-in-error":
            condition["clinicalStatus"] = hl7_status("condition-clinical", item.status)
        if item.verification != "none":
            condition["verificationStatus"] = hl7_status("condition-ver-status", item.verification)
        condition["category"] = [hl7_status("condition-category", "problem-list-item")]
        if item.severity is not None:
            condition["severity"] = codeable(value_row(table, f"severity_{item.severity.value}"))
        condition["code"] = recognised_code(item, row)
        if item.sites:
            condition["bodySite"] = [{"text": site} for site in item.sites]
        condition["subject"] = subject()
        condition |= dated("onsetDateTime", item.onset) | dated("abatementDateTime", item.abated)
        condition |= dated("recordedDate", item.recorded_date)
        words = [cue.replace("_", " ") for cue in item.cues]
        stages = [word for word in words if word not in (item.text or "").lower()]
        if stages:
            condition["stage"] = [{"summary": {"text": word}} for word in stages]
        yield condition


def _drug(story: Story, number: int, table: ConceptTable) -> Json:
    item = story.drugs[number]
    row = drug_row(table, item.concept, item.route) if item.concept and not (item.text or item.code) else None
    drug = _start(drug_reference(item, number)) | {"status": item.recorded_status}
    statement = item.sent_as == "statement"
    if item.stopped_because is not None:
        drug["statusReason"] = [_stop_reason(item)] if statement else _stop_reason(item)
    if not statement:
        drug["intent"] = item.intent
        if item.do_not_perform:
            drug["doNotPerform"] = True
    drug |= {"medicationCodeableConcept": recognised_code(item, row), "subject": subject()}
    drug |= reason(story, item.reason, table)
    given = dosage(item.route, item.mg_per_day)
    period = dated("start", item.since) | dated("end", item.until)
    if statement:
        drug |= {"dosage": given["dosageInstruction"]} if given else {}
        return drug | ({"effectivePeriod": period} if period else {})
    drug |= dated("authoredOn", item.since) | given
    return drug | ({"dispenseRequest": {"validityPeriod": period}} if item.until else {})


def _stop_reason(item: StoryDrug) -> Json:
    because = item.stopped_because
    if because in NOT_USABLE_CODES | NEUTRAL_CODES:
        return {"coding": [{"system": f"{HL7}/medicationrequest-status-reason", "code": because}]}
    return {"text": because}


def _observation(reference: str, items: tuple[StoryMeasurement, ...], table: ConceptTable) -> Json:
    first = items[0]
    observation = _start(reference) | {"status": first.status}
    parts = [
        {"code": codeable(observation_row(table, item.concept))} | _value(item, table) | _range(item) for item in items
    ]
    if is_pressure(first):
        observation |= {"code": codeable(observation_row(table, "blood_pressure")), "component": parts}
    else:
        observation |= parts[0]
    observation["subject"] = subject()
    return observation | dated("effectiveDateTime", first.on)


def _value(item: StoryMeasurement, table: ConceptTable) -> Json:
    if item.value is not None:
        bound = {"comparator": item.comparator} if item.comparator else {}
        return {"valueQuantity": quantity(item.value, item.ucum or "1") | bound}
    if item.result is None:
        return {}
    if item.result in {"positive", "negative", "indeterminate"}:
        return {"valueCodeableConcept": {"text": item.result.capitalize()}}
    return {"valueCodeableConcept": codeable(value_row(table, item.result))}


def _range(item: StoryMeasurement) -> Json:
    ends = {"low": item.low, "high": item.high}
    bounds = {key: quantity(bound, item.ucum or "1") for key, bound in ends.items() if bound is not None}
    return {"referenceRange": [bounds]} if bounds else {}


def _allergy(item: StoryAllergy, number: int, table: ConceptTable) -> Json:
    row = allergen_row(table, item.concept) if item.concept and not (item.text or item.code) else None
    allergy = _start(f"AllergyIntolerance/a-{number + 1}")
    if item.status != "none" and item.verification != "entered-in-error":
        allergy["clinicalStatus"] = hl7_status("allergyintolerance-clinical", item.status)
    if item.verification != "none":
        allergy["verificationStatus"] = hl7_status("allergyintolerance-verification", item.verification)
    if item.kind is not None:
        allergy["type"] = item.kind
    if item.criticality is not None:
        allergy["criticality"] = item.criticality
    return allergy | {"code": recognised_code(item, row), "patient": subject()}


def _procedures(story: Story, table: ConceptTable) -> Iterator[Json]:
    for number, item in enumerate(story.procedures):
        row = procedure_row(table, item.concept) if item.concept and not (item.text or item.code) else None
        procedure = _start(f"Procedure/p-{number + 1}") | {"status": item.status, "code": recognised_code(item, row)}
        procedure["subject"] = subject()
        if item.on is not None:
            procedure["performedDateTime"] = fhir_date(item.on)
        if item.sites:
            procedure["bodySite"] = [{"text": site} for site in item.sites]
        yield procedure


def _referrals(story: Story, table: ConceptTable) -> Iterator[Json]:
    for number, item in enumerate(story.referrals):
        row = procedure_row(table, item.concept) if item.concept and not (item.text or item.code) else None
        referral = _start(f"ServiceRequest/r-{number + 1}") | {"status": "active", "intent": "order"}
        referral |= {"code": recognised_code(item, row), "subject": subject()}
        yield referral | dated("authoredOn", item.on)
