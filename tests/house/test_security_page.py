"""docs/security.md names tests that exist and are run, and has a row for every risk of the OWASP list."""

import re

from scripts.checklist_claims import names_of_checks
from tests.house.repository import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
_NAMED = re.compile(r"`((?:[\w/]+\.py(?:::\w+)+)|(?:scripts/\w+\.py))`")


def test_every_test_named_is_one_that_is_run() -> None:
    named = set(_NAMED.findall(PAGE))
    assert len(named) > 40
    assert sorted(named - names_of_checks(ROOT)) == []


def test_what_looks_like_a_test_is_read_as_one() -> None:
    assert len(PAGE.split("::test_")[1:]) == len([name for name in _NAMED.findall(PAGE) if "::test_" in name])


def test_every_threat_and_every_risk_has_a_test() -> None:
    tables = PAGE.split("\n## ")
    rows = [
        row
        for section in tables
        if section.startswith(("Threats", "OWASP", "Of OWASP"))
        for row in section.splitlines()
        if row.startswith("| ") and not row.startswith(("| threat", "| risk", "| topic"))
    ]
    assert len(rows) > 25
    assert [row for row in rows if not _NAMED.search(row)] == []


def test_the_list_of_owasp_is_whole() -> None:
    assert [int(number) for number in re.findall(r"^\| API(\d+) ", PAGE, flags=re.MULTILINE)] == list(range(1, 11))
