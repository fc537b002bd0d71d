"""Card feedback of CDS Hooks 2.0.1: checked, fields picked, stored exactly once (FB-1..13, decision 25)."""

import hashlib
from collections.abc import Sequence
from datetime import UTC
from typing import Annotated, Any, Literal

import msgspec
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictStr,
    ValidationError,
    model_validator,
)

from cds_service.errors import BadRequest
from cds_service.json_body import NotStrictJson, check_json, read_whole
from cds_service.records.storage import Store, feedback_table

_ENTRY_CAP = 1000


def _one_line(value: str) -> str:
    if not value.isprintable():
        raise ValueError("holds control characters")
    return value


def _text(value: object) -> object:
    # A number would be read as seconds since 1970; the specification has RFC 3339 text only.
    if not isinstance(value, str):
        raise ValueError("is no text")
    return value


def _without_nul(value: str) -> str:
    return value.replace("\x00", "")


_NO_CONTROLS = {"pattern": r"^[^\u0000-\u001f\u007f]+$"}
Identifier = Annotated[
    StrictStr, Field(min_length=1, max_length=255, json_schema_extra=_NO_CONTROLS), AfterValidator(_one_line)
]
Comment = Annotated[StrictStr, Field(max_length=10_000), AfterValidator(_without_nul)]
Timestamp = Annotated[AwareDatetime, BeforeValidator(_text)]


class _Picked(BaseModel):
    """Only the members named are taken over (reliability.md 1.6, API3)."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class AcceptedSuggestion(_Picked):
    """One suggestion that was accepted; some clients leave out the id."""

    id: Identifier | None = None


class ReasonCoding(_Picked):
    """The coding of an override reason (FB-4)."""

    code: Identifier | None = None
    system: Identifier | None = None


class OverrideReason(_Picked):
    """Why a card was overridden; `userComment` is free text of a clinician and counts as patient data (FB-13)."""

    reason: ReasonCoding | None = None
    userComment: Comment | None = None  # noqa: N815  the wire's name


# What `_accepted_names_suggestions` checks, for readers of the API description.
_ACCEPTED_NAMES_SUGGESTIONS: dict[str, Any] = {
    "if": {"properties": {"outcome": {"const": "accepted"}}, "required": ["outcome"]},
    "then": {"properties": {"acceptedSuggestions": {"minItems": 1}}, "required": ["acceptedSuggestions"]},
}


class FeedbackEntry(_Picked):
    """One outcome of one card."""

    model_config = ConfigDict(json_schema_extra=_ACCEPTED_NAMES_SUGGESTIONS)

    card: Identifier
    outcome: Literal["accepted", "overridden"]
    outcomeTimestamp: Timestamp  # noqa: N815
    acceptedSuggestions: Annotated[tuple[AcceptedSuggestion, ...], Field(max_length=100)] = ()  # noqa: N815
    overrideReason: OverrideReason | None = None  # noqa: N815

    @model_validator(mode="after")
    def _accepted_names_suggestions(self) -> "FeedbackEntry":
        if self.outcome == "accepted" and not self.acceptedSuggestions:
            raise ValueError("accepted without acceptedSuggestions")
        return self


class Feedback(_Picked):
    """The body of a feedback POST (FB-2)."""

    feedback: Annotated[tuple[FeedbackEntry, ...], Field(min_length=1, max_length=_ENTRY_CAP)]


def decode_feedback(body: bytes) -> tuple[FeedbackEntry, ...]:
    """The entries of `body`; raises BadRequest, which names the first wrong element and repeats no value (FB-6..9)."""
    try:
        check_json(body)
        return Feedback.model_validate(read_whole(body)).feedback
    except NotStrictJson as error:
        raise BadRequest(str(error)) from None
    except ValidationError as error:
        place = ".".join(str(step) for step in error.errors(include_input=False, include_url=False)[0]["loc"])
        raise BadRequest(f"{place or 'The body'} is missing or cannot be used.") from None


async def store_feedback(store: Store, service_id: str, client: str | None, entries: Sequence[FeedbackEntry]) -> None:
    """Store all entries or none; an entry that is stored already is not stored again (FB-5).

    `client`: the name of the trusted client that sent them, None where nobody is asked.
    Returns after the commit; raises StoreUnavailable.
    """
    await store.insert_once(feedback_table, [_row(service_id, client, entry) for entry in entries])


def _row(service_id: str, client: str | None, entry: FeedbackEntry) -> dict[str, Any]:
    accepted = entry.acceptedSuggestions if entry.outcome == "accepted" else ()
    suggestions = sorted({suggestion.id for suggestion in accepted if suggestion.id is not None})
    timestamp = entry.outcomeTimestamp.astimezone(UTC).isoformat()
    override = entry.overrideReason if entry.outcome == "overridden" else None
    reason = override.reason if override else None
    parts = [client, service_id, entry.card, entry.outcome, timestamp, suggestions]
    return {
        "entry_key": hashlib.sha256(msgspec.json.encode(parts)).hexdigest(),
        "client": client,
        "service": service_id,
        "card": entry.card,
        "outcome": entry.outcome,
        "outcome_timestamp": timestamp,
        "accepted_suggestions": suggestions,
        "override_reason_code": reason.code if reason else None,
        "override_reason_system": reason.system if reason else None,
        "user_comment": override.userComment if override else None,
    }
