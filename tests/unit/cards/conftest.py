"""The settings of the worked cards, and their answers."""

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from cds_service.card_lint.answered import Answered
    from cds_service.settings import Settings
    from treatment_algorithm.knowledge_base import KnowledgeBase


@pytest.fixture(scope="session")
def settings() -> "Settings":
    """Development settings at the public address of the worked cards."""
    from cds_service.card_lint.answered import BASE_URL
    from cds_service.settings import Settings

    return Settings(_env_file=None, environment="development", public_base_url=BASE_URL)


@pytest.fixture
def worked(settings: "Settings", knowledge: "KnowledgeBase", today: date) -> "Callable[[str], Answered]":
    """A worked example of card-style.md section 5, answered anew."""
    from cds_service.card_lint.answered import answer
    from tests.support.worked_cards import request

    return lambda example: answer(request(example), knowledge, settings, today)
