"""What is refused in the concept files, and with which line."""

from pathlib import Path

import pytest

from treatment_algorithm.code_index import ICD_10, ICD_10_CM, RXNORM, SNOMED_CT
from treatment_algorithm.concept_table import ConceptKind, load_concepts
from treatment_algorithm.knowledge_errors import KnowledgeError

CPT = "http://www.ama-assn.org/go/cpt"
NAMES = "name,concepts,provenance,status\n"
HEAD = "concept,kind,system,code,display,match,provenance,status\n"


def _folder(path: Path, **contents: str) -> Path:
    """A small valid folder of concept files; an argument replaces a file (`sets__yaml` is sets.yaml)."""
    written = {
        "conditions.yaml": (
            "alpha:\n  label: alpha\n  names: [alpha]\nbeta_in_remission:\n  label: beta\n  lookalike: true\n"
        ),
        "medications.yaml": "gamma:\n  label: gamma\n",
        "observations.yaml": "delta:\n  label: delta\n",
        "procedures.yaml": "epsilon:\n  label: epsilon\n",
        "allergens.yaml": "zeta:\n  label: zeta\n",
        "severities.yaml": "eta:\n  label: eta\n",
        "sets.yaml": "letters: [alpha]\n",
        "shared_names.yaml": "{}\n",
        "names.csv": NAMES,
        "codes.csv": HEAD + f"alpha,condition,{ICD_10_CM},A00,Alpha,exact,seen,verified\n",
    } | {name.replace("__", "."): text for name, text in contents.items()}
    for name, text in written.items():
        (path / name).write_text(text, encoding="utf-8")
    return path


def _row(
    concept: str = "alpha",
    kind: str = "condition",
    system: str = ICD_10_CM,
    code: str = "A00",
    match: str = "exact",
    status: str = "verified",
) -> str:
    return HEAD + f"{concept},{kind},{system},{code},Display,{match},seen,{status}\n"


def test_a_small_folder_loads(tmp_path: Path) -> None:
    table = load_concepts(_folder(tmp_path, sets__yaml="letters: [more]\nmore: [alpha, gamma]\n"))
    assert table.match(ICD_10_CM, "A00") == {"alpha"}
    assert table.expand("letters") == {"alpha", "gamma"}
    assert table.code_rows("gamma") == ()


