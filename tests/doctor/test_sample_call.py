"""doctor --patient: each prefetch key with counts and time, or with what is wrong; nothing of the chart."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import respx

from cds_service.doctor.check import Check
from cds_service.doctor.sample_call import sample_call
from cds_service.ehr.allow_list import parse_base_url
from cds_service.settings import Settings
from tests.doctor.reports import BASE, TEMPLATES, levels, run, sentences
from tests.service.ehr import SEARCH_KEYS, TOKEN, bundle, condition, operation_outcome, patient

if TYPE_CHECKING:
    from treatment_algorithm.knowledge_base import KnowledgeBase

SECRET = "Wilhelmina"
PATIENT_ID = "pat-1"


class Sample:
    """The sample call against a played server."""

    def __init__(self, ehr: respx.MockRouter, knowledge: "KnowledgeBase", folder: Path) -> None:
        self.ehr = ehr
        self._knowledge = knowledge
        self._folder = folder
        ehr.get(f"/Patient/{PATIENT_ID}").mock(
            return_value=httpx.Response(200, json=patient() | {"name": [{"text": SECRET}]})
        )
        for kind in SEARCH_KEYS.values():
            self.answer(kind, bundle(condition("c-1")) if kind == "Condition" else bundle())

    def answer(self, kind: str, json: Any = None, status: int = 200) -> None:
        self.ehr.get(f"/{kind}").mock(return_value=httpx.Response(status, json=json))

    def two_pages(self, kind: str, second: httpx.Response) -> None:
        first = httpx.Response(200, json=bundle(condition("c-1"), next_url=f"{BASE}?_getpages=opaque"))
        self.ehr.get(f"/{kind}").mock(return_value=first)
        self.ehr.get("", params={"_getpages": "opaque"}).mock(return_value=second)

    def make(self, token: str | None = TOKEN, **values: Any) -> list[Check]:
        base = parse_base_url(BASE)
        assert base is not None
        settings = Settings(_env_file=None, database_url=f"sqlite:///{self._folder / 'x.sqlite3'}", **values)
        checks = run(sample_call(base, token, PATIENT_ID, TEMPLATES, self._knowledge, settings, date(2026, 11, 22)))
        assert not any(SECRET in check.sentence or TOKEN in check.sentence for check in checks)
        return checks


@pytest.fixture
def sample(ehr: respx.MockRouter, knowledge: "KnowledgeBase", tmp_path: Path) -> Sample:
    return Sample(ehr, knowledge, tmp_path)


def test_all_that_is_obtained_is_counted_and_timed(sample: Sample) -> None:
    checks = sample.make()
    assert set(levels(checks).values()) == {"ok"}
    assert set(TEMPLATES) <= set(levels(checks))
    assert "1 entries on 1 page in" in sentences(checks, "conditions")
    assert "card" in sentences(checks, "sample call")


def test_nothing_is_left_behind(sample: Sample, tmp_path: Path) -> None:
    """A key file made by whoever asks would be unreadable for the service."""
    assert levels(sample.make(hash_key=tmp_path / "not-for-you.key"))["sample call"] == "ok"
    sample.make()
    assert list(tmp_path.iterdir()) == []


def test_the_token_goes_with_every_request_to_the_base(sample: Sample) -> None:
    sample.make()
    assert len(sample.ehr.calls) == len(TEMPLATES)
    assert {made.request.headers["authorization"] for made in sample.ehr.calls} == {f"Bearer {TOKEN}"}


def test_without_a_token_none_is_sent(sample: Sample) -> None:
    sample.make(token=None)
    assert not any("authorization" in made.request.headers for made in sample.ehr.calls)


@pytest.mark.parametrize(
    ("status", "words"),
    [(400, "parameter"), (401, "token is not accepted"), (403, "scope"), (404, "not served"), (503, "server failed")],
)
def test_a_key_that_is_not_obtained_says_why(sample: Sample, status: int, words: str) -> None:
    sample.answer("MedicationStatement", status=status)
    checks = sample.make()
    assert levels(checks)["statements"] == "warn"
    assert f"status {status}" in sentences(checks, "statements")
    assert words in sentences(checks, "statements")
    assert levels(checks)["sample call"] == "ok"


def test_without_conditions_the_service_would_answer_412(sample: Sample) -> None:
    sample.answer("Condition", status=403)
    checks = sample.make()
    assert levels(checks)["conditions"] == levels(checks)["sample call"] == "FAIL"
    assert "412" in sentences(checks, "sample call")


def test_a_server_that_is_too_slow(sample: Sample) -> None:
    async def never(request: httpx.Request) -> httpx.Response:
        import asyncio

        await asyncio.Event().wait()
        raise AssertionError(request.method)

    sample.ehr.get("/Observation").mock(side_effect=never)
    checks = sample.make(deadline_seconds=0.05)
    assert levels(checks)["observations"] == "warn"
    assert "CDS_DEADLINE_SECONDS" in sentences(checks, "observations")


@pytest.mark.parametrize(
    ("error", "words"),
    [(httpx.ConnectError("x"), "no answer"), (httpx.RemoteProtocolError("x"), "no answer")],
)
def test_a_server_that_breaks_off(sample: Sample, error: Exception, words: str) -> None:
    sample.ehr.get("/Procedure").mock(side_effect=error)
    assert words in sentences(sample.make(), "procedures")


def test_a_page_that_is_no_json(sample: Sample) -> None:
    sample.ehr.get("/Procedure").mock(return_value=httpx.Response(200, html=SECRET))
    assert "no JSON" in sentences(sample.make(), "procedures")


def test_further_pages_are_counted(sample: Sample) -> None:
    sample.two_pages("Condition", httpx.Response(200, json=bundle(condition("c-2"))))
    assert "2 entries on 2 pages" in sentences(sample.make(), "conditions")


def test_a_next_page_that_leads_away_is_not_followed_and_said(sample: Sample) -> None:
    sample.answer("Condition", bundle(condition("c-1"), next_url="https://elsewhere.example.org/fhir/Condition?page=2"))
    checks = sample.make()
    assert levels(checks)["conditions"] == "warn"
    assert "Cut short" in sentences(checks, "conditions")


def test_a_next_page_that_fails_is_said(sample: Sample) -> None:
    sample.two_pages("Condition", httpx.Response(500))
    checks = sample.make()
    assert levels(checks)["conditions"] == "warn"
    assert "status 500" in sentences(checks, "conditions")


def test_an_entry_that_cannot_be_read_is_counted(sample: Sample) -> None:
    sample.answer("Condition", bundle(condition("c-1"), condition("c-2") | {"code": SECRET}))
    checks = sample.make()
    assert levels(checks)["conditions"] == "warn"
    assert "1 of them could not be read" in sentences(checks, "conditions")


def test_an_operation_outcome_in_place_of_data(sample: Sample) -> None:
    sample.answer("AllergyIntolerance", operation_outcome())
    checks = sample.make()
    assert levels(checks)["allergies"] == "warn"
    assert "OperationOutcome" in sentences(checks, "allergies")


def test_a_patient_of_whom_nothing_is_found_proves_nothing(sample: Sample) -> None:
    """A server that ignores an unknown parameter or type answers with an empty Bundle."""
    sample.answer("Condition", bundle())
    assert levels(sample.make())["sample patient"] == "warn"


def test_an_id_that_is_none_is_refused(ehr: respx.MockRouter, knowledge: "KnowledgeBase") -> None:
    base = parse_base_url(BASE)
    assert base is not None
    settings = Settings(_env_file=None)
    checks = run(sample_call(base, None, "../x", TEMPLATES, knowledge, settings, date(2026, 11, 22)))
    assert levels(checks) == {"sample call": "FAIL"}
    assert not ehr.calls
