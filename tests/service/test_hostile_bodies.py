"""Bodies that are no request: 4xx as OperationOutcome, no echo, and the service lives on (REQ-2..19, ERR-1..5)."""

import gzip
import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.service.ehr import TOKEN, DecideOnce, complete_prefetch, diagnostics, hook_body, patient, with_access

ADDRESS = "/cds-services/calcinosis-patient-view"
MARK = "zebra-7741"
HEAD = b'{"hook":"patient-view","hookInstance":"d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",'
CONTEXT = b'"context":{"userId":"Practitioner/1","patientId":"p"}'
RAW_BODIES = {
    "empty": b"",
    "array": b"[]",
    "scalar": b"7",
    "null": b"null",
    "text": b'"zebra-7741"',
    "cut": HEAD + CONTEXT,
    "trailing": HEAD + CONTEXT + b"} zebra-7741",
    "comma": HEAD + CONTEXT + b",}",
    "comment": HEAD + b"/* zebra-7741 */" + CONTEXT + b"}",
    "nan": HEAD + CONTEXT + b',"prefetch":{"patient":NaN}}',
    "infinity": HEAD + CONTEXT + b',"x":Infinity}',
    "latin-1": HEAD + CONTEXT + b',"x":"zebra-7741 \xe9"}',
    "utf-16": json.dumps(hook_body()).encode("utf-16"),
    "bom": b"\xef\xbb\xbf" + json.dumps(hook_body()).encode(),
    "lone surrogate": HEAD + CONTEXT + b',"x":"\\ud800 zebra-7741"}',
    "key twice": HEAD + b'"hook":"order-select",' + CONTEXT + b"}",
    "key twice in context": HEAD + b'"context":{"userId":"P/1","patientId":"p","patientId":"zebra-7741"}}',
    "key twice, once escaped": HEAD + b'"\\u0068ook":"order-sign",' + CONTEXT + b"}",
    "key twice in prefetch": HEAD + CONTEXT + b',"prefetch":{"patient":null,"patient":null}}',
    "key twice in fhirAuthorization": HEAD + CONTEXT + b',"fhirAuthorization":{"access_token":"a","access_token":"b"}}',
    "endless number": HEAD + CONTEXT + b',"fhirAuthorization":{"access_token":"a","expires_in":' + b"9" * 5_000 + b"}}",
    "number out of range": HEAD + CONTEXT + b',"fhirAuthorization":{"access_token":"a","expires_in":1e999}}',
    "deep": HEAD + CONTEXT + b',"x":' + b"[" * 201 + b"]" * 201 + b"}",
    "very deep": HEAD + CONTEXT + b',"prefetch":{"patient":' + b'{"a":' * 20_000 + b"1" + b"}" * 20_000 + b"}}",
    "deep and cut": b"[" * 100_000,
    "nul": b"\x00" * 10,
}


def post(service: TestClient, content: bytes, content_type: str = "application/json", address: str = ADDRESS) -> Any:
    return service.post(address, content=content, headers={"Content-Type": content_type})


@pytest.mark.checklist("REQ-10", "REQ-11", "REQ-14", "GEN-6")
@pytest.mark.parametrize("name", RAW_BODIES)
@pytest.mark.parametrize("address", [ADDRESS, "/api/evaluate", f"{ADDRESS}/feedback"])
def test_a_body_that_is_no_strict_json_object_is_400(
    service: TestClient, decide: DecideOnce, address: str, name: str
) -> None:
    """REQ-10, REQ-11, REQ-14, GEN-6."""
    answer = post(service, RAW_BODIES[name], address=address)
    assert answer.status_code == 400
    diagnostics(answer)
    assert MARK not in answer.text
    assert decide.requests == []


def test_200_levels_are_read(service: TestClient) -> None:
    """Decision 22: the cap is 200, the object itself is one."""
    content = HEAD + CONTEXT.replace(b'"p"', b'"pat-1"') + b',"x":' + b"[" * 199 + b"]" * 199
    prefetch = json.dumps(hook_body()["prefetch"]).encode()
    assert post(service, content + b',"prefetch":' + prefetch + b"}").status_code == 200


