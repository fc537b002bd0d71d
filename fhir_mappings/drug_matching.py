"""medication[x] -> drug concepts: codes, then the Medication's ingredients, then names (decision 8)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from fhir_mappings.concept_matching import codes_match, says_anything
from fhir_mappings.drug_names import drugs_named, local_concepts, routes_named
from fhir_mappings.elements import CodeableConcept, Reference
from fhir_mappings.references import type_and_id
from fhir_mappings.resources import MedicationRequestResource, MedicationResource, MedicationStatementResource
from fhir_mappings.texts import normalised, texts_of
from treatment_algorithm.concept_table import ConceptTable
from treatment_algorithm.cues import Cues


@dataclass(frozen=True, slots=True)
class DrugMatch:
    """What a medication[x] is: its drug concepts, and whether they rest on a name or on a conflict of code and name.

    `texts`: the product's names, for its strength; `route`: the route that its dose form names. `problem`:
    `not-resolved` or `unknown-drug` when it cannot be told what drug it is. `by_lookup`: a terminology server told its
    ingredients (looked_up_drugs.py).
    """

    concepts: frozenset[str] = frozenset()
    by_name: bool = False
    unconfirmed: bool = False
    texts: tuple[str, ...] = ()
    route: str | None = None
    problem: str | None = None
    by_lookup: bool = False


Said = tuple[frozenset[str], tuple[str, ...]]
"""The concepts of a product's codes, and its normalised texts."""

NOT_RESOLVED = DrugMatch(problem="not-resolved")
UNKNOWN_DRUG = DrugMatch(problem="unknown-drug")


def match_drug(
    resource: MedicationRequestResource | MedicationStatementResource,
    medications: Mapping[str, MedicationResource],
    concepts: ConceptTable,
    cues: Cues,
    route: str | None = None,
) -> DrugMatch:
    """The drugs of a MedicationRequest or MedicationStatement; `route` is what its dosage says.

    `medications`: included or fetched Medications by `Medication/id`. Source: decision 8; resolving-codes.md.
    """
    if says_anything(resource.medication_codeable_concept):
        return match_codeable(resource.medication_codeable_concept, (), (), concepts, cues, route)
    reference = resource.medication_reference
    if reference is None or not (reference.reference or reference.display):
        return UNKNOWN_DRUG
    medication = medication_of(resource, medications)
    if medication is None:
        if reference.display and reference.display.strip():
            named = CodeableConcept(text=reference.display)
            return match_codeable(named, (), (), concepts, cues, route)
        return NOT_RESOLVED
    return _match_medication(medication, resource.contained, medications, concepts, cues, route)


def medication_of(
    resource: MedicationRequestResource | MedicationStatementResource, medications: Mapping[str, MedicationResource]
) -> MedicationResource | None:
    """The Medication that `medicationReference` points to: contained, included or fetched; None without one."""
    reference = resource.medication_reference
    return None if reference is None else _resolved(reference, resource.contained, medications)


def match_codeable(
    product: CodeableConcept | None,
    ingredients: tuple[DrugMatch, ...],
    forms: Iterable[str],
    concepts: ConceptTable,
    cues: Cues,
    route: str | None = None,
) -> DrugMatch:
    """The drugs of a product: by its codes, else its `ingredients`, else its names.

    Codes and names that share no drug: both, `unconfirmed` (possibly present for safety, decision 8).
    """
    said = codes_match(product, concepts), tuple(texts_of(product))
    return match_said(said, ingredients, forms, concepts, cues, route)


