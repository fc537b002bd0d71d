"""Feedback: what is taken, what is refused, and that it is stored exactly once (checklist FB, decision 25)."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.service.ehr import Json, diagnostics, running_service

ADDRESS = "/cds-services/calcinosis-patient-view/feedback"
CARD = "e8c6345d-69f2-5294-8e2b-404e334066dd"
ACCEPTED: Json = {
    "card": CARD,
    "outcome": "accepted",
    "acceptedSuggestions": [{"id": "3ff4ac56-0a4a-5a3c-a5d5-2b5f3c1f0b11"}],
    "outcomeTimestamp": "2026-11-22T09:34:10.123Z",
}
OVERRIDDEN: Json = {
    "card": CARD,
    "outcome": "overridden",
    "overrideReason": {
        "reason": {
            "code": "indication-order-exists",
            "system": "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes",
        },
        "userComment": "Known to the clinic",
    },
    "outcomeTimestamp": "2026-11-22T09:34:10Z",
}


@pytest.fixture
def stored(tmp_path: Path) -> Callable[[], list[Json]]:
    """Reads the rows as another program would, so that only what is committed counts."""

    def rows() -> list[Json]:
        connection = sqlite3.connect(tmp_path / "test.sqlite3")
        connection.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in connection.execute("SELECT * FROM feedback ORDER BY id")]
        finally:
            connection.close()

    return rows


def post(service: TestClient, *entries: Any) -> Any:
    return service.post(ADDRESS, json={"feedback": list(entries)})


@pytest.mark.checklist("FB-1", "FB-2", "FB-4")
def test_an_accepted_and_an_overridden_card_are_stored(service: TestClient, stored: Callable[[], list[Json]]) -> None:
    """FB-1, FB-2, FB-4; ehr-clients-and-servers.md: 200 with an empty body."""
    answer = post(service, ACCEPTED, OVERRIDDEN)
    assert (answer.status_code, answer.content) == (200, b"")
    accepted, overridden = stored()
    assert accepted["service"] == "calcinosis-patient-view"
    assert (accepted["card"], accepted["outcome"]) == (CARD, "accepted")
    assert accepted["outcome_timestamp"] == "2026-11-22T09:34:10.123000+00:00"
    assert accepted["accepted_suggestions"] == '["3ff4ac56-0a4a-5a3c-a5d5-2b5f3c1f0b11"]'
    assert overridden["override_reason_code"] == "indication-order-exists"
    assert overridden["user_comment"] == "Known to the clinic"


@pytest.mark.checklist("FB-5")
def test_the_same_feedback_twice_is_stored_once(service: TestClient, stored: Callable[[], list[Json]]) -> None:
    """FB-5: in two posts, in one post, and with the same moment written in another zone."""
    elsewhere = OVERRIDDEN | {"outcomeTimestamp": "2026-11-22T10:34:10+01:00"}
    for entries in ([OVERRIDDEN], [OVERRIDDEN], [OVERRIDDEN, OVERRIDDEN], [elsewhere]):
        assert post(service, *entries).status_code == 200
    assert len(stored()) == 1


@pytest.mark.checklist("FB-5")
def test_the_same_card_again_later_is_another_entry(service: TestClient, stored: Callable[[], list[Json]]) -> None:
    """FB-5: a card may be reported more than once."""
    post(service, OVERRIDDEN)
    post(service, OVERRIDDEN | {"outcomeTimestamp": "2026-11-22T09:35:00Z"})
    post(service, ACCEPTED)
    post(service, ACCEPTED | {"acceptedSuggestions": [{"id": "another"}]})
    assert len(stored()) == 4


def test_feedback_outlives_the_process(tmp_path: Path, stored: Callable[[], list[Json]]) -> None:
    """Decision 25: and the migrations run again without harm."""
    for _ in range(2):
        with running_service(tmp_path) as service:
            assert post(service, OVERRIDDEN).status_code == 200
    assert len(stored()) == 1


@pytest.mark.checklist("FB-3", "FB-4")
@pytest.mark.parametrize(
    "reason", [None, {}, {"userComment": "only words"}, {"reason": {"code": "x", "system": "urn:y", "display": "z"}}]
)
def test_an_override_needs_no_complete_reason(service: TestClient, reason: Json | None) -> None:
    """FB-3, FB-4."""
    entry = {name: value for name, value in (OVERRIDDEN | {"overrideReason": reason}).items() if value is not None}
    assert post(service, entry).status_code == 200


@pytest.mark.checklist("FB-10", "REQ-8")
def test_an_unknown_card_and_unknown_members_are_taken(service: TestClient, stored: Callable[[], list[Json]]) -> None:
    """FB-10, REQ-8: fields are picked, what is unknown is not stored."""
    assert post(service, OVERRIDDEN | {"card": "never-shown", "secret": "x"}).status_code == 200
    assert stored()[0]["card"] == "never-shown"
    assert "secret" not in stored()[0]


WRONG_ENTRIES: list[Any] = [
    ACCEPTED | {"outcome": "ignored"},
    ACCEPTED | {"outcome": 1},
    ACCEPTED | {"acceptedSuggestions": []},
    {name: value for name, value in ACCEPTED.items() if name != "acceptedSuggestions"},
    {name: value for name, value in ACCEPTED.items() if name != "card"},
    {name: value for name, value in ACCEPTED.items() if name != "outcomeTimestamp"},
    ACCEPTED | {"card": ""},
    ACCEPTED | {"card": "a\u0000b"},
    ACCEPTED | {"card": "x" * 300},
    ACCEPTED | {"acceptedSuggestions": "text"},
    ACCEPTED | {"outcomeTimestamp": "yesterday zebra-7741"},
    ACCEPTED | {"outcomeTimestamp": "2026-11-22T09:34:10"},
    ACCEPTED | {"outcomeTimestamp": 1795340050},
    OVERRIDDEN | {"overrideReason": "zebra-7741"},
    "text",
    None,
    [],
]


@pytest.mark.checklist("FB-6", "FB-7", "FB-8")
@pytest.mark.parametrize("entry", WRONG_ENTRIES)
def test_a_wrong_entry_refuses_the_whole_post(
    service: TestClient, stored: Callable[[], list[Json]], entry: Any
) -> None:
    """FB-6, FB-7, FB-8; all entries of a POST or none."""
    answer = post(service, OVERRIDDEN, entry)
    assert answer.status_code == 400
    assert "zebra-7741" not in answer.text
    assert "feedback.1" in diagnostics(answer)
    assert stored() == []


@pytest.mark.checklist("FB-9")
@pytest.mark.parametrize("body", [{}, [], {"feedback": {}}, {"feedback": []}, {"feedback": None}, "text", 5])
def test_a_wrong_outer_form_is_400(service: TestClient, body: Any) -> None:
    """FB-9."""
    answer = service.post(ADDRESS, json=body)
    assert answer.status_code == 400
    diagnostics(answer)


@pytest.mark.parametrize(
    ("name", "second"),
    [("card", '"other"'), ("outcome", '"accepted"'), ("userComment", '"other"'), ("code", '"other"'), ("note", "1")],
)
def test_a_key_twice_at_any_level_is_400(
    service: TestClient, stored: Callable[[], list[Json]], name: str, second: str
) -> None:
    """docs/decisions/0011."""
    body = json.dumps({"feedback": [OVERRIDDEN | {"more": [{"note": 0}]}]})
    twice = body.replace(f'"{name}":', f'"{name}": {second}, "{name}":', 1)
    answer = service.post(ADDRESS, content=twice, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert "twice" in diagnostics(answer)
    assert stored() == []


@pytest.mark.parametrize("value", ["9" * 5_000, "NaN", "-Infinity", "1" + "0" * 400 + ".5e999999"])
def test_a_number_that_no_program_can_hold_is_no_failure(service: TestClient, value: str) -> None:
    for body in (f'{{"feedback":[{{"card":{value}}}]}}', f'{{"feedback":{value}}}', f'{{"x":{value}}}'):
        answer = service.post(ADDRESS, content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400
        diagnostics(answer)


@pytest.mark.checklist("FB-11")
def test_an_unknown_service_is_404(service: TestClient) -> None:
    """FB-11."""
    assert service.post("/cds-services/other/feedback", json={"feedback": [OVERRIDDEN]}).status_code == 404


def test_a_store_that_fails_is_503_and_says_when_to_come_back(service: TestClient, tmp_path: Path) -> None:
    """reliability.md 2: hook answers go on; nothing is acknowledged that is not stored."""
    connection = sqlite3.connect(tmp_path / "test.sqlite3")
    connection.execute("DROP TABLE feedback")
    connection.commit()
    connection.close()
    answer = post(service, OVERRIDDEN)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    diagnostics(answer)
    assert service.get("/readyz").status_code == 503
    assert service.get("/livez").status_code == 200