@pytest.mark.checklist("REQ-14")
def test_13_megabytes_are_413(service: TestClient) -> None:
    """Decision 22: 12 MB; told by its length or not."""
    huge = b" " * (13 * 1024 * 1024)
    assert post(service, huge).status_code == 413
    chunks = (huge[: 1024 * 1024] for _ in range(13))
    answer = service.post(ADDRESS, content=chunks, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    diagnostics(answer)


def test_a_key_twice_inside_a_resource_is_read_as_other_programs_read_it(
    service: TestClient, decide: DecideOnce
) -> None:
    """The last one counts (docs/decisions/0011)."""
    body = json.dumps(hook_body()).encode()
    right, wrong = b'"birthDate": "2010-03-01"', b'"birthDate": "1900-01-01"'
    for written in (right, wrong + b", " + right, right + b", " + wrong):
        assert post(service, body.replace(right, written)).status_code == 200
    once, last_right, last_wrong = decide.charts
    assert once == last_right != last_wrong


@pytest.mark.parametrize("number", [b"9" * 5_000, b"1e999", b"-1E+400", b"123456789012345678901234567890"])
def test_a_number_that_no_program_can_hold_costs_only_what_holds_it(service: TestClient, number: bytes) -> None:
    """Where nobody reads it, it is passed over; in a chart it is one entry that cannot be read (decision 6)."""
    body = json.dumps(hook_body(note=0)).encode()
    assert post(service, body.replace(b'"note": 0', b'"note": ' + number)).status_code == 200


@pytest.mark.checklist("REQ-12")
@pytest.mark.parametrize(
    "content_type", ["text/plain", "", "multipart/form-data", "application/xml", "application/json; charset=latin-1"]
)
def test_other_content_types_are_415(service: TestClient, content_type: str) -> None:
    """REQ-12."""
    answer = post(service, json.dumps(hook_body()).encode(), content_type)
    assert answer.status_code == 415
    diagnostics(answer)


def test_an_encoded_body_is_415(service: TestClient) -> None:
    """No decompression, so no decompression bomb."""
    bomb = gzip.compress(b" " * (64 * 1024 * 1024))
    for encodings in (["gzip"], ["identity", "gzip"], ["br"], ["GZIP, identity"]):
        headers = [("Content-Type", "application/json"), *(("Content-Encoding", name) for name in encodings)]
        answer = service.post(ADDRESS, content=bomb, headers=headers)
        assert answer.status_code == 415
        diagnostics(answer)


WRONG = [
    ("hook", None), ("hook", 1), ("hook", ""), ("hook", {}),
    ("hookInstance", None), ("hookInstance", 7), ("hookInstance", " "), ("hookInstance", "x" * 300),
    ("hookInstance", "a\nb"),
    ("context", None), ("context", []), ("context", "text"),
    ("fhirServer", 5), ("fhirServer", "ftp://ehr.example.org"), ("fhirServer", "file:///etc/passwd"),
    ("fhirAuthorization", []), ("fhirAuthorization", {}), ("fhirAuthorization", {"access_token": 4}),
    ("fhirAuthorization", {"access_token": "a\r\nX-Header: b"}), ("fhirAuthorization", {"access_token": "a b"}),
    ("fhirAuthorization", {"access_token": "t", "token_type": "MAC"}),
    ("fhirAuthorization", {"access_token": "t", "expires_in": "soon"}),
    ("fhirAuthorization", {"access_token": "t", "scope": ["patient/*.read"]}),
]  # fmt: skip


@pytest.mark.checklist("REQ-2", "REQ-4", "REQ-6", "REQ-13", "ERR-2")
@pytest.mark.parametrize(("member", "value"), WRONG)
def test_a_missing_or_wrong_member_is_400_and_named(service: TestClient, member: str, value: Any) -> None:
    """REQ-2, 4, 6, 13; ERR-2."""
    answer = service.post(ADDRESS, json=hook_body(**{member: value}))
    assert answer.status_code == 400
    assert member in diagnostics(answer)


WRONG_CONTEXT = [
    ("patientId", None), ("patientId", 3), ("patientId", ""), ("patientId", "../Patient"), ("patientId", ".."),
    ("patientId", "a/b"), ("patientId", "a?b=c"), ("patientId", "a%2fb"), ("patientId", "x" * 129),
    ("userId", None), ("userId", []),
    ("encounterId", {}),
    ("selections", None), ("selections", "MedicationRequest/1"), ("selections", [1]),
    ("draftOrders", None), ("draftOrders", []), ("draftOrders", "text"),
]  # fmt: skip


@pytest.mark.checklist("CTX-2")
@pytest.mark.parametrize(("member", "value"), WRONG_CONTEXT)
def test_a_missing_or_wrong_context_field_is_400_and_named(service: TestClient, member: str, value: Any) -> None:
    """CTX-2, CTX-4; the id could otherwise leave its place in a URL."""
    body = hook_body("order-select")
    body["context"][member] = value
    if value is None:
        del body["context"][member]
    answer = service.post("/cds-services/calcinosis-order-select", json=body)
    assert answer.status_code == 400
    assert member in diagnostics(answer)


@pytest.mark.checklist("REQ-3")
def test_a_hook_of_another_service_is_400(service: TestClient) -> None:
    """REQ-3."""
    answer = service.post(ADDRESS, json=hook_body("order-sign"))
    assert answer.status_code == 400
    diagnostics(answer)


@pytest.mark.checklist("REQ-5")
def test_a_hook_instance_that_is_no_uuid_is_tolerated(service: TestClient) -> None:
    """REQ-5."""
    assert service.post(ADDRESS, json=hook_body(hookInstance="call 12")).status_code == 200


@pytest.mark.checklist("REQ-15", "REQ-16", "ERR-1")
def test_unknown_addresses_and_methods(service: TestClient) -> None:
    """REQ-15, REQ-16, ERR-1."""
    unknown = service.post("/cds-services/other", json=hook_body())
    wrong_method = service.get(ADDRESS)
    nowhere = service.get("/nothing/here")
    assert [answer.status_code for answer in (unknown, wrong_method, nowhere)] == [404, 405, 404]
    assert wrong_method.headers["allow"] == "POST"
    for answer in (unknown, wrong_method, nowhere):
        diagnostics(answer)


@pytest.mark.checklist("ERR-4")
def test_no_error_repeats_the_token_or_the_chart(service: TestClient) -> None:
    """ERR-3, ERR-4: whatever is wrong, nothing of the request comes back."""
    bodies = [
        with_access(hook_body()) | {"hook": MARK},
        with_access(hook_body()) | {"context": {"patientId": MARK}},
        with_access(hook_body()) | {"prefetch": complete_prefetch() | {"patient": patient(MARK)}},
        with_access(hook_body(), access_token=f"{TOKEN} {MARK}"),
        with_access(hook_body(), server=f"ftp://{MARK}"),
    ]
    for body in bodies:
        answer = service.post(ADDRESS, json=body)
        assert 400 <= answer.status_code < 500
        assert MARK not in answer.text
        assert TOKEN not in answer.text


@pytest.mark.checklist("ERR-3")
def test_an_unexpected_failure_is_500_without_its_text(service: TestClient, decide: DecideOnce) -> None:
    """Decision 11: never an empty list of cards; ERR-3: no text, no trace."""
    decide.failure = RuntimeError(MARK)
    answer = service.post(ADDRESS, json=hook_body())
    assert answer.status_code == 500
    diagnostics(answer)
    assert MARK not in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.checklist("REQ-19")
def test_the_service_is_alive_after_all_that(service: TestClient) -> None:
    """REQ-19."""
    before = service.post(ADDRESS, json=hook_body()).content
    for content in RAW_BODIES.values():
        post(service, content)
    assert service.post(ADDRESS, json=hook_body()).content == before
