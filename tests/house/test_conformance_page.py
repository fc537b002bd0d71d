"""docs/conformance.md: every requirement has a test that exists or a reason, and the page is current."""

from pathlib import Path

import pytest

from scripts.checklist import CHECKLIST, STANDINGS, Requirement, Section, load_checklist, read_checklist, requirements
from scripts.checklist_claims import EVERY_TEST, Claim, claims_of, claims_of_tests
from scripts.conformance import PAGE, conformance, faults
from tests.house.repository import ROOT

SECTIONS = load_checklist()
CLAIMS, NOT_RUN = claims_of(ROOT)
# How many the specifications and the house give; a number that changes is a requirement gained or lost.
IDS = 194
ENTRY = '- section: General\n  requirements:\n  - {id: X-1, level: SHALL, since: "2.0", text: words'


def section(*found: Requirement) -> tuple[Section, ...]:
    return (Section("General", found),)


def one(standing: str | None = None) -> Requirement:
    return Requirement("X-1", "SHALL", "2.0", "words", standing, "because" if standing else "")


def test_the_checklist_is_whole() -> None:
    assert len(list(requirements(SECTIONS))) == IDS


def test_every_id_is_claimed_or_has_its_reason_and_no_claim_is_of_an_unknown_id() -> None:
    assert faults(SECTIONS, CLAIMS) == []


def test_every_claim_is_made_by_something_that_is_run() -> None:
    assert NOT_RUN == ()
    assert all((ROOT / claim.path).is_file() for claim in CLAIMS)


def test_the_page_is_current_and_names_every_id_and_every_test() -> None:
    page = (ROOT / PAGE).read_text(encoding="utf-8")
    assert page == conformance(SECTIONS, CLAIMS), "run: python -m scripts.conformance"
    assert [each.id for each in requirements(SECTIONS) if f"\n| {each.id} |" not in page] == []
    assert [claim for claim in CLAIMS if claim.name not in page] == []


def test_links_of_the_page_lead_to_files() -> None:
    page = (ROOT / PAGE).read_text(encoding="utf-8")
    targets = {target for target in page.replace(")", "(").split("(") if target.startswith(("../", "conformance/"))}
    assert len(targets) > 10
    assert [target for target in targets if not (ROOT / "docs" / target).is_file()] == []


def test_an_id_with_neither_claim_nor_reason_is_a_fault() -> None:
    assert faults(section(one()), ()) == ["X-1: no test claims it and no reason stands in its place"]
    with pytest.raises(ValueError, match="X-1"):
        conformance(section(one()), ())


@pytest.mark.parametrize("standing", STANDINGS)
def test_a_reason_beside_a_claim_is_outdated(standing: str) -> None:
    claim = Claim("X-1", "test", "tests/test_x.py", "test_x")
    assert faults(section(one(standing)), ()) == []
    assert faults(section(one(standing)), [claim]) == [
        f"X-1: a test claims it, so {standing} in the checklist is outdated"
    ]


def test_an_unknown_id_is_a_fault() -> None:
    claims = [Claim("X-1", "test", "tests/test_x.py", "test_x"), Claim("X-2", "test", "tests/test_x.py", "test_y")]
    assert faults(section(one()), claims) == ["tests/test_x.py: test_y claims X-2, which the checklist does not have"]


def test_evidence_that_is_gone_is_a_fault() -> None:
    reviewed = Requirement("X-1", "SHALL", "2.0", "words", "by_review", "because", evidence=("docs/gone.md",))
    assert faults(section(reviewed), ()) == ["X-1: there is no docs/gone.md"]


def test_a_mark_on_a_test_is_a_claim() -> None:
    text = '@pytest.mark.parametrize("a", [1])\n@pytest.mark.checklist("X-1", "X-2")\ndef test_a(a): ...\n'
    claims, wrong = claims_of_tests(text, "tests/unit/test_x.py")
    assert [(claim.id, claim.name) for claim in claims] == [("X-1", "test_a"), ("X-2", "test_a")]
    assert wrong == []


