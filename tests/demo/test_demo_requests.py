"""The demo requests: current, complete, small enough to read."""

import json

import pytest

from demo.build_requests import REQUESTS, as_text, build_requests, chart_files
from tests.demo.demo_cards import EXPECTED
from tests.demo.demo_files import README, REQUEST_FILES, request_bytes

BUILT = dict(build_requests())
# Decision 10.
PREFETCH_KEYS = [
    "patient",
    "conditions",
    "medications",
    "statements",
    "allergies",
    "procedures",
    "observations",
    "referrals",
]
LARGEST = 150_000


def test_the_files_are_those_that_the_charts_and_calls_give() -> None:
    assert sorted(BUILT) == REQUEST_FILES
    stale = [file for file, body in BUILT.items() if (REQUESTS / file).read_text(encoding="utf-8") != as_text(body)]
    assert stale == [], "run: python -m demo.build_requests"


def test_every_patient_is_opened_once() -> None:
    assert {f"patient-view.{name}.json" for name in chart_files()} <= set(REQUEST_FILES)


def test_every_request_has_an_expected_answer() -> None:
    assert set(EXPECTED) == set(REQUEST_FILES)


@pytest.mark.parametrize("file", REQUEST_FILES)
def test_a_request_is_a_plain_body_of_its_hook(file: str) -> None:
    body = json.loads(request_bytes(file))
    hook = file.split(".", maxsplit=1)[0]
    assert list(body) == ["hook", "hookInstance", "context", "prefetch"]
    assert body["hook"] == hook
    assert list(body["prefetch"]) == PREFETCH_KEYS
    assert body["context"]["patientId"] == body["prefetch"]["patient"]["id"]
    assert ("draftOrders" in body["context"]) == (hook != "patient-view")
    assert ("selections" in body["context"]) == (hook == "order-select")
    assert len(request_bytes(file)) <= LARGEST


def test_no_two_requests_share_a_hook_instance() -> None:
    assert len({body["hookInstance"] for body in BUILT.values()}) == len(BUILT)


def test_the_readme_of_the_demonstration_names_every_order() -> None:
    assert [file for file in REQUEST_FILES if not file.startswith("patient-view.") and f"`{file}`" not in README] == []
