"""CodeIndex: which concepts a (system, code) pair stands for.

Everything about prefixes is settled when the index is built, so that a question costs one dictionary look-up for a
code of the table, and one for each prefix length of its system otherwise.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

ICD_10_CM = "http://hl7.org/fhir/sid/icd-10-cm"
ICD_10 = "http://hl7.org/fhir/sid/icd-10"
SNOMED_CT = "http://snomed.info/sct"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
LOINC = "http://loinc.org"
ATC = "http://www.whocc.no/atc"
CVX = "http://hl7.org/fhir/sid/cvx"

OID_SYSTEMS: Mapping[str, str] = MappingProxyType(
    {
        "urn:oid:2.16.840.1.113883.6.90": ICD_10_CM,
        "urn:oid:2.16.840.1.113883.6.3": ICD_10,
        "urn:oid:2.16.840.1.113883.6.96": SNOMED_CT,
        "urn:oid:2.16.840.1.113883.6.88": RXNORM,
        "urn:oid:2.16.840.1.113883.6.1": LOINC,
        "urn:oid:2.16.840.1.113883.6.73": ATC,
        "urn:oid:2.16.840.1.113883.12.292": CVX,
    }
)

CODE_FORMS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        ICD_10_CM: re.compile(r"[A-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,4})?", re.ASCII),
        ICD_10: re.compile(r"[A-Z][0-9][0-9](\.[0-9]{1,2})?", re.ASCII),
        SNOMED_CT: re.compile(r"[1-9][0-9]{5,17}", re.ASCII),
        RXNORM: re.compile(r"[1-9][0-9]{0,7}", re.ASCII),
        LOINC: re.compile(r"(LA)?[1-9][0-9]*-[0-9]", re.ASCII),
        ATC: re.compile(r"[A-Z]([0-9]{2}([A-Z]([A-Z]([0-9]{2})?)?)?)?", re.ASCII),
        CVX: re.compile(r"[0-9]{2,3}", re.ASCII),
    }
)

PREFIX_SYSTEMS = frozenset({ICD_10_CM, ICD_10, ATC})
_ICD = frozenset({ICD_10_CM, ICD_10})
_NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CodeMeaning:
    """One row of the table as the index needs it; `lookalike` and `residual` are those of the concept."""

    concept: str
    system: str
    code: str
    descendants: bool
    lookalike: bool
    residual: bool


@dataclass(frozen=True, slots=True)
class SiteOrderable:
    """What a site orders for a drug: its own coding, and what a draft order calls it."""

    system: str
    code: str
    display: str
    text: str


@dataclass(frozen=True, slots=True)
class _Book:
    """The codes of one system: answers by code, answers by prefix, prefix lengths from long to short."""

    icd: bool
    codes: Mapping[str, frozenset[str]]
    prefixes: Mapping[str, frozenset[str]]
    lengths: tuple[int, ...]


class CodeIndex:
    """Answers `match(system, code)`; built once from all rows of the table."""

    __slots__ = ("_books",)

    def __init__(self, meanings: Iterable[CodeMeaning]) -> None:
        by_system: dict[str, list[CodeMeaning]] = defaultdict(list)
        for meaning in meanings:
            by_system[meaning.system].append(meaning)
        books = {system: _bind(system, rows) for system, rows in by_system.items()}
        books.update({oid: books[system] for oid, system in OID_SYSTEMS.items() if system in books})
        self._books = books

    def match(self, system: str, code: str) -> frozenset[str]:
        """The concepts of the code; empty for an unknown code or a system that is not ours (decision 8)."""
        book = self._books.get(system)
        if book is None:
            return _NOTHING
        if book.icd:
            code = _plain_icd(code)
        found = book.codes.get(code)
        if found is not None:
            return found
        for length in book.lengths:
            found = book.prefixes.get(code[:length])
            if found is not None:
                return found
        return _NOTHING


def _plain_icd(code: str) -> str:
    return code.replace(".", "").upper()


def _bind(system: str, rows: list[CodeMeaning]) -> _Book:
    icd = system in _ICD
    exact: dict[str, list[CodeMeaning]] = defaultdict(list)
    prefix: dict[str, list[CodeMeaning]] = defaultdict(list)
    for row in rows:
        (prefix if row.descendants else exact)[_plain_icd(row.code) if icd else row.code].append(row)
    lengths = tuple(sorted({len(code) for code in prefix}, reverse=True))
    return _Book(
        icd=icd,
        codes={code: _answer(code, exact, prefix, lengths) for code in exact},
        prefixes={code: _answer(code, {}, prefix, lengths) for code in prefix},
        lengths=lengths,
    )


def _answer(
    code: str,
    exact: Mapping[str, list[CodeMeaning]],
    prefix: Mapping[str, list[CodeMeaning]],
    lengths: tuple[int, ...],
) -> frozenset[str]:
    """All rows of the code, without those that a more specific row overrules.

    A look-alike row overrules every other concept's prefix row that is not longer (F10.21 over F10.2). A residual
    concept ("some drug of this class") gives way to any row that is more specific than its own.
    """
    # An exact row is more specific than a prefix row of the same length.
    found = [(len(code) + 1, row) for row in exact.get(code, ())]
    for length in lengths:
        if length <= len(code):
            found.extend((length, row) for row in prefix.get(code[:length], ()))
    longest = max(weight for weight, _ in found)
    lookalike = max((weight for weight, row in found if row.lookalike), default=0)
    return frozenset(
        row.concept
        for weight, row in found
        if not (row.descendants and not row.lookalike and weight <= lookalike)
        and not (row.residual and weight < longest)
    )
