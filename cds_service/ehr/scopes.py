"""SMART scopes: which resource types the request's access token may read (FHIR-6, FHIR-11)."""

import re

# SMART 1 `patient/Condition.read`, SMART 2 `user/Condition.rs?category=...`.
_SCOPE = re.compile(r"(?:patient|user|system)/([A-Za-z]+|\*)\.(read|write|\*|[cruds]+)(?:\?.*)?")


def may_read(scope: str | None, resource_type: str, search: bool) -> bool:
    """Whether `scope` (space-separated, None when not given) lets a token read, or search, this type.

    A scope with a `?` limits what comes back and still counts as granted.
    """
    if scope is None:
        return True
    needed = "s" if search else "r"
    for word in scope.split():
        match = _SCOPE.fullmatch(word)
        if match is None or match[1] not in (resource_type, "*"):
            continue
        rights = match[2]
        if rights in ("read", "*") or (rights != "write" and needed in rights):
            return True
    return False
