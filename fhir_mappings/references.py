"""FHIR references: relative, absolute and versioned forms reduced to `Type/id`."""

import re

_TYPE_AND_ID = re.compile(
    r"(?:[^#]*/)?([A-Z][A-Za-z]+)/(?!\.+(?:/|$))([A-Za-z0-9._-]{1,128})(?:/_history/[A-Za-z0-9._-]+)?"
)


def type_and_id(reference: str | None) -> str | None:
    """`Type/id` of a literal reference (`Type/id`, `https://base/Type/id`, `.../_history/2`), else None.

    Contained (`#x`), `urn:` and logical references have no `Type/id` (FHIR R4, references); an id of dots alone would
    be another place in a URL.
    """
    if not reference:
        return None
    match = _TYPE_AND_ID.fullmatch(reference.strip())
    return f"{match[1]}/{match[2]}" if match else None


def resource_reference(resource_type: str, resource_id: str | None) -> str:
    """`Type/id`, or the bare type for a resource that came without an id."""
    return f"{resource_type}/{resource_id}" if resource_id else resource_type
