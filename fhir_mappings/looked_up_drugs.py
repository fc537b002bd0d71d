"""Drugs that neither our codes nor their name tell: their codes, and what a terminology look-up says of them.

The last step of decision 8, and an optional one: without a look-up everything stays as `match_drug` leaves it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain

from fhir_mappings.concept_matching import says_anything
from fhir_mappings.drug_matching import DrugMatch, match_codeable, match_drug, medication_of
from fhir_mappings.elements import CodeableConcept, Coding
from fhir_mappings.resources import MedicationRequestResource, MedicationResource, MedicationStatementResource
from treatment_algorithm.code_index import OID_SYSTEMS, RXNORM
from treatment_algorithm.concept_table import ConceptTable
from treatment_algorithm.cues import Cues

DrugCode = tuple[str, str]
"""System (an `urn:oid:` one as its URI, where that is known) and code."""

# What stands in `code` may be anything; only what is written like a code is shown or sent to anyone.
_SYSTEM_AND_CODE = re.compile(
    r"(?:https?://|urn:oid:)[A-Za-z0-9._:/-]{1,180} [A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII
)


@dataclass(frozen=True, slots=True)
class LookedUpDrug:
    """What a terminology server says of one code: the ingredients, the product's names, its dose forms.

    Without `ingredients` the names are all there is, and are read like names in a chart. Empty: the server does not
    know the code.
    """

    ingredients: tuple[Coding, ...] = ()
    names: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()


def recognise_drug(
    resource: MedicationRequestResource | MedicationStatementResource,
    medications: Mapping[str, MedicationResource],
    looked_up: Mapping[DrugCode, LookedUpDrug],
    concepts: ConceptTable,
    cues: Cues,
    route: str | None = None,
) -> DrugMatch:
    """The drugs of a MedicationRequest or MedicationStatement: as `match_drug` finds them, else by look-up.

    `by_lookup` without concepts: its ingredients were told, and none of them is ours. Several codes of one drug that
    are said to be different drugs: all of them, `unconfirmed`, as where code and name disagree (decision 8).
    """
    drug = match_drug(resource, medications, concepts, cues, route)
    if drug.concepts or not looked_up:
        return drug
    answers = [looked_up[code] for code in drug_codes(resource, medications) if code in looked_up]
    found = [match for answer in answers if (match := _match_answer(answer, concepts, cues, route)) is not None]
    if not found:
        return drug
    disagreed = len({match.concepts for match in found}) > 1
    return DrugMatch(
        frozenset[str]().union(*(match.concepts for match in found)),
        unconfirmed=disagreed or any(match.unconfirmed for match in found),
        texts=drug.texts,
        route=next((match.route for match in found if match.route), None),
        by_lookup=True,
    )


def drug_codes(
    resource: MedicationRequestResource | MedicationStatementResource, medications: Mapping[str, MedicationResource]
) -> tuple[DrugCode, ...]:
    """The codes of the product, each once; of the active ingredients where the product has none.

    Only what is written like a code, under a URI: a code may be free text in a broken chart.
    """
    if says_anything(resource.medication_codeable_concept):
        return _codes(resource.medication_codeable_concept)
    medication = medication_of(resource, medications)
    if medication is None:
        return ()
    ingredients = (one.item_codeable_concept for one in medication.ingredient if one.is_active is not False)
    return _codes(medication.code) or tuple(chain.from_iterable(map(_codes, ingredients)))


def _codes(concept: CodeableConcept | None) -> tuple[DrugCode, ...]:
    codes: dict[DrugCode, None] = {}
    for one in concept.coding if concept else ():
        if one.system and one.code and _SYSTEM_AND_CODE.fullmatch(f"{one.system} {one.code}"):
            codes[OID_SYSTEMS.get(one.system, one.system), one.code] = None
    return tuple(codes)


def _match_answer(answer: LookedUpDrug, concepts: ConceptTable, cues: Cues, route: str | None) -> DrugMatch | None:
    """The drugs of an answer; None when it names no drug of ours and does not tell that it is none of them.

    An ingredient is surely none of ours only by an RxNorm code: the tables hold those of all our drugs.
    """
    forms = (*answer.forms, *answer.names)
    ingredients = tuple(
        match_codeable(CodeableConcept(coding=(one,)), (), forms, concepts, cues, route) for one in answer.ingredients
    )
    product = CodeableConcept(coding=tuple(Coding(display=name) for name in answer.names))
    match = match_codeable(product, ingredients, answer.forms, concepts, cues, route)
    told = bool(ingredients) and all(
        one.concepts or (coding.system == RXNORM and not one.problem)
        for one, coding in zip(ingredients, answer.ingredients, strict=True)
    )
    return match if match.concepts or told else None
