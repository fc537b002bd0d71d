"""CodeSystem/$lookup of a FHIR R4 terminology server: what a drug code is, by its ingredients and names."""

from collections.abc import Iterator
from urllib.parse import quote

import msgspec

from cds_service.ehr.rxnav import Fetch
from fhir_mappings.elements import Coding
from fhir_mappings.looked_up_drugs import DrugCode, LookedUpDrug

# Names of properties vary by server (resolving-codes.md, step 6); this is RxNorm's name for the relation.
_INGREDIENT = "has_ingredient"


class _Part(msgspec.Struct, rename="camel"):
    name: str | None = None
    value_string: str | None = None
    value_code: str | None = None
    value_coding: Coding | None = None
    part: tuple["_Part", ...] = ()


class _Parameters(msgspec.Struct, rename="camel", tag_field="resourceType", tag="Parameters"):
    parameter: tuple[_Part, ...] = ()


async def ask_fhir(code: DrugCode, fetch: Fetch) -> LookedUpDrug:
    """What `$lookup` says of a code: its ingredients where the server names them, display and designations.

    Raises what `fetch` raises, and msgspec.DecodeError for an answer that is no Parameters resource.
    """
    system, value = (quote(one, safe="") for one in code)
    properties = "".join(f"&property={name}" for name in (_INGREDIENT, "display", "designation"))
    body = await fetch(f"CodeSystem/$lookup?system={system}&code={value}{properties}")
    parameters = msgspec.json.decode(body, type=_Parameters).parameter
    return LookedUpDrug(
        ingredients=tuple(
            ingredient for one in parameters if one.name == "property" for ingredient in _ingredient(one, code[0])
        ),
        names=tuple(dict.fromkeys(_names(parameters))),
    )


def _ingredient(found: _Part, system: str) -> Iterator[Coding]:
    parts = {part.name: part for part in found.part}
    what, value = parts.get("code", _Part()), parts.get("value", _Part())
    if (what.value_code or what.value_string) != _INGREDIENT:
        return
    described = parts.get("description", _Part()).value_string
    if value.value_coding is not None:
        coding = value.value_coding
        yield Coding(coding.system or system, coding.code, coding.display or described)
    elif value.value_code is not None:
        yield Coding(system, value.value_code, described)
    else:
        yield Coding(display=value.value_string or described)


def _names(parameters: tuple[_Part, ...]) -> Iterator[str]:
    for one in parameters:
        if one.name == "display" and one.value_string:
            yield one.value_string
        if one.name == "designation":
            yield from (part.value_string for part in one.part if part.name == "value" and part.value_string)
