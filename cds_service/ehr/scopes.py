"""SMART scopes: which resource types the request's access token may read, and which a query needs (FHIR-6, FHIR-11)."""

import re
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True, order=True)
class Need:
    """What one query needs: to read, or to search, a resource type."""

    resource_type: str
    search: bool

    @property
    def smart_1(self) -> str:
        """The scope in the spelling of SMART App Launch 1, which knows only `read` for both."""
        return f"patient/{self.resource_type}.read"

    @property
    def smart_2(self) -> str:
        """The smallest scope in the spelling of SMART App Launch 2."""
        return f"patient/{self.resource_type}.{'s' if self.search else 'r'}"


def need_of(query: str) -> Need:
    """What a query relative to the FHIR base needs (`Patient/1`: read, `Condition?patient=1`: search)."""
    path, search, _ = query.partition("?")
    return Need(path.partition("/")[0], bool(search))
