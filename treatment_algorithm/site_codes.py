"""Site codes: a site's own codes and orderables, checked against the concepts (docs/site-file.md)."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from treatment_algorithm.chart_predicates import listed
from treatment_algorithm.code_index import CODE_FORMS, OID_SYSTEMS, SiteOrderable
from treatment_algorithm.concept_table import CodeRow, ConceptKind, ConceptTable

Path = tuple[int | str, ...]
SITE_STATUS = "site"
"""What a CodeRow of a site file has for its status: never taken for a verified code of the product."""

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")


def _uri(value: str) -> str:
    if not _URI.fullmatch(value):
        raise ValueError("a code system is a URI, such as https://hospital.example/drugs or urn:oid:1.2.3")
    return value


def _single_blanks(value: str) -> str:
    # FHIR R4, code: no blanks at the ends, single ones inside.
    if not value or value != " ".join(value.split()):
        raise ValueError("is empty, or has blanks at its ends or several in a row")
    return value


System = Annotated[str, AfterValidator(_uri)]
Code = Annotated[str, AfterValidator(_single_blanks), Field(max_length=100)]
Text = Annotated[str, AfterValidator(_single_blanks), Field(max_length=200)]
Concepts = Annotated[tuple[str, ...], BeforeValidator(listed), Field(min_length=1)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    system: System
    code: Code
    display: Text


class SiteCode(_Entry):
    """A code of the site and what it means: one concept, or several for a combination; `display` is for the reader."""

    concept: Concepts


class SiteOrderableEntry(_Entry):
    """What the site orders for a drug concept; `text` is what the draft order is called."""

    concept: str
    text: Text


@dataclass(frozen=True, slots=True)
class SiteCodes:
    """The codes and orderables of one site file."""

    codes: tuple[SiteCode, ...]
    orderables: tuple[SiteOrderableEntry, ...]


def with_codes(concepts: ConceptTable, site: SiteCodes, file: str) -> ConceptTable:
    """The concepts with the codes and orderables of a site; `file` is named as their source."""
    return concepts.with_codes(_rows(site, file), _orderables(site)) if site.codes or site.orderables else concepts


def _rows(site: SiteCodes, file: str) -> Iterator[tuple[str, CodeRow]]:
    """Every code with its concept; an orderable is recognised as well, for it comes back on orders."""
    seen: set[tuple[str, str, str]] = set()
    entries: tuple[SiteCode | SiteOrderableEntry, ...] = (*site.codes, *site.orderables)
    for entry in entries:
        for concept in _concepts_of(entry):
            identity = (concept, _system(entry), entry.code)
            if identity not in seen:
                seen.add(identity)
                yield concept, CodeRow(_system(entry), entry.code, entry.display, SITE_STATUS, file)


def _orderables(site: SiteCodes) -> dict[str, SiteOrderable]:
    return {one.concept: SiteOrderable(one.system, one.code, one.display, one.text) for one in site.orderables}


def _concepts_of(entry: SiteCode | SiteOrderableEntry) -> tuple[str, ...]:
    return entry.concept if isinstance(entry, SiteCode) else (entry.concept,)


def _system(entry: SiteCode | SiteOrderableEntry) -> str:
    return OID_SYSTEMS.get(entry.system, entry.system)


def code_complaints(site: SiteCodes, concepts: ConceptTable) -> Iterator[tuple[Path, str]]:
    """What is wrong, with the way to it in the file."""
    meanings: dict[tuple[str, str], frozenset[str]] = {}
    for number, code in enumerate(site.codes):
        path = ("codes", number, "code")
        yield from _code_complaints(("codes", number), code, concepts)
        identity = (_system(code), code.code)
        if identity in meanings:
            yield path, f"{code.code} stands here twice"
        meanings[identity] = frozenset(code.concept)
    ordered: set[str] = set()
    for number, orderable in enumerate(site.orderables):
        here = ("orderables", number)
        yield from _code_complaints(here, orderable, concepts)
        if concepts.concepts[orderable.concept].kind is not ConceptKind.MEDICATION:
            yield (*here, "concept"), f"{orderable.concept} is no drug, and only drugs are drafted with an orderable"
        if orderable.concept in ordered:
            yield (*here, "concept"), f"{orderable.concept} has an orderable already"
        ordered.add(orderable.concept)
        other = meanings.setdefault((_system(orderable), orderable.code), frozenset({orderable.concept}))
        if other != {orderable.concept}:
            yield (*here, "code"), f"{orderable.code} means {_named(other)} already"


def _code_complaints(
    here: Path, entry: SiteCode | SiteOrderableEntry, concepts: ConceptTable
) -> Iterator[tuple[Path, str]]:
    for concept in _concepts_of(entry):
        if concept not in concepts.concepts:
            yield (*here, "concept"), f"unknown concept '{concept}'"
    if len(set(_concepts_of(entry))) != len(_concepts_of(entry)):
        yield (*here, "concept"), "a concept stands here twice"
    form = CODE_FORMS.get(_system(entry))
    if form is not None and form.fullmatch(entry.code) is None:
        yield (*here, "code"), f"{entry.code} is no code of {entry.system}"
    # A class ("some drug of it") gives way to the drug; a code that means more than is said here stays as it is.
    known = {one for one in concepts.match(_system(entry), entry.code) if not concepts.concepts[one].residual}
    if known and not known >= set(_concepts_of(entry)):
        yield (*here, "code"), f"{entry.code} means {_named(known)} already"


def _named(concepts: Iterable[str]) -> str:
    return " and ".join(sorted(concepts))
