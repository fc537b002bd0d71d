"""Which code a story's entry is sent with: always a row of knowledge/concepts/codes.csv, verified where there is one.

Conditions go as ICD-10-CM, and in every other story as SNOMED CT; drugs as a product (with its strength) rather
than as an ingredient, as real charts have them; allergies as the ingredient. A code that means one thing only goes
before one that means more (403514006 is calcinosis and systemic sclerosis, decision 42).
"""

import re
from collections.abc import Sequence
from zlib import crc32

from treatment_algorithm.concept_table import CodeRow, ConceptTable

ICD = "http://hl7.org/fhir/sid/icd-10-cm"
SNOMED = "http://snomed.info/sct"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ATC = "http://www.whocc.no/atc"
CVX = "http://hl7.org/fhir/sid/cvx"
LOINC = "http://loinc.org"

_STRENGTH = re.compile(r"\d (MG|MCG|UNT|MEQ|ML|%)", re.IGNORECASE)
_ORAL = r"\bOral\b"
_INJECTED = r"Inject|Syringe|Cartridge|Pen\b"
_FORM_WORDS = {
    "oral": _ORAL,
    "topical": r"Topical|Cream|Ointment|Gel\b",
    "ophthalmic": r"Ophthalmic",
    "inhaled": r"Inhal",
    "nasal": r"Nasal",
    "rectal": r"Rectal|Suppository|Enema",
}


def prefers_snomed(story_id: str) -> bool:
    """Whether a story's conditions go as SNOMED CT: about every other story, and always the same ones."""
    return crc32(story_id.encode()) % 2 == 1


def condition_row(table: ConceptTable, concept: str, snomed: bool) -> CodeRow:
    """ICD-10-CM or SNOMED CT, whichever is preferred and there."""
    order = (SNOMED, ICD) if snomed else (ICD, SNOMED)
    return _best(table, concept, order)


def drug_row(table: ConceptTable, concept: str, route: str | None) -> CodeRow:
    """A product of the route (an oral one where none is named); the ingredient for the route `unknown`."""
    rows = _candidates(table, concept, (RXNORM, ATC, CVX))
    products = [row for row in rows if row.system == RXNORM and _STRENGTH.search(row.display)]
    if route == "unknown":
        return next((row for row in rows if row not in products), rows[0])
    products.sort(key=lambda row: (row.status != "verified", " / " in row.display, "[" in row.display))
    for words in (_ORAL, _INJECTED) if route is None else (_FORM_WORDS.get(route, _INJECTED),):
        if fitting := [row for row in products if re.search(words, row.display, re.IGNORECASE)]:
            return fitting[0]
    return (products if route is None and products else rows)[0]


def product_route(row: CodeRow) -> str | None:
    """The route that a product's dose form tells; None for an ingredient and for injections."""
    return next((route for route, words in _FORM_WORDS.items() if re.search(words, row.display, re.IGNORECASE)), None)


def allergen_row(table: ConceptTable, concept: str) -> CodeRow:
    """The ingredient, or the allergy class."""
    rows = _candidates(table, concept, (RXNORM, SNOMED, ICD, ATC, CVX))
    return next((row for row in rows if not _STRENGTH.search(row.display)), rows[0])


def observation_row(table: ConceptTable, concept: str) -> CodeRow:
    """LOINC."""
    return _best(table, concept, (LOINC,))


def value_row(table: ConceptTable, concept: str) -> CodeRow:
    """The code of a concept that is a value: SNOMED CT or a LOINC answer."""
    return _best(table, concept, (SNOMED, LOINC))


def procedure_row(table: ConceptTable, concept: str) -> CodeRow:
    """SNOMED CT, LOINC for a laboratory or heart examination that has no other."""
    return _best(table, concept, (SNOMED, LOINC))


def is_drug(table: ConceptTable, concept: str) -> bool:
    """Whether a concept is ordered as a MedicationRequest."""
    return any(row.system in (RXNORM, ATC, CVX) for row in table.code_rows(concept))


def _best(table: ConceptTable, concept: str, systems: Sequence[str]) -> CodeRow:
    return _candidates(table, concept, systems)[0]


def _candidates(table: ConceptTable, concept: str, systems: Sequence[str]) -> list[CodeRow]:
    """The rows of a concept, best first: verified, of one meaning, of the first system; LookupError for none."""
    rows = [row for row in table.code_rows(concept) if row.system in systems]
    rows = [row for row in rows if concept in table.match(row.system, row.code)]
    if not rows:
        raise LookupError(f"no code of {concept} in {', '.join(systems)}")

    def rank(row: CodeRow) -> tuple[bool, int, int, bool]:
        meanings = len(table.match(row.system, row.code))
        return row.status != "verified", meanings, systems.index(row.system), row.descendants

    return sorted(rows, key=rank)
