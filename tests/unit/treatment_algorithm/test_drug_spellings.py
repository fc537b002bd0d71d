"""National spellings of an ingredient have one form; what is only like it has another."""

import pytest

from treatment_algorithm.drug_spellings import spelled, spelled_as, spellings


@pytest.mark.parametrize(
    "alike",
    [
        "methotrexate metotrexat metotreksat methotrexaat metotrexato methotrexatum",
        "cyclosporine ciclosporin cyklosporin siklosporin ciclosporina",
        "hydroxychloroquine hydroxiklorokin hidroksiklorokin hidroxicloroquina",
        "amoxicillin amoxicilline amoxicilina amoksisilin amoksycylina",
        "colchicine colchicina kolkicin kolchicyna",
        "quinidine chinidin kinidin quinidina",
        "phenytoin fenytoin fenitoina phenytoinum",
        "estradiol oestradiol estradiolum",
        "warfarin warfarina varfarin",
        "tacrolimus takrolimus",
    ],
)
def test_national_spellings_have_one_form(alike: str) -> None:
    assert len(set(spelled(alike).split())) == 1


@pytest.mark.parametrize(
    "different",
    [
        "prednisone prednisolone",
        "digoxin digitoxin",
        "cortisone hydrocortisone",
        "omeprazole esomeprazole",
        "quinidine quinine",
        "clonidine clozapine",
        "nifedipine nimodipine",
        "penicillin penicillamine",
        "rifampicin rifabutin",
    ],
)
def test_other_drugs_have_other_forms(different: str) -> None:
    one, other = spelled(different).split()
    assert one != other


def test_words_of_a_text_keep_their_places() -> None:
    assert spelled("acide mycophénolique".replace("é", "e")) == "asid mikofenolik"
    assert spelled_as(["ph", "metotreksat", "tabl", "aaaaa"], frozenset({"metotreksat"})) == {"metotreksat"}
    assert spelled_as([], frozenset({"metotreksat"})) == set()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("acidum mycophenolicum", True),
        ("mykofenolsyra", True),
        ("mycophenolsaure", True),
        ("mycofenolzuur", True),
        ("metoprololsuccinat", True),
        ("kalciumkarbonat", True),
        ("metoprolo", True),  # cut by one letter
        ("metopro", False),
        ("metoprololol", False),
    ],
)
def test_what_is_grown_on_or_cut_off_is_known(text: str, found: bool) -> None:
    known = spellings([("mycophenolic acid", "a"), ("metoprolol", "b"), ("calcium carbonate", "c")])
    assert (spelled(text) in known) == found


def test_a_cut_that_two_drugs_share_stands_for_neither() -> None:
    alone = spellings([("prednisolone", "a")])
    both = spellings([("prednisolone", "a"), ("prednisolate", "b")])
    assert spelled("prednisolo") in alone
    assert spelled("prednisolo") not in both


def test_a_short_form_stands_for_nothing() -> None:
    known = spellings([("lithium", "a")])
    assert "lit" not in known
    assert known[spelled("lithium") + spelled("sulfat")] == {"a"}
