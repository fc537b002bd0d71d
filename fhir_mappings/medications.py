"""MedicationRequest and MedicationStatement -> MedicationFact (decisions 9, 28; evidence.md 2.1)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from fhir_mappings.concept_matching import codes_match, says_anything
from fhir_mappings.dosage import daily_mg, dosage_ends, dosage_route, dosage_starts
from fhir_mappings.drug_matching import DrugMatch, Said, match_said
from fhir_mappings.elements import CodeableConcept, Dosage
from fhir_mappings.looked_up_drugs import DrugCode, LookedUpDrug, drug_codes, recognise_drug
from fhir_mappings.reasons import read_reasons, read_stop_reason
from fhir_mappings.references import resource_reference
from fhir_mappings.resources import MedicationRequestResource, MedicationResource, MedicationStatementResource
from fhir_mappings.status_codes import INTENTS, REQUEST_STATUSES, STATEMENT_STATUSES, known_code
from fhir_mappings.texts import texts_of
from treatment_algorithm.concept_table import ConceptTable
from treatment_algorithm.cues import Cues
from treatment_algorithm.features import DrugStanding, Group, Issue, MedicationFact, Proof, StopReason
from treatment_algorithm.partial_date import PartialDate, parse_date

_REQUEST_STANDINGS: Mapping[str, DrugStanding] = {
    "active": DrugStanding.CURRENT,
    "on-hold": DrugStanding.ON_HOLD,
    "unknown": DrugStanding.STATUS_UNKNOWN,
    "": DrugStanding.STATUS_UNKNOWN,
    "stopped": DrugStanding.PAST,
    "completed": DrugStanding.PAST,
}
_STATEMENT_STANDINGS: Mapping[str, DrugStanding] = {**_REQUEST_STANDINGS, "intended": DrugStanding.CURRENT}
_NO_ORDERS = frozenset({"proposal", "option"})


@dataclass(frozen=True, slots=True)
class DrugContext:
    """What reading a drug needs beside the resource: Medications by reference, look-ups, Conditions, knowledge.

    `conditions`: the concepts of the chart's Conditions, by reference. `unknown` fills while drugs are read: the codes
    that nothing was made of, and whether their entry has a name. What was made of a product's words and of a route is
    kept for the one chart that the context belongs to: renewals repeat them word for word.
    """

    medications: Mapping[str, MedicationResource]
    conditions: Mapping[str, frozenset[str]]
    concepts: ConceptTable
    cues: Cues
    looked_up: Mapping[DrugCode, LookedUpDrug]
    unknown: dict[DrugCode, bool] = field(default_factory=dict)
    _products: dict[tuple[Said, str | None], DrugMatch] = field(default_factory=dict)
    _routes: dict[tuple[CodeableConcept | None, ...], str | None] = field(default_factory=dict)

    def route(self, dosages: tuple[Dosage, ...]) -> str | None:
        """The one route that the dosages name (`dosage_route`)."""
        written = tuple(dosage.route for dosage in dosages)
        if written not in self._routes:
            self._routes[written] = dosage_route(dosages, self.cues)
        return self._routes[written]

    def recognise(
        self, resource: MedicationRequestResource | MedicationStatementResource, route: str | None
    ) -> DrugMatch:
        """What the drug of a resource is (`recognise_drug`); its codes go to `unknown` when that cannot be told."""
        product = resource.medication_codeable_concept
        if self.looked_up or not says_anything(product):
            drug = recognise_drug(resource, self.medications, self.looked_up, self.concepts, self.cues, route)
        else:
            drug = self._of_product(product, route)
        if not drug.concepts and not drug.by_lookup:
            for code in drug_codes(resource, self.medications):
                self.unknown[code] = self.unknown.get(code, True) and bool(drug.texts)
        return drug

    def _of_product(self, product: CodeableConcept | None, route: str | None) -> DrugMatch:
        said = codes_match(product, self.concepts), tuple(texts_of(product))
        drug = self._products.get((said, route))
        if drug is None:
            drug = self._products[said, route] = match_said(said, (), (), self.concepts, self.cues, route)
        return drug


def map_medication_request(
    request: MedicationRequestResource, context: DrugContext
) -> Iterator[MedicationFact | Issue]:
    """The fact of one MedicationRequest of the chart; nothing for one that was never a drug taken.

    Dropped: cancelled, entered-in-error, draft, proposal, option, doNotPerform, and drugs that are none of our
    concepts. An Issue for a status or intent that FHIR R4 does not know and for a drug that cannot be told.
    """
    reference = resource_reference("MedicationRequest", request.id)
    status, intent = known_code(request.status, REQUEST_STATUSES), known_code(request.intent, INTENTS)
    if status is None or intent is None:
        yield Issue(Group.MEDICATIONS, reference, "unreadable")
        return
    standing = _REQUEST_STANDINGS.get(status)
    if standing is None or intent in _NO_ORDERS or request.do_not_perform:
        return
    dosages = request.dosage_instruction
    route, drug = _drug(request, dosages, context)
    if drug.problem:
        yield Issue(Group.MEDICATIONS, reference, drug.problem)
    if not drug.concepts:
        return
    validity = request.dispense_request.validity_period if request.dispense_request else None
    past = standing is DrugStanding.PAST
    starts = (parse_date(request.authored_on), parse_date(validity.start if validity else None))
    ends = (parse_date(validity.end if validity else None), *dosage_ends(dosages))
    yield _fact(
        request,
        dosages,
        Proof(reference, status=status),
        standing,
        context,
        drug,
        route,
        start=_earliest((*starts, *dosage_starts(dosages))),
        end=_latest(ends) if past else None,
        stop_reason=read_stop_reason((request.status_reason,), context.cues) if past else None,
    )


def map_medication_statement(
    statement: MedicationStatementResource, context: DrugContext
) -> Iterator[MedicationFact | Issue]:
    """The fact of one MedicationStatement; `not-taken` counts only as the end of a therapy, with a recorded reason.

    Its issues belong to the statements; they open the drugs too (decision 28: what it hides might be a drug).
    """
    reference = resource_reference("MedicationStatement", statement.id)
    status = known_code(statement.status, STATEMENT_STATUSES)
    if status is None:
        yield Issue(Group.STATEMENTS, reference, "unreadable")
        return
    reasons = (*statement.status_reason, *statement.reason_code)
    stop_reason = read_stop_reason(reasons, context.cues)
    standing = _STATEMENT_STANDINGS.get(status)
    if status == "not-taken" and stop_reason is not None:
        standing = DrugStanding.PAST
    if standing is None:
        return
    route, drug = _drug(statement, statement.dosage, context)
    if drug.problem:
        yield Issue(Group.STATEMENTS, reference, drug.problem)
    if not drug.concepts:
        return
    period = statement.effective_period
    yield _fact(
        statement,
        statement.dosage,
        Proof(reference, status=status),
        standing,
        context,
        drug,
        route,
        start=parse_date(period.start if period else None) or parse_date(statement.effective_date_time),
        end=parse_date(period.end if period else None),
        stop_reason=stop_reason if standing is DrugStanding.PAST else None,
    )


def _drug(
    resource: MedicationRequestResource | MedicationStatementResource, dosages: tuple[Dosage, ...], context: DrugContext
) -> tuple[str | None, DrugMatch]:
    """The route of the dosages and what the drug is; first of all, because most drugs are none of ours."""
    route = context.route(dosages)
    return route, context.recognise(resource, route)


def _fact(
    resource: MedicationRequestResource | MedicationStatementResource,
    dosages: tuple[Dosage, ...],
    proof: Proof,
    standing: DrugStanding,
    context: DrugContext,
    drug: DrugMatch,
    route: str | None,
    *,
    start: PartialDate | None,
    end: PartialDate | None,
    stop_reason: StopReason | None,
) -> MedicationFact:
    reasons = read_reasons(
        resource.reason_code, resource.reason_reference, context.conditions, context.concepts, context.cues
    )
    return MedicationFact(
        concepts=drug.concepts,
        standing=standing,
        proof=Proof(proof.reference, start, proof.status, drug.by_name, drug.unconfirmed, drug.by_lookup),
        start=start,
        end=end,
        route=route or drug.route,
        stop_reason=stop_reason,
        daily_mg=daily_mg(dosages, drug.texts, context.cues),
        reasons=reasons.concepts,
    )


def _earliest(moments: Iterable[PartialDate | None]) -> PartialDate | None:
    return min((moment for moment in moments if moment), key=lambda moment: moment.earliest, default=None)


def _latest(moments: Iterable[PartialDate | None]) -> PartialDate | None:
    return max((moment for moment in moments if moment), key=lambda moment: moment.latest, default=None)
