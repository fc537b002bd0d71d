"""The watch over the log of every test sees what it is there for."""

import logging
from collections.abc import Iterator
from dataclasses import fields

import pytest
from starlette.testclient import TestClient

from cds_service.observability import RequestRecord, build_logger, log_request
from tests.service.ehr import TOKEN, DecideOnce, condition, hook_body, with_access
from tests.support.log_watch import LogWatch, watching

ADDRESS = "/cds-services/calcinosis-patient-view"


@pytest.fixture
def watch(log_watch: LogWatch) -> Iterator[LogWatch]:
    """A watch of its own, so that what it is to find is forgotten by the one over this test."""
    with watching() as own:
        yield own
    log_watch.forget()


def leaky(**values: str) -> RequestRecord:
    assert set(values) <= {field.name for field in fields(RequestRecord)}
    return RequestRecord(**values)


def test_it_finds_a_token_that_the_service_wrote(watch: LogWatch) -> None:
    log_request(build_logger("info"), leaky(error=f"Bearer {TOKEN}"), 500, 1.0)
    assert watch.leaks() == [TOKEN]


def test_it_finds_what_a_test_sent(watch: LogWatch, service: TestClient, decide: DecideOnce) -> None:
    """An exception whose class is named after a text of the chart: the only text of it that is logged."""
    sent = condition("con-4711") | {"note": [{"text": "Sunshine therapy"}]}
    body = hook_body()
    body["prefetch"]["conditions"]["entry"] = [{"resource": sent}]
    decide.failure = type("Sunshine therapy", (Exception,), {})()
    assert service.post(ADDRESS, json=body).status_code == 500
    assert watch.leaks() == ["Sunshine therapy"]


def test_it_finds_what_a_library_logs(watch: LogWatch, service: TestClient) -> None:
    service.post(ADDRESS, json=with_access(hook_body(), access_token="other-token-0815"))
    assert watch.leaks() == []
    logging.getLogger("some.library").warning("sent %s", "other-token-0815")
    assert watch.leaks() == ["other-token-0815"]


def test_it_finds_a_traceback(watch: LogWatch) -> None:
    watch.keep("Traceback (most recent call last):")
    assert watch.leaks()


def test_what_the_service_says_of_itself_is_no_leak(watch: LogWatch, service: TestClient) -> None:
    body = hook_body()
    body["prefetch"]["patient"]["name"] = [{"text": "calcinosis"}, {"text": "patient"}]
    service.post(ADDRESS, json=body)
    assert watch.leaks() == []
