"""What a decoded request does not give away (FHIR-7); the rest is tested over HTTP."""

import json
import traceback

import pytest

from cds_service.errors import BadRequest
from cds_service.hook_request import decode

BODY = {
    "hook": "patient-view",
    "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
    "context": {"userId": "Practitioner/1", "patientId": "pat-1"},
    "fhirServer": "https://ehr.example.org/fhir",
    "fhirAuthorization": {
        "access_token": "opaque-4711",
        "token_type": "bearer",
        "expires_in": 300,
        "scope": "user/*.*",
    },
}


@pytest.mark.checklist("FHIR-7")
def test_the_token_shows_itself_in_no_text() -> None:
    request = decode(json.dumps(BODY).encode())
    assert request.fhir_authorization is not None
    assert request.fhir_authorization.access_token.reveal() == "opaque-4711"
    assert "opaque-4711" not in f"{request!r} {request} {request.fhir_authorization}"


@pytest.mark.checklist("FHIR-7")
def test_the_token_is_in_no_traceback_of_a_refused_request() -> None:
    body = BODY | {"fhirAuthorization": {"access_token": "opaque 4711"}}
    with pytest.raises(BadRequest) as caught:
        decode(json.dumps(body).encode())
    assert "4711" not in "".join(traceback.format_exception(caught.value))


def test_null_members_count_as_left_out() -> None:
    """GEN-2 forbids them; clients send them."""
    nulls = {"fhirServer": None, "fhirAuthorization": None, "prefetch": None, "extension": None}
    request = decode(json.dumps(BODY | nulls).encode())
    assert (request.fhir_server, request.fhir_authorization, dict(request.prefetch)) == (None, None, {})