def match_said(
    said_of_it: Said,
    ingredients: tuple[DrugMatch, ...],
    forms: Iterable[str],
    concepts: ConceptTable,
    cues: Cues,
    route: str | None = None,
) -> DrugMatch:
    """As `match_codeable`, of what a product's codings and texts say: nothing else of the product decides."""
    by_code, texts = said_of_it
    named = frozenset[str]() if by_code or ingredients else _named(texts, concepts, cues)
    if not (by_code or ingredients or named):
        # None of our drugs, as most of a chart's: nobody asks for its route.
        return DrugMatch(texts=texts) if texts else UNKNOWN_DRUG
    form_route = _only_route((*forms, *texts), cues)
    route = route or form_route
    coded = local_concepts(by_code, route, cues, by_name=False)
    if not coded:
        if ingredients:
            return _joined(ingredients, texts, form_route)
        kept = local_concepts(named, route, cues, by_name=True)
        return DrugMatch(kept, by_name=bool(kept), texts=texts, route=form_route)
    said = _without_general(_named(texts, concepts, cues), coded)
    if all(code.startswith("class_") for code in coded):
        kept = local_concepts(said, route, cues, by_name=True)
        return DrugMatch(coded | kept, by_name=bool(kept), texts=texts, route=form_route)
    # The name of the drug says nothing against its own local form, so both readings of the name are compared.
    if said and not (said | local_concepts(said, route, cues, by_name=True)) & coded:
        kept = local_concepts(said, route, cues, by_name=True)
        return DrugMatch(coded | kept, unconfirmed=bool(kept), texts=texts, route=form_route)
    return DrugMatch(coded, texts=texts, route=form_route)


def _named(texts: Iterable[str], concepts: ConceptTable, cues: Cues) -> frozenset[str]:
    """The drugs that any of the texts names."""
    found = frozenset[str]().union(
        *(
            named
            for text in texts
            if (named := drugs_named(text, concepts, cues)) and not cues.not_usable_drugs.search(text)
        )
    )
    return _without_general(found, frozenset(drug for drug in found if concepts.concepts[drug].lookalike))


def _without_general(drugs: frozenset[str], known: frozenset[str]) -> frozenset[str]:
    """The drugs of which no other form is known: topical, extravascular are more than the drug's name can say."""
    return frozenset(drug for drug in drugs if not any(form.startswith(f"{drug}_") for form in known))


def _match_medication(
    medication: MedicationResource,
    contained: tuple[dict[str, Any], ...],
    medications: Mapping[str, MedicationResource],
    concepts: ConceptTable,
    cues: Cues,
    route: str | None,
) -> DrugMatch:
    ingredients = []
    for ingredient in medication.ingredient:
        if ingredient.is_active is False:
            continue
        item = ingredient.item_codeable_concept
        if item is None and ingredient.item_reference is not None:
            inner = _resolved(ingredient.item_reference, medication.contained + contained, medications)
            item = inner.code if inner else None
        ingredients.append(match_codeable(item, (), (), concepts, cues, route))
    return match_codeable(medication.code, tuple(ingredients), texts_of(medication.form), concepts, cues, route)


def _joined(ingredients: tuple[DrugMatch, ...], texts: tuple[str, ...], route: str | None) -> DrugMatch:
    problem = next((one.problem for one in ingredients if one.problem), None)
    found = frozenset[str]().union(*(one.concepts for one in ingredients))
    if problem and not found and texts:
        problem = None
    return DrugMatch(
        found,
        by_name=any(one.by_name for one in ingredients),
        unconfirmed=any(one.unconfirmed for one in ingredients),
        texts=texts,
        route=route,
        problem=problem,
    )


def _resolved(
    reference: Reference, contained: tuple[dict[str, Any], ...], medications: Mapping[str, MedicationResource]
) -> MedicationResource | None:
    target = (reference.reference or "").strip()
    if not target.startswith("#"):
        return medications.get(type_and_id(target) or "")
    for resource in contained:
        if resource.get("id") in (target, target[1:]):
            try:
                return msgspec.convert({**resource, "resourceType": "Medication"}, MedicationResource)
            except (msgspec.ValidationError, RecursionError):
                return None
    return None


def _only_route(texts: Iterable[str], cues: Cues) -> str | None:
    found = frozenset[str]().union(*(routes_named(normalised(text), cues) for text in texts))
    particular = found - cues.general_routes or found
    # "Eye/ear drops": several routes, but all of them local.
    if len(particular) == 1 or (particular and particular <= cues.local_routes.keys()):
        return min(particular)
    return None
