"""The site's code map: what it adds, and that a wrong file is refused with its line (docs/site-file.md)."""

from pathlib import Path

import pytest

from treatment_algorithm.code_index import ATC, RXNORM, SNOMED_CT
from treatment_algorithm.knowledge_base import KnowledgeBase
from treatment_algorithm.knowledge_errors import KnowledgeError
from treatment_algorithm.site_file import with_site_file

DRUGS = "https://hospital.example/drugs"
HEAD = f"codes:\n  - {{system: '{DRUGS}', code: D-1, concept: diltiazem, display: Own}}\n"
ORDERABLE = (
    "orderables:\n"
    f"  - {{concept: diltiazem, system: '{DRUGS}', code: O-1, display: Diltiazem oral, text: Diltiazem by mouth}}\n"
)
ATENOLOL_RXNORM = "1202"


def site(folder: Path, text: str) -> Path:
    file = folder / "site.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def refusal(knowledge: KnowledgeBase, file: Path) -> str:
    with pytest.raises(KnowledgeError) as caught:
        with_site_file(knowledge, file)
    return str(caught.value)


def test_a_code_of_the_site_is_matched_by_system_and_code_together(knowledge: KnowledgeBase, tmp_path: Path) -> None:
    table = with_site_file(knowledge, site(tmp_path, HEAD)).concepts
    assert table.match(DRUGS, "D-1") == {"diltiazem"}
    assert table.match(DRUGS, "D-10") == table.match(DRUGS, "D") == table.match(DRUGS, "d-1") == frozenset()
    assert table.match("https://hospital.example/other", "D-1") == frozenset()


def test_the_knowledge_itself_is_not_touched(knowledge: KnowledgeBase, tmp_path: Path) -> None:
    told = with_site_file(knowledge, site(tmp_path, HEAD + ORDERABLE))
    assert knowledge.concepts.match(DRUGS, "D-1") == frozenset()
    assert knowledge.concepts.orderables == {}
    for concept in knowledge.concepts.concepts:
        for row in knowledge.concepts.code_rows(concept):
            assert told.concepts.match(row.system, row.code) == knowledge.concepts.match(row.system, row.code)
    assert told.concepts.draft_coding("diltiazem", RXNORM) == knowledge.concepts.draft_coding("diltiazem", RXNORM)
    assert list(told.rules) == list(knowledge.rules)


def test_a_combination_means_each_of_its_concepts(knowledge: KnowledgeBase, tmp_path: Path) -> None:
    text = f"codes:\n  - {{system: '{DRUGS}', code: D-2, concept: [amlodipine, atorvastatin], display: Both}}\n"
    assert with_site_file(knowledge, site(tmp_path, text)).concepts.match(DRUGS, "D-2") == {
        "amlodipine",
        "atorvastatin",
    }


def test_an_orderable_is_kept_and_recognised(knowledge: KnowledgeBase, tmp_path: Path) -> None:
    table = with_site_file(knowledge, site(tmp_path, ORDERABLE)).concepts
    orderable = table.orderables["diltiazem"]
    assert (orderable.code, orderable.display, orderable.text) == ("O-1", "Diltiazem oral", "Diltiazem by mouth")
    assert table.match(DRUGS, "O-1") == {"diltiazem"}


def test_an_orderable_may_stand_among_the_codes_as_well(knowledge: KnowledgeBase, tmp_path: Path) -> None:
    text = HEAD.replace("D-1", "O-1") + ORDERABLE
    assert with_site_file(knowledge, site(tmp_path, text)).concepts.match(DRUGS, "O-1") == {"diltiazem"}


def test_a_system_given_as_oid_is_the_system_itself(knowledge: KnowledgeBase, tmp_path: Path) -> None:
    text = "codes:\n  - {system: 'urn:oid:2.16.840.1.113883.6.96', code: '999000011000', concept: acne, display: x}\n"
    text = text.replace("acne", "calcinosis_cutis")
    table = with_site_file(knowledge, site(tmp_path, text)).concepts
    assert table.match(SNOMED_CT, "999000011000") == {"calcinosis_cutis"}
    assert table.match("urn:oid:2.16.840.1.113883.6.96", "999000011000") == {"calcinosis_cutis"}
    assert "dermatomyositis" in table.match("urn:oid:2.16.840.1.113883.6.96", "396230008")


def test_a_code_that_the_product_knows_with_this_meaning_is_no_error(knowledge: KnowledgeBase, tmp_path: Path) -> None:
    text = f"codes:\n  - {{system: '{RXNORM}', code: '{ATENOLOL_RXNORM}', concept: atenolol, display: atenolol}}\n"
    table = with_site_file(knowledge, site(tmp_path, text)).concepts
    assert table.match(RXNORM, ATENOLOL_RXNORM) == knowledge.concepts.match(RXNORM, ATENOLOL_RXNORM)


