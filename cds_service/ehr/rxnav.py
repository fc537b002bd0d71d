"""RxNav's REST interface: what an RxCUI is, by its history status and the ingredients related to it.

Paths and members as public clients use them (resolving-codes.md, step 5); of every answer only what is named here.
"""

from collections.abc import Awaitable, Callable

import msgspec

from fhir_mappings.elements import Coding
from fhir_mappings.looked_up_drugs import DrugCode, LookedUpDrug
from treatment_algorithm.code_index import CODE_FORMS, RXNORM

Fetch = Callable[[str], Awaitable[bytes]]
"""The JSON bytes of a path under the server's base."""


class _Meta(msgspec.Struct):
    status: str | None = None


class _Attributes(msgspec.Struct):
    name: str | None = None


class _Strength(msgspec.Struct, rename="camel"):
    base_rxcui: str | None = None
    base_name: str | None = None


class _DoseForm(msgspec.Struct, rename="camel"):
    dose_form_name: str | None = None


class _Features(msgspec.Struct, rename="camel"):
    ingredient_and_strength: tuple[_Strength, ...] | None = None
    dose_form_concept: tuple[_DoseForm, ...] | None = None


class _Ingredient(msgspec.Struct, rename="camel"):
    ingredient_rxcui: str | None = None
    ingredient_name: str | None = None


class _Remapped(msgspec.Struct, rename="camel"):
    remapped_rx_cui: str | None = None
    remapped_name: str | None = None
    remapped_active: str | None = None


class _Derived(msgspec.Struct, rename="camel"):
    ingredient_concept: tuple[_Ingredient, ...] | None = None
    remapped_concept: tuple[_Remapped, ...] | None = None


class _History(msgspec.Struct, rename="camel"):
    meta_data: _Meta | None = None
    attributes: _Attributes | None = None
    definitional_features: _Features | None = None
    derived_concepts: _Derived | None = None


class _HistoryAnswer(msgspec.Struct, rename="camel"):
    rxcui_status_history: _History | None = None


class _Property(msgspec.Struct):
    rxcui: str | None = None
    name: str | None = None


class _Group(msgspec.Struct, rename="camel"):
    tty: str | None = None
    concept_properties: tuple[_Property, ...] | None = None


class _RelatedGroup(msgspec.Struct, rename="camel"):
    concept_group: tuple[_Group, ...] | None = None


class _RelatedAnswer(msgspec.Struct, rename="camel"):
    related_group: _RelatedGroup | None = None


def rxnav_knows(code: DrugCode) -> bool:
    """Whether this is a code that RxNav can be asked for: an RxCUI."""
    return code[0] == RXNORM and CODE_FORMS[RXNORM].fullmatch(code[1]) is not None


async def ask_rxnav(code: DrugCode, fetch: Fetch) -> LookedUpDrug:
    """What RxNav says of an RxCUI, after its remapping; empty for one that it does not know.

    Raises what `fetch` raises, and msgspec.DecodeError for an answer of another shape.
    """
    rxcui = code[1]
    answer = msgspec.json.decode(await fetch(f"REST/rxcui/{rxcui}/historystatus.json"), type=_HistoryAnswer)
    history = answer.rxcui_status_history or _History()
    status = ((history.meta_data or _Meta()).status or "").lower()
    attributes, features = history.attributes or _Attributes(), history.definitional_features or _Features()
    names = (attributes.name,) if attributes.name else ()
    if status == "remapped":
        remapped = _only_active((history.derived_concepts or _Derived()).remapped_concept or ())
        if remapped is None or remapped.remapped_rx_cui is None or not rxnav_knows((RXNORM, remapped.remapped_rx_cui)):
            return LookedUpDrug()
        rxcui = remapped.remapped_rx_cui
        names = (remapped.remapped_name,) if remapped.remapped_name else ()
    elif ingredients := _ingredients(history):
        forms = tuple(form.dose_form_name for form in features.dose_form_concept or () if form.dose_form_name)
        return LookedUpDrug(ingredients, names, forms)
    elif status in ("", "unknown"):
        return LookedUpDrug()
    related = msgspec.json.decode(await fetch(f"REST/rxcui/{rxcui}/related.json?tty=IN"), type=_RelatedAnswer)
    groups = (related.related_group or _RelatedGroup()).concept_group or ()
    found = (one for group in groups if group.tty == "IN" for one in group.concept_properties or ())
    return LookedUpDrug(tuple(Coding(RXNORM, one.rxcui, one.name) for one in found if one.rxcui), names)


def _only_active(remapped: tuple[_Remapped, ...]) -> _Remapped | None:
    """The concept that took this one's place; None where there are several, because then it is not told which."""
    active = [one for one in remapped if one.remapped_active in ("YES", None)]
    return active[0] if len(active) == 1 else None


def _ingredients(history: _History) -> tuple[Coding, ...]:
    derived = (history.derived_concepts or _Derived()).ingredient_concept or ()
    strengths = (history.definitional_features or _Features()).ingredient_and_strength or ()
    told = [(one.ingredient_rxcui, one.ingredient_name) for one in derived]
    told = told or [(one.base_rxcui, one.base_name) for one in strengths]
    return tuple(Coding(RXNORM, rxcui, name) for rxcui, name in dict.fromkeys(told) if rxcui)
