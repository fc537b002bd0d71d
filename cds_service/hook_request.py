"""HookRequest: what a CDS Client sends when a hook fires, decoded from bytes (CDS Hooks 2.0, HTTP Request)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeVar

import msgspec

from cds_service.errors import BadRequest
from cds_service.json_body import NotStrictJson, check_json, read_object

PATIENT_VIEW, ORDER_SELECT, ORDER_SIGN = "patient-view", "order-select", "order-sign"
LONGEST_ID, LONGEST_URL, LONGEST_TOKEN = 255, 2048, 65536
# A FHIR id, and `_` and `~`, which some servers use; anything else could leave its place in a URL.
PATIENT_ID = re.compile(r"(?!\.+$)[A-Za-z0-9._~-]{1,128}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f]")
_Value = TypeVar("_Value")


class AccessToken:
    """A bearer token that shows itself in no text: only `reveal()` gives it (FHIR-7)."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The token itself, for the Authorization header and nothing else."""
        return self._value

    def __repr__(self) -> str:
        return "AccessToken(hidden)"


@dataclass(frozen=True, slots=True)
class FhirAuthorization:
    """The request's FHIR access (FHIR-6); `expires_in` in seconds, None when not given."""

    access_token: AccessToken
    scope: str | None = None
    expires_in: float | None = None


@dataclass(frozen=True, slots=True)
class HookContext:
    """The context of the three hooks; `selections` is None where the hook has none (decision 36)."""

    patient_id: str
    user_id: str
    encounter_id: str | None = None
    selections: frozenset[str] | None = None
    draft_orders: msgspec.Raw | None = None


@dataclass(frozen=True, slots=True)
class HookRequest:
    """One call of a CDS Client; `prefetch` holds each key's JSON untouched (`null` included)."""

    hook: str
    hook_instance: str
    context: HookContext
    prefetch: Mapping[str, msgspec.Raw] = field(default_factory=lambda: MappingProxyType({}))
    fhir_server: str | None = None
    fhir_authorization: FhirAuthorization | None = None


def decode(body: bytes) -> HookRequest:
    """The request that `body` (JSON bytes) holds; unknown members and `extension` are ignored (REQ-8).

    Raises BadRequest when it is not strict JSON, a REQUIRED element is missing or an element has the wrong type;
    the message names the element and repeats nothing of the body (ERR-4).
    """
    try:
        check_json(body)
        members = _Members("", read_object(body))
        hook = members.text("hook")
        return HookRequest(
            hook=hook,
            hook_instance=members.text("hookInstance"),
            context=_context(hook, members.object("context")),
            prefetch=_prefetch(members),
            fhir_server=_fhir_server(members),
            fhir_authorization=_fhir_authorization(members),
        )
    except NotStrictJson as error:
        raise BadRequest(str(error)) from None


def _context(hook: str, members: "_Members") -> HookContext:
    patient_id = members.text("patientId")
    if not PATIENT_ID.fullmatch(patient_id):
        raise BadRequest("context.patientId is no id of a FHIR resource.")
    orders = hook in (ORDER_SELECT, ORDER_SIGN)
    return HookContext(
        patient_id=patient_id,
        user_id=members.text("userId"),
        encounter_id=members.optional_text("encounterId"),
        selections=frozenset(members.typed("selections", list[str])) if hook == ORDER_SELECT else None,
        draft_orders=members.raw_object("draftOrders") if orders else None,
    )


def _prefetch(members: "_Members") -> Mapping[str, msgspec.Raw]:
    return MappingProxyType({}) if members.absent("prefetch") else MappingProxyType(members.object("prefetch").raw)


def _fhir_server(members: "_Members") -> str | None:
    url = members.optional_text("fhirServer", longest=LONGEST_URL)
    if url is not None and not url.lower().startswith(("https://", "http://")):
        raise BadRequest("fhirServer is no http or https URL.")
    return url


def _fhir_authorization(members: "_Members") -> FhirAuthorization | None:
    """The access data; an authorization without its server gives no access and no error (REQ-7)."""
    if members.absent("fhirAuthorization"):
        return None
    access = members.object("fhirAuthorization")
    token = access.text("access_token", longest=LONGEST_TOKEN)
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise BadRequest("fhirAuthorization.access_token is no bearer token.")
    kind = access.optional_text("token_type")
    if kind is not None and kind.lower() != "bearer":
        raise BadRequest("fhirAuthorization.token_type is not Bearer.")
    expires_in = None if access.absent("expires_in") else access.typed("expires_in", float)
    return FhirAuthorization(AccessToken(token), access.optional_text("scope", longest=LONGEST_TOKEN), expires_in)


class _Members:
    """The members of one object of the request; each getter says which element is wrong."""

    __slots__ = ("_place", "raw")

    def __init__(self, place: str, raw: dict[str, msgspec.Raw]) -> None:
        self._place = place
        self.raw = raw

    def absent(self, name: str) -> bool:
        """Whether the member is missing, or null (which GEN-2 forbids and clients send)."""
        return name not in self.raw or bytes(self.raw[name]) == b"null"

    def typed(self, name: str, kind: type[_Value]) -> _Value:
        """The member as `kind`; BadRequest when it is missing or something else."""
        if self.absent(name):
            raise BadRequest(f"{self._place}{name} is missing.")
        try:
            return msgspec.json.decode(self.raw[name], type=kind)
        except (msgspec.MsgspecError, RecursionError):
            raise BadRequest(f"{self._place}{name} has the wrong type.") from None

    def text(self, name: str, longest: int = LONGEST_ID) -> str:
        """A string that is neither empty nor longer than `longest`, without control characters."""
        value = self.typed(name, str)
        if not value.strip():
            raise BadRequest(f"{self._place}{name} is missing.")
        if len(value) > longest or _CONTROL.search(value):
            raise BadRequest(f"{self._place}{name} cannot be used.")
        return value

    def optional_text(self, name: str, longest: int = LONGEST_ID) -> str | None:
        """As `text`, None when the member is missing."""
        return None if self.absent(name) else self.text(name, longest)

    def raw_object(self, name: str) -> msgspec.Raw:
        """The member left raw; BadRequest when it is missing or no object."""
        if self.absent(name):
            raise BadRequest(f"{self._place}{name} is missing.")
        if bytes(memoryview(self.raw[name])[:1]) != b"{":
            raise BadRequest(f"{self._place}{name} has the wrong type.")
        return self.raw[name]

    def object(self, name: str) -> "_Members":
        """The members of an object member; BadRequest when it is missing, no object, or has a key twice."""
        return _Members(f"{self._place}{name}.", read_object(self.raw_object(name)))