def test_a_file_without_entries_changes_nothing(knowledge: KnowledgeBase, tmp_path: Path) -> None:
    assert with_site_file(knowledge, site(tmp_path, "codes: []\n")).concepts.orderables == {}


ENTRY = f"  - {{{{system: '{DRUGS}', code: D-2, concept: {{}}, display: Second}}}}\n"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (HEAD + ENTRY.format("dermatomyositos"), 3, "unknown concept 'dermatomyositos'"),
        (HEAD + ENTRY.format("steroid_sparing"), 3, "unknown concept 'steroid_sparing'"),
        (HEAD + ENTRY.format("[atenolol, atenolol]"), 3, "a concept stands here twice"),
        (HEAD + ENTRY.format("[]"), 3, "codes.1.concept"),
        (HEAD + ENTRY.format("7"), 3, "codes.1.concept.0"),
        (HEAD + HEAD.removeprefix("codes:\n"), 3, "D-1 stands here twice"),
        (HEAD + ENTRY.format("atenolol").replace("D-2", "D-1"), 3, "D-1 stands here twice"),
        (HEAD + ENTRY.format("atenolol").replace("display", "name: x, display"), 3, "codes.1.name: Extra inputs"),
        (HEAD + ENTRY.format("atenolol").replace(", display: Second", ""), 3, "codes.1.display: Field required"),
        (HEAD + ENTRY.format("atenolol").replace("D-2", "007"), 3, "codes.1.code: Input should be a valid string"),
        (HEAD + ENTRY.format("atenolol").replace("D-2", "' D-2'"), 3, "codes.1.code: Value error, is empty, or has"),
        (HEAD + ENTRY.format("atenolol").replace(DRUGS, "drugs"), 3, "a code system is a URI"),
        (HEAD + ENTRY.format("atenolol").replace(DRUGS, SNOMED_CT), 3, f"D-2 is no code of {SNOMED_CT}"),
        (HEAD + "orderable:\n", 3, "orderable: Extra inputs"),
        (HEAD + HEAD, 3, "codes stands here twice"),
        (HEAD + ORDERABLE.replace("display:", "code: O-2, display:"), 4, "code stands here twice"),
        (
            HEAD + ORDERABLE + ORDERABLE.removeprefix("orderables:\n").replace("O-1", "O-2"),
            5,
            "has an orderable already",
        ),
        (HEAD + ORDERABLE.replace("concept: diltiazem", "concept: calcinosis_cutis"), 4, "calcinosis_cutis is no drug"),
        (
            HEAD + ORDERABLE.replace("O-1", "D-1").replace("t: diltiazem", "t: atenolol"),
            4,
            "D-1 means diltiazem already",
        ),
        (HEAD + ORDERABLE.replace(", text: Diltiazem by mouth", ""), 4, "orderables.0.text: Field required"),
        (
            f"codes:\n  - system: '{RXNORM}'\n    code: '{ATENOLOL_RXNORM}'\n    concept: diltiazem\n    display: x\n",
            3,
            f"{ATENOLOL_RXNORM} means atenolol already",
        ),
        ("codes: [\n", 2, ""),
        ("- codes\n", 1, "Input should be a valid dictionary"),
        ("", 1, "Input should be a valid dictionary"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(
    text: str, line: int, message: str, knowledge: KnowledgeBase, tmp_path: Path
) -> None:
    told = refusal(knowledge, site(tmp_path, text))
    assert told.startswith(f"site.yaml:{line}: ")
    assert message in told


def test_a_class_gives_way_to_the_drug_that_the_site_names(knowledge: KnowledgeBase, tmp_path: Path) -> None:
    table = knowledge.concepts
    code = next(
        f"{row.code}99"[:7]
        for key in table.concepts
        if table.concepts[key].residual
        for row in table.code_rows(key)
        if row.system == ATC and row.descendants and table.match(ATC, f"{row.code}99"[:7]) == {key}
        and len(f"{row.code}99") == 7
    )  # fmt: skip
    text = f"codes:\n  - {{system: '{ATC}', code: {code}, concept: diltiazem, display: a drug of a class}}\n"
    assert with_site_file(knowledge, site(tmp_path, text)).concepts.match(ATC, code) == {"diltiazem"}


def test_a_file_in_another_encoding_is_refused(knowledge: KnowledgeBase, tmp_path: Path) -> None:
    file = tmp_path / "site.yaml"
    file.write_bytes("codes: [] # Größe".encode("latin-1"))
    assert refusal(knowledge, file) == "site.yaml: not UTF-8"


def test_the_example_of_the_demo_is_sound(knowledge: KnowledgeBase) -> None:
    table = with_site_file(knowledge, Path(__file__).parents[3] / "demo" / "site.yaml").concepts
    assert table.match(DRUGS, "001288") == {"methotrexate"}
    assert table.orderables["diltiazem"].code == "ORD-2207"
