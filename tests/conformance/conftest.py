"""Every answer of the service to valid requests, given once and looked at by every rule of the checklist."""

from datetime import date
from typing import TYPE_CHECKING

import pytest

from tests.conformance.answers import Answer, answers_of, valid_requests

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from treatment_algorithm.knowledge_base import KnowledgeBase


@pytest.fixture(scope="session")
def answers(client: "TestClient", knowledge: "KnowledgeBase", today: date) -> tuple[Answer, ...]:
    """The answers to every demo request, worked card and story, over HTTP."""
    return answers_of(client, valid_requests(knowledge, today))
