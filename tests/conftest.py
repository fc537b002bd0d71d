"""Fixtures that every test may ask for: the shipped knowledge, and the service as an EHR sees it; sockets are off."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pytest_socket import disable_socket

from tests.support.log_watch import LogWatch, watching

# The product is imported where a fixture builds it: a test of one module does not load the whole service.
if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from treatment_algorithm.knowledge_base import KnowledgeBase

PUBLIC_BASE_URL = "https://cds.example.org"


def pytest_runtest_setup() -> None:
    """No test reaches the network; an event loop needs its own socket pair, which is a unix socket."""
    disable_socket(allow_unix_socket=True)


@pytest.fixture(scope="session")
def log_watch() -> Iterator[LogWatch]:
    """Everything that the service writes to its log during the run."""
    with watching() as watch:
        yield watch


@pytest.fixture(autouse=True)
def nothing_secret_is_logged(log_watch: LogWatch) -> Iterator[None]:
    """No test passes after which a token or a text of a chart that it sent stands in the log (G9, FHIR-7)."""
    yield
    leaks = log_watch.leaks()
    log_watch.forget()
    assert leaks == [], "this stands in the log of the service"


@pytest.fixture(scope="session")
def today() -> date:
    """The day on which every story and every worked card happens."""
    return date(2026, 11, 22)


@pytest.fixture(scope="session")
def knowledge() -> "KnowledgeBase":
    """The knowledge as it is shipped."""
    from treatment_algorithm.knowledge_base import knowledge_folder, load_knowledge

    return load_knowledge(knowledge_folder())


@pytest.fixture(scope="session")
def client(tmp_path_factory: pytest.TempPathFactory, today: date, knowledge: "KnowledgeBase") -> "Iterator[TestClient]":
    """The whole service in this process: development settings, a database of its own, the clock at `today`."""
    from starlette.testclient import TestClient

    from cds_service.app import create_app
    from cds_service.settings import Settings

    data: Path = tmp_path_factory.mktemp("service")
    settings = Settings(
        _env_file=None,
        environment="development",
        public_base_url=PUBLIC_BASE_URL,
        database_url=f"sqlite:///{data / 'test.sqlite3'}",
    )
    app = create_app(settings, clock=lambda: today, knowledge=knowledge)
    with TestClient(app, base_url=PUBLIC_BASE_URL) as service:
        yield service
