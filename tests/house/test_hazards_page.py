"""docs/hazards.md: every hazard has a control and a test that exists, and the page is current."""

from pathlib import Path

import msgspec
import pytest

from scripts.checklist_claims import names_of_checks
from scripts.hazards import DATA, PAGE, Hazard, faults, hazards_page, read_hazards
from tests.house.repository import ROOT

HAZARDS = read_hazards((ROOT / DATA).read_text(encoding="utf-8"))
KNOWN = names_of_checks(ROOT)
ONE = Hazard("H-1", "hazard", "cause", "harm", ("control",), ("unit/test_a.py::test_a",), "residual")


def test_every_hazard_has_a_control_and_a_test_that_is_run() -> None:
    assert len(HAZARDS) >= 19
    assert faults(HAZARDS, KNOWN) == []


def test_the_page_is_current() -> None:
    assert (ROOT / PAGE).read_text(encoding="utf-8") == hazards_page(HAZARDS), "run: python -m scripts.hazards"


def test_no_severity_is_invented() -> None:
    assert hazards_page(HAZARDS).count("| severity, probability | to be rated |") == len(HAZARDS)


@pytest.mark.parametrize("member", ["hazard", "cause", "harm", "controls", "tests", "residual"])
def test_a_hazard_with_an_empty_member_is_a_fault(member: str) -> None:
    spoilt = msgspec.structs.replace(ONE, **{member: () if member in ("controls", "tests") else ""})
    assert faults([spoilt], {"unit/test_a.py::test_a"}) == [f"H-1: no {member}"]


def test_a_test_that_is_gone_is_a_fault() -> None:
    assert faults([ONE], set()) == ["H-1: unit/test_a.py::test_a is no test that is always run"]


def test_an_id_that_stands_twice_is_a_fault() -> None:
    assert faults([ONE, ONE], set(ONE.tests)) == ["H-1: stands twice"]


def test_a_member_that_does_not_exist_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="severity"):
        read_hazards((ROOT / DATA).read_text(encoding="utf-8").replace("residual:", "severity:"))


def test_only_what_is_collected_and_never_skipped_is_a_check(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "scripts").mkdir()
    text = "import pytest\n\ndef helper(): ...\n\n@pytest.mark.skip\ndef test_b(): ...\n\nasync def test_c(): ...\n"
    (tmp_path / "tests" / "test_x.py").write_text(text, encoding="utf-8")
    (tmp_path / "tests" / "other.py").write_text("def test_d(): ...\n", encoding="utf-8")
    (tmp_path / "scripts" / "e2e.sh").write_text("python -m scripts.check_a\n", encoding="utf-8")
    for name in ("check_a.py", "check_ab.py", "check_b.py"):
        (tmp_path / "scripts" / name).write_text("", encoding="utf-8")
    assert names_of_checks(tmp_path) == {"test_x.py::test_c", "scripts/check_a.py"}
