"""Every ID of the clinical specification has a home in the knowledge, and every home is there.

The IDs are written out from evidence.md 1.2 (S), 1.3 (H), 2.3 (SC), 2.4 (R), 2.5 (OS) and section 3 (SAFE).
"""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from treatment_algorithm.knowledge_base import KnowledgeBase

STATEMENTS = tuple(f"S{number}" for number in range(1, 31))
HOLES = tuple(f"H{number}" for number in range(1, 12))
SCENARIOS = "SC-NONE SC-UNCERT SC-PAST SC-META SC-ACTIVE SC-ACTIVE-Q SC-LOCAL SC-REFRACT SC-SSC SC-IDIO SC-PREV"
RECOMMENDATIONS = """
R-INTENSIFY R-ESCALATE R-DILT R-IVIG R-SURG R-NPWT R-STS R-RTX R-TNF R-PREV R-ASSESS R-WORKUP R-REFER R-EXPECT
"""
ORDERS = """
OS-DILT OS-LIMITED OS-CASEREP OS-ETN OS-TNF OS-STS OS-ABA OS-RTX OS-IVIG OS-MMF OS-MTX OS-CS OS-SURG OS-OTHER OS-INTER
"""
SAFETY = """
SAFE-ALLERGY SAFE-DUP
SAFE-DILT-AVB SAFE-DILT-SSS SAFE-DILT-HYPO SAFE-DILT-MI SAFE-DILT-HFREF SAFE-DILT-BB SAFE-DILT-AMIO SAFE-DILT-DHP
SAFE-DILT-WPW SAFE-DILT-DIG SAFE-DILT-IVA SAFE-DILT-CI2 SAFE-DILT-COLCH SAFE-DILT-SIMVA SAFE-DILT-LOVA
SAFE-DILT-ATORVA SAFE-DILT-CNI SAFE-DILT-JAKI SAFE-DILT-3A4 SAFE-DILT-BRADY SAFE-DILT-PREG SAFE-DILT-PED
SAFE-DILT-HEP SAFE-DILT-MYO
SAFE-MTX-PREG SAFE-MTX-RENAL SAFE-MTX-HEP SAFE-MTX-HEME SAFE-MTX-TMP SAFE-MTX-PROB SAFE-MTX-NSAID SAFE-MTX-FOLIC
SAFE-MTX-LUNG SAFE-MMF-PREG SAFE-CS-INF SAFE-CS-MON SAFE-CS-SRC SAFE-CS-CUA
SAFE-IVIG-IGA SAFE-IVIG-THROMB SAFE-IVIG-RENAL SAFE-RTX-HBV SAFE-RTX-INF SAFE-RTX-VAC SAFE-RTX-IGG SAFE-RTX-HF
SAFE-TNF-TB SAFE-TNF-HBV SAFE-TNF-HF SAFE-TNF-DEMY SAFE-TNF-INF SAFE-TNF-MAL SAFE-TNF-DM SAFE-TNF-ILD
SAFE-ABA-TNF SAFE-ABA-SCR SAFE-BIO-LIVE
SAFE-STS-OFFLABEL SAFE-STS-BP SAFE-STS-ACID SAFE-STS-SULF SAFE-COLCH-RENAL SAFE-COLCH-MYO
SAFE-WARF-BLEED SAFE-WARF-PREG SAFE-WARF-CUA SAFE-MINO-AGE SAFE-MINO-PREG SAFE-MINO-ISO SAFE-MINO-AI
SAFE-CEF-CA SAFE-ALOH-RENAL SAFE-BISPH-RENAL SAFE-BISPH-OES SAFE-BISPH-HYPOCA SAFE-BISPH-PED SAFE-PROB SAFE-ILCS
SAFE-SURG-AC SAFE-SURG-INF SAFE-SURG-DIGIT SAFE-ESWL SAFE-SUNC
"""
# A row of the specification that is two rules here: the drug now, and the drug until lately; alone, and in a pair.
PARTS = {"SAFE-DILT-AMIO-PAST": "SAFE-DILT-AMIO", "SAFE-COLCH-INHIBITOR": "SAFE-COLCH-RENAL"}


def test_scenarios_recommendations_and_order_rules_are_those_of_the_specification(knowledge: "KnowledgeBase") -> None:
    assert {rule.id for rule in knowledge.scenarios} == set(SCENARIOS.split())
    assert {rule.id for rule in knowledge.recommendations} == set(RECOMMENDATIONS.split())
    assert {rule.id for rule in knowledge.orders} == set(ORDERS.split())


def test_a_safety_rule_of_the_specification_is_checked_or_said_to_be_planned(knowledge: "KnowledgeBase") -> None:
    checked = {rule.id for rule in knowledge.safety_rules}
    planned = set(knowledge.evidence.planned_safety)
    assert checked & planned == set()
    assert (checked - PARTS.keys()) | planned == set(SAFETY.split())
    assert {PARTS[rule] for rule in checked & PARTS.keys()} <= checked


def test_statements_and_holes_are_those_of_the_specification(knowledge: "KnowledgeBase") -> None:
    assert tuple(knowledge.evidence.statements) == STATEMENTS
    assert tuple(knowledge.evidence.holes) == HOLES


@pytest.mark.parametrize("identity", [*STATEMENTS, *HOLES])
def test_every_home_is_a_rule_a_sentence_or_the_page(knowledge: "KnowledgeBase", identity: str) -> None:
    entries = {**knowledge.evidence.statements, **knowledge.evidence.holes}
    homes = entries[identity].homes
    known = {rule.id for rule in knowledge.rules} | {f"sentence:{key}" for key in knowledge.evidence.sentences}
    assert homes
    assert [home for home in homes if home not in known and home != "guideline"] == []


def test_a_statement_lives_in_more_than_the_page_unless_its_figure_has_no_source(knowledge: "KnowledgeBase") -> None:
    """evidence.md 2.7: S9 and S16 are figures without an identified source, on the page only."""
    page_only = {one.id for one in knowledge.evidence.statements.values() if set(one.homes) == {"guideline"}}
    assert page_only == {"S9", "S16"}


def test_what_a_rule_rests_on_is_there(knowledge: "KnowledgeBase") -> None:
    evidence = knowledge.evidence
    basis = evidence.statements.keys() | evidence.holes.keys() | evidence.decisions.keys()
    assert [(rule.id, name) for rule in knowledge.rules for name in rule.statements if name not in basis] == []


def test_every_rule_has_sources_evidence_and_a_mark(knowledge: "KnowledgeBase") -> None:
    known = knowledge.evidence.sources.keys() | {"D"}
    for rule in knowledge.rules:
        assert rule.sources, rule.id
        assert set(rule.sources) <= known, rule.id
        assert rule.evidence, rule.id
        assert rule.mark.startswith(("seen", "title only: seen", "unverified", "D")), rule.id


def test_every_feature_decides_something(knowledge: "KnowledgeBase") -> None:
    from cds_service.documents.rule_homes import rule_homes
    from treatment_algorithm.knowledge_base import knowledge_folder

    homes = rule_homes(knowledge, knowledge_folder())
    assert [feature.id for feature in knowledge.features if not homes.users_of(feature.id)] == []


def test_a_rule_that_says_its_source_was_read_names_that_source(knowledge: "KnowledgeBase") -> None:
    """Decision 13: only a source that was read can make a card critical; a project decision is none."""
    seen = [rule for rule in knowledge.safety_rules if rule.seen]
    assert [rule.id for rule in seen if set(rule.sources) <= {"D"}] == []
    assert [rule.id for rule in seen if not any(knowledge.evidence.sources[s].read_itself for s in rule.sources)] == []
