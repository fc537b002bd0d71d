"""AllergyIntolerance -> AllergyFact (evidence.md 2.1)."""

from collections.abc import Iterator

from fhir_mappings.concept_matching import codes_match, says_anything
from fhir_mappings.drug_names import drugs_named
from fhir_mappings.elements import CodeableConcept
from fhir_mappings.references import resource_reference
from fhir_mappings.resources import AllergyIntoleranceResource
from fhir_mappings.status_codes import CLINICAL_STATUSES, VERIFICATION_STATUSES, known_status
from fhir_mappings.texts import texts_of
from treatment_algorithm.concept_table import ConceptKind, ConceptTable
from treatment_algorithm.cues import Cues
from treatment_algorithm.features import AllergyFact, Group, Issue, Proof
from treatment_algorithm.partial_date import parse_date

_DROPPED_VERIFICATION = frozenset({"refuted", "entered-in-error"})
_DROPPED_CLINICAL = frozenset({"inactive", "resolved"})


def map_allergy(
    allergy: AllergyIntoleranceResource, concepts: ConceptTable, cues: Cues
) -> Iterator[AllergyFact | Issue]:
    """The fact of one AllergyIntolerance; nothing for a refuted, erroneous, inactive or resolved one.

    "No known allergy" is never an allergy (terminology README). An Issue when a status is none of FHIR R4's or the
    substance cannot be told: a code that is not listed, without a text.
    """
    reference = resource_reference("AllergyIntolerance", allergy.id)
    verification = known_status(allergy.verification_status, VERIFICATION_STATUSES)
    clinical = known_status(allergy.clinical_status, CLINICAL_STATUSES)
    if verification in _DROPPED_VERIFICATION or clinical in _DROPPED_CLINICAL:
        return
    if verification is None or clinical is None:
        yield Issue(Group.ALLERGIES, reference, "unreadable")
        return
    found: frozenset[str] = frozenset()
    by_name = False
    substances = [allergy.code, *(reaction.substance for reaction in allergy.reaction)]
    for substance in substances:
        coded = codes_match(substance, concepts)
        named = frozenset[str]() if coded else _named(substance, concepts, cues)
        found |= coded | named
        by_name |= bool(named)
    if not found and not any(text for substance in substances for text in texts_of(substance)):
        told = any(says_anything(substance) for substance in substances)
        yield Issue(Group.ALLERGIES, reference, "unknown-drug" if told else "unreadable")
        return
    allergens = frozenset(concept for concept in found if not concepts.concepts[concept].lookalike)
    # The terminology has allergens of their own for some drugs (`warfarin_allergen`): they are that drug's.
    drugs = (concept.removesuffix("_allergen") for concept in allergens)
    allergens |= frozenset(drug for drug in drugs if drug in concepts.concepts)
    if allergens:
        yield AllergyFact(
            concepts=allergens,
            proof=Proof(
                reference,
                parse_date(allergy.recorded_date) or parse_date(allergy.onset_date_time),
                clinical,
                by_name=by_name,
            ),
            mild_intolerance=allergy.type == "intolerance" and allergy.criticality == "low",
        )


def _named(substance: CodeableConcept | None, concepts: ConceptTable, cues: Cues) -> frozenset[str]:
    found: frozenset[str] = frozenset()
    for text in texts_of(substance):
        if cues.allergy_refusals.search(text):
            return frozenset()
        # "Allergy to diltiazem" is what is looked for here, where in a drug's text it refuses.
        text = text.removeprefix("allergy to ").removeprefix("allergic to ")
        found |= drugs_named(text, concepts, cues)
        found |= drugs_named(text, concepts, cues, ConceptKind.ALLERGY_CLASS)
    return found