def test_a_mark_on_a_method_or_on_the_module_is_a_claim() -> None:
    text = (
        'pytestmark = pytest.mark.checklist("X-1")\ndef test_a(): ...\n'
        'class TestB:\n    @pytest.mark.checklist("X-2")\n    def test_b(self): ...\n'
    )
    claims, wrong = claims_of_tests(text, "tests/unit/test_x.py")
    assert [(claim.id, claim.name) for claim in claims] == [("X-2", "TestB.test_b"), ("X-1", EVERY_TEST)]
    assert wrong == []


@pytest.mark.parametrize(
    "text",
    [
        '@pytest.mark.checklist("X-1")\ndef a(): ...',
        '@pytest.mark.skip\n@pytest.mark.checklist("X-1")\ndef test_a(): ...',
        '@pytest.mark.xfail(reason="x")\n@pytest.mark.checklist("X-1")\ndef test_a(): ...',
        'class A:\n    @pytest.mark.checklist("X-1")\n    def test_a(self): ...',
        '@pytest.mark.skip\nclass TestA:\n    @pytest.mark.checklist("X-1")\n    def test_a(self): ...',
        'pytestmark = [pytest.mark.skip, pytest.mark.checklist("X-1")]\ndef test_a(): ...',
        "@pytest.mark.checklist(*IDS)\ndef test_a(): ...",
        "@pytest.mark.checklist()\ndef test_a(): ...",
        '@pytest.mark.checklist("X-1")\ndef test_a(): ...\ndef test_a(): ...',
    ],
    ids=[
        "no test",
        "skipped",
        "may fail",
        "no test class",
        "skipped class",
        "skipped module",
        "no text",
        "no id",
        "hidden by another",
    ],
)
def test_a_claim_that_shows_nothing_is_a_fault(text: str) -> None:
    assert claims_of_tests(text, "tests/unit/test_x.py")[1]


def test_a_claim_in_a_file_that_pytest_does_not_collect_is_a_fault() -> None:
    text = '@pytest.mark.checklist("X-1")\ndef test_a(): ...\n'
    assert claims_of_tests(text, "tests/unit/x_test_data.py")[1]


def test_a_script_claims_only_when_the_end_to_end_run_starts_it(tmp_path: Path) -> None:
    for folder in ("tests", "scripts"):
        (tmp_path / folder).mkdir()
    (tmp_path / "scripts" / "check_x.py").write_text('CHECKLIST = ("X-1", "X-2")\n', encoding="utf-8")
    (tmp_path / "scripts" / "e2e.sh").write_text('part "x" python -m scripts.check_x\n', encoding="utf-8")
    claims, wrong = claims_of(tmp_path)
    assert [(claim.id, claim.kind, claim.name) for claim in claims] == [
        ("X-1", "e2e", "scripts.check_x"),
        ("X-2", "e2e", "scripts.check_x"),
    ]
    assert wrong == ()
    (tmp_path / "scripts" / "e2e.sh").write_text("", encoding="utf-8")
    assert claims_of(tmp_path)[1]


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("}", "ends well"),
        (", pending: a, not_met: b}", "more than one reason"),
        (", pending: ''}", "without a reason"),
        (", by_review: a}", "evidence"),
        (", pending: a, evidence: [README.md]}", "evidence"),
        (", statement: b}", "unknown"),
        ("}\n  - {id: X-1, level: MAY, since: '2.0', text: words}", "given twice"),
        ("}\n  - {id: X-2, level: MUST, since: '2.0', text: words}", "the level is MUST"),
        ("}\n  - {id: X-2, level: MAY, since: '2.0'}", "missing: text"),
    ],
)
def test_a_checklist_that_is_none_is_refused(rest: str, said: str) -> None:
    if said == "ends well":
        assert read_checklist(ENTRY + rest) == section(one())
    else:
        with pytest.raises(ValueError, match=said):
            read_checklist(ENTRY + rest)


def test_the_checklist_names_nothing_but_the_specification() -> None:
    text = (ROOT / CHECKLIST).read_text(encoding="utf-8")
    assert "cds-hooks.hl7.org" in text
    assert text.count('"') % 2 == 0
