"""The pages for EHRs: the same questions answered on each, and a source behind each thing read."""

import re
from pathlib import Path

import pytest

from tests.house.repository import ROOT

FOLDER = ROOT / "docs" / "onboarding"
PAGES = sorted(page for page in FOLDER.glob("*.md") if page.name != "README.md")
HEADINGS = [
    "At a glance",
    "Steps",
    "Client trust (JWT)",
    "Scopes",
    "Prefetch",
    "Time limits",
    "What is shown",
    "Known limits",
    "Test it",
    "Sources",
]
READ = re.compile(r"\*\*\[read\]\*\*(?: \((?P<sources>\d[^)]*)\))?")


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def test_there_is_a_page_for_each_ehr_and_the_first_page_names_it() -> None:
    assert len(PAGES) == 5
    first = read(FOLDER / "README.md")
    assert [page.name for page in PAGES if f"({page.name})" not in first] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_page_answers_the_same_questions(page: Path) -> None:
    assert re.findall(r"^## (.+)$", read(page), flags=re.MULTILINE) == HEADINGS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_was_read_names_where(page: Path) -> None:
    body, _, sources = read(page).partition("\n## Sources\n")
    listed = set(re.findall(r"^(\d+)\. ", sources, flags=re.MULTILINE))
    claims = [match for match in READ.finditer(body) if not body[: match.start()].endswith("**[seen]**, ")]
    assert claims
    assert [body[match.start() : match.start() + 40] for match in claims if match["sources"] is None] == []
    cited = {number for match in claims for number in re.findall(r"\b\d\b", match["sources"])}
    assert cited <= listed
    assert "Read on " in sources


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_could_not_be_verified_says_so(page: Path) -> None:
    assert read(page).count("**[unverified]**") > 1