@pytest.mark.parametrize(
    ("file", "text", "line", "words"),
    [
        ("sets.yaml", "letters: [alpha]\nmore: [omega]\n", 2, "unknown concept omega"),
        ("sets.yaml", "letters: [beta_in_remission]\n", 1, "look-alike"),
        ("sets.yaml", "letters: []\n", 1, "empty"),
        ("sets.yaml", "a: [b]\nb: [a]\n", 1, "contains itself"),
        ("sets.yaml", "alpha: [gamma]\n", 1, "must contain it"),
        ("sets.yaml", "letters: [alpha, alpha]\n", 1, "twice"),
        ("sets.yaml", "letters: alpha\n", 1, "list"),
        ("sets.yaml", "a: [alpha]\na: [gamma]\n", 2, "twice"),
        ("sets.yaml", "a: [alpha\n", None, ""),
        ("sets.yaml", "", None, "empty"),
        ("codes.csv", _row(concept="omega"), 2, "omega has no entry"),
        ("codes.csv", _row(kind="medication"), 2, "not a medication"),
        ("codes.csv", _row(system=CPT), 2, "unknown system"),
        ("codes.csv", _row(code="A0"), 2, "no code"),
        ("codes.csv", _row(code="A00.123", system=ICD_10), 2, "no code"),
        ("codes.csv", _row(system=SNOMED_CT, code="396230008", match="descendants"), 2, "not possible"),
        ("codes.csv", _row(status="unverified"), 2, "unverified"),
        ("codes.csv", _row() + _row().removeprefix(HEAD), 3, "twice"),
        ("codes.csv", HEAD + "alpha,condition\n", 2, "columns"),
        ("codes.csv", "concept,code\n", 1, "columns"),
        ("names.csv", "name,concepts\n", 1, "columns"),
        ("names.csv", NAMES + "gammadil,gamma,seen\n", 2, "columns"),
        ("names.csv", NAMES + "Gammadil,gamma,seen,verified\n", 2, "lower case"),
        ("names.csv", NAMES + "gammadil,gamma,seen,reviewed\n", 2, "reviewed"),
        ("names.csv", NAMES + "gammadil,omega,seen,verified\n", 2, "omega is no medication"),
        ("names.csv", NAMES + "gammadil,alpha,seen,verified\n", 2, "alpha is no medication"),
        ("names.csv", NAMES + "gammadil,gamma,seen,verified\ngamma b,gamma,seen,verified\n", 3, "out of order"),
        ("names.csv", NAMES + 2 * "gammadil,gamma,seen,verified\n", 3, "twice"),
        ("medications.yaml", "gamma:\n  label: gamma\n  color: red\n", 3, "unknown field"),
        ("medications.yaml", "gamma:\n  names: [gamma]\n", 1, "no label"),
        ("medications.yaml", "gamma:\n  label: gamma\n  names: [Gamma]\n", 1, "lower case"),
        ("medications.yaml", "gamma:\n  label: 7\n", 2, "word"),
        ("medications.yaml", "gamma:\n  label: gamma\n  lookalike: maybe\n", 3, "true or false"),
        ("medications.yaml", "gamma: [label]\n", 1, "mapping"),
        ("medications.yaml", "gamma:\n  label: gamma\nalpha:\n  label: alpha\n", 3, "two files"),
    ],
)
def test_a_fault_is_refused_with_its_file_and_line(
    tmp_path: Path, file: str, text: str, line: int | None, words: str
) -> None:
    folder = _folder(tmp_path)
    (folder / file).write_text(text, encoding="utf-8")
    with pytest.raises(KnowledgeError) as caught:
        load_concepts(folder)
    error = caught.value
    assert error.file == file
    assert words in error.message
    if line is not None:
        assert error.line == line
        assert str(error).startswith(f"{file}:{line}: ")


def test_a_name_of_two_concepts_must_be_declared_as_shared(tmp_path: Path) -> None:
    both = "alpha:\n  label: alpha\n  names: [same]\nbeta:\n  label: beta\n  names: [same]\n"
    with pytest.raises(KnowledgeError, match=r"shared_names\.yaml: 'same' is a name of alpha, beta"):
        load_concepts(_folder(tmp_path, conditions__yaml=both))
    table = load_concepts(_folder(tmp_path, conditions__yaml=both, shared_names__yaml="same: [alpha, beta]\n"))
    assert table.names(ConceptKind.CONDITION)["same"] == {"alpha", "beta"}


def test_a_declared_shared_name_that_nobody_shares_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match=r"shared_names\.yaml:1: "):
        load_concepts(_folder(tmp_path, shared_names__yaml="alpha: [alpha, gamma]\n"))


def test_a_lookalike_row_of_the_same_length_overrules_a_prefix_row(tmp_path: Path) -> None:
    rows = (
        f"alpha,condition,{ICD_10_CM},A00.1,Alpha,descendants,seen,verified\n"
        f"beta_in_remission,condition,{ICD_10_CM},A00.1,Beta,exact,seen,verified\n"
    )
    table = load_concepts(_folder(tmp_path, codes__csv=HEAD + rows))
    assert table.match(ICD_10_CM, "A00.1") == {"beta_in_remission"}
    assert table.match(ICD_10_CM, "A00.12") == {"alpha"}


def test_a_drug_draft_takes_the_bare_ingredient_and_not_the_product_before_it(tmp_path: Path) -> None:
    drug = "gamma:\n  label: gamma\n  names: [gamma]\n"
    rows = (
        f"gamma,medication,{RXNORM},11,Gamma 5 MG Oral Tablet,exact,seen,verified\n"
        f"gamma,medication,{RXNORM},12,Gamma,exact,seen,single-source\n"
        f"gamma,medication,{RXNORM},13,GAMMA,exact,seen,verified\n"
    )
    table = load_concepts(_folder(tmp_path, medications__yaml=drug, codes__csv=HEAD + rows))
    assert table.draft_coding("gamma", RXNORM).code == "13"
