"""The service on a day of the test's choice."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import PUBLIC_BASE_URL
from tests.demo.demo_files import request_bytes

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from treatment_algorithm.knowledge_base import KnowledgeBase

ServiceOn = Callable[[date], "TestClient"]


@pytest.fixture(scope="session")
def service_on(
    tmp_path_factory: pytest.TempPathFactory, client: "TestClient", today: date, knowledge: "KnowledgeBase"
) -> Iterator[ServiceOn]:
    """The whole service with its clock at a day, each day's started once."""
    from starlette.testclient import TestClient

    from cds_service.app import create_app
    from cds_service.settings import Settings

    started = {today: client}
    with ExitStack() as running:

        def on(day: date) -> TestClient:
            if day not in started:
                data: Path = tmp_path_factory.mktemp(f"service-{day}")
                settings = Settings(
                    _env_file=None,
                    environment="development",
                    public_base_url=PUBLIC_BASE_URL,
                    database_url=f"sqlite:///{data / 'test.sqlite3'}",
                )
                app = create_app(settings, clock=lambda: day, knowledge=knowledge)
                started[day] = running.enter_context(TestClient(app, base_url=PUBLIC_BASE_URL))
            return started[day]

        yield on


Cards = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="session")
def cards(service_on: ServiceOn, today: date) -> Cards:
    """The cards that a demo request is answered with, by default on the tests' day."""

    def answered(file: str, day: date = today) -> list[dict[str, Any]]:
        hook = file.split(".", maxsplit=1)[0]
        answer = service_on(day).post(
            f"/cds-services/calcinosis-{hook}",
            content=request_bytes(file),
            headers={"Content-Type": "application/json"},
        )
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["cards"]
        return found

    return answered
