"""The exceptions of this package and what they are over HTTP: an OperationOutcome with a stable code (decision 22).

    ServiceError
    |-- BadRequest               400  the body is no request of this hook
    |-- Unauthenticated          401  no client that is trusted here; the answer has no body
    |-- UnknownService           404  no service has this id
    |-- BodyCutShort             400  the client went away before its body was complete; nobody reads the answer
    |-- BodyTooSlow              408  the body did not arrive in time; the connection is closed
    |-- PreconditionFailed       412  required data were not given and could not be read
    |-- BodyTooLarge             413
    |-- UnsupportedMediaType     415
    |-- Overloaded               503  too many requests at once; the client may send it again
    `-- StoreUnavailable         503  the data base did not take the entry; the client may send it again

    StartRefused                      the service does not start with these settings

No message repeats what was sent: texts are constants, or name an element of the request's own specification.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

import msgspec

ERROR_SYSTEM = "urn:calcinosis-cds:error"
_NONE: Mapping[str, str] = MappingProxyType({})
_AGAIN: Mapping[str, str] = MappingProxyType({"Retry-After": "2"})


class ServiceError(Exception):
    """An answer that is no success; `diagnostics` is shown to the client and holds nothing of the request.

    `headers` are those that the answer carries beside the content's own.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal-error"
    issue_type: ClassVar[str] = "exception"
    headers: ClassVar[Mapping[str, str]] = _NONE

    def __init__(self, diagnostics: str) -> None:
        super().__init__(diagnostics)
        self.diagnostics = diagnostics


class BadRequest(ServiceError):
    """The body is not JSON, or not a request that the hook's specification allows (REQ-2..13, CTX-2, FB-6..9)."""

    status = 400
    code = "bad-request"
    issue_type = "structure"


class Unauthenticated(ServiceError):
    """The token of the client is missing or is not trusted (SEC-1, JWT-3..14).

    `reason` is one of this service's own words, for the log; the client is told nothing (JWT-16).
    """

    status = 401
    code = "unauthenticated"
    issue_type = "login"

    def __init__(self, reason: str) -> None:
        super().__init__("")
        self.reason = reason


class BodyCutShort(ServiceError):
    """The client closed the connection before its body was complete."""

    status = 400
    code = "body-cut-short"
    issue_type = "incomplete"


class BodyTooSlow(ServiceError):
    """The whole body did not arrive within CDS_BODY_SECONDS."""

    status = 408
    code = "body-too-slow"
    issue_type = "timeout"
    headers = MappingProxyType({"Connection": "close"})


class UnknownService(ServiceError):
    """No service of discovery has this id (REQ-15, FB-11)."""

    status = 404
    code = "unknown-service"
    issue_type = "not-found"


class PreconditionFailed(ServiceError):
    """Required data could not be obtained (DATA-1, decision 11); `prefetch_key` says which."""

    status = 412
    code = "prefetch-missing"
    issue_type = "incomplete"

    def __init__(self, prefetch_key: str, diagnostics: str) -> None:
        super().__init__(diagnostics)
        self.prefetch_key = prefetch_key


class BodyTooLarge(ServiceError):
    """The body is longer than the cap of 12 MB."""

    status = 413
    code = "body-too-large"
    issue_type = "too-long"


class UnsupportedMediaType(ServiceError):
    """The body is not declared as JSON (REQ-12)."""

    status = 415
    code = "unsupported-media-type"
    issue_type = "not-supported"


class Overloaded(ServiceError):
    """CDS_MAX_IN_FLIGHT requests are being answered already (reliability.md 1.7)."""

    status = 503
    code = "overloaded"
    issue_type = "throttled"
    headers = _AGAIN


class StoreUnavailable(ServiceError):
    """The data base is locked, full or away (reliability.md 2)."""

    status = 503
    code = "store-unavailable"
    issue_type = "transient"
    headers = _AGAIN


class StartRefused(Exception):
    """The service does not start with these settings; the message is a plain sentence for the operator."""


_BY_STATUS = {
    404: ("not-found", "not-found", "There is nothing at this address."),
    405: ("method-not-allowed", "not-supported", "This address does not take this method."),
}


def operation_outcome(issue_type: str, code: str, diagnostics: str) -> bytes:
    """An OperationOutcome with one error issue, as JSON bytes (ERR-2).

    `issue_type` is a code of FHIR's issue-type; `code` is the stable one of this service.
    """
    issue = {
        "severity": "error",
        "code": issue_type,
        "details": {"coding": [{"system": ERROR_SYSTEM, "code": code}]},
        "diagnostics": diagnostics,
    }
    return msgspec.json.encode({"resourceType": "OperationOutcome", "issue": [issue]})


def error_body(error: ServiceError) -> bytes:
    """The OperationOutcome of a ServiceError."""
    return operation_outcome(error.issue_type, error.code, error.diagnostics)


def status_body(status: int) -> bytes:
    """The OperationOutcome of a status that the framework itself answers with."""
    code, issue_type, diagnostics = _BY_STATUS.get(
        status, ("request-refused", "processing", "The request was refused.")
    )
    return operation_outcome(issue_type, code, diagnostics)


def unexpected_body() -> bytes:
    """The OperationOutcome of an unexpected exception: no text of it (ERR-3)."""
    return operation_outcome("exception", "internal-error", "The request could not be evaluated.")
