"""How a text without a code is read as a drug: one case a rule of fhir_mappings/drug_names.py and drug_matching.py."""

from pathlib import Path

import pytest

import treatment_algorithm
from benchmarks.recognition.measure import Recognise, recogniser
from treatment_algorithm.concept_table import load_concepts
from treatment_algorithm.cues import load_cues

KNOWLEDGE = Path(treatment_algorithm.__file__).parent / "knowledge"


@pytest.fixture(scope="module")
def recognise() -> Recognise:
    return recogniser(load_concepts(KNOWLEDGE / "concepts"), load_cues(KNOWLEDGE))


@pytest.mark.parametrize(
    ("text", "drugs"),
    [
        ("Amlodipine_Tab 10mg", {"amlodipine"}),
        ("MÉTHOTREXATE 2,5 mg comprimé", {"methotrexate"}),
        ("dilTIAZem HCL ER 240MG CER", {"diltiazem"}),
        ("infliximab-dyyb 100 MG Injection", {"infliximab"}),
        ("Ethinylestradiol 30micrograms / Levonorgestrel 150micrograms", {"estrogen_systemic"}),
        ("Metotrexat Orion 2,5 mg tablett", {"methotrexate"}),
        ("Azatiopryna 50 mg tabl.", {"azathioprine"}),
        ("Micofenolato de mofetilo", {"mycophenolate"}),
        ("Acetylsalicylsyra 75 mg", {"aspirin"}),
        ("EZETIMIBE/SIMVASTATI 10-20MG TAB", {"simvastatin"}),
        ("vimovo", {"naproxen", "esomeprazole"}),
        ("Caduet 10mg/20mg tablets", {"amlodipine", "atorvastatin"}),
        ("RIFINAH 300", {"rifampin", "isoniazid"}),
        ("Logimax Depottablett", {"metoprolol", "felodipine"}),
        ("Metojectpen 15 mg", {"methotrexate"}),
        ("Flexin 250mg", set()),
        ("non-metotrexat", set()),
        ("metotrexat level", set()),
        ("penicillamina 250 mg", set()),
        ("kinin 250 mg", set()),
        ("non-aspirin pain reliever", set()),
        ("denies taking warfarin", set()),
        ("stopped methotrexate", set()),
        ("digoxin level", set()),
        ("warfarin clinic referral", set()),
        ("Tacrolimus [Mass/volume] in Blood", set()),
        ("Allergy to diltiazem", set()),
        ("methotrexate allergy", set()),
        ("Adverse reaction to infliximab", set()),
        ("intolerance of colchicine", set()),
        ("No known drug allergies", set()),
        ("hydroxyprogesterone caproate", set()),
        ("prednicarbate 0.1% cream", set()),
        ("hepatitis B immune globulin", set()),
    ],
)
def test_what_a_text_says_of_a_drug_decides_whether_it_is_one(text: str, drugs: set[str], recognise: Recognise) -> None:
    assert recognise(text) == drugs


@pytest.mark.parametrize(
    ("text", "drugs"),
    [
        ("timolol maleate 10 mg tablet", {"timolol"}),
        ("timolol 0.5% eye drops", {"timolol_ophthalmic"}),
        ("TIMOLOL MALEATE 0.5% SOL", {"timolol_ophthalmic"}),
        ("DORZOLAMIDE/TIMOLOL 22.3-6.8MG/ML SOL", {"timolol_ophthalmic"}),
        ("diltiazem 2% cream", {"diltiazem_topical"}),
        ("tacrolimus 0.1% ointment", {"tacrolimus_topical"}),
        ("TRIAMCINOLONE ACETON 0.025% ONT", {"triamcinolone_topical"}),
        ("HYDROCORTISONE 2.5% ONT", set()),
        ("prednisolone 1% eye drops", set()),
        ("prednisolone eye/ear drops", set()),
        ("Diklofenak 11,6 mg/g kutan gel", {"diclofenac_topical"}),
        ("Timololo 0,5% collirio", {"timolol_ophthalmic"}),
        ("Ketokonazol NET 20 mg/g Schampo", set()),
        ("Prednisolon Evolan 31,25 mg Rektallösning", set()),
        ("cosopt", {"timolol_ophthalmic"}),
        ("POLYMYXIN/TRIMETHOPR 10000-1U-MG/ML SOL", set()),
        ("Nitroglycerin 2% ointment", {"nitrate"}),
        # A strong solution is infused: only a weak one is for the eye or the skin.
        ("GAMMAGARD LIQUID 10% SOL", {"immune_globulin"}),
        ("Immune globulin subcutaneous (human) 20% solution", {"immune_globulin_extravascular"}),
    ],
)
def test_a_local_form_is_not_the_systemic_drug(text: str, drugs: set[str], recognise: Recognise) -> None:
    assert recognise(text) == drugs
