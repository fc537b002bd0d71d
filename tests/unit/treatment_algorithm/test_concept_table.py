"""What a code, a name and a set stand for; expected values are those of evidence.md and the decisions."""

import time
from importlib.resources import files

import pytest

from treatment_algorithm.code_index import ATC, CVX, ICD_10, ICD_10_CM, LOINC, OID_SYSTEMS, RXNORM, SNOMED_CT
from treatment_algorithm.concept_table import ConceptKind, ConceptTable, load_concepts

CPT = "http://www.ama-assn.org/go/cpt"


@pytest.fixture(scope="module")
def table() -> ConceptTable:
    """The concept files of the product."""
    return load_concepts(files("treatment_algorithm") / "knowledge" / "concepts")


@pytest.mark.parametrize(
    ("system", "code", "concepts"),
    [
        (ICD_10_CM, "L94.2", {"calcinosis_cutis"}),  # evidence 2.1 F-CALC
        (ICD_10, "L94.2", {"calcinosis_cutis"}),
        (SNOMED_CT, "402425006", {"dermatomyositis"}),
        (SNOMED_CT, "396230008", {"dermatomyositis"}),  # F-DM
        (SNOMED_CT, "1212005", {"juvenile_dermatomyositis"}),  # F-JDM
        (ICD_10_CM, "M33.02", {"juvenile_dermatomyositis"}),
        (ICD_10_CM, "M33.13", {"dermatomyositis", "amyopathic_dermatomyositis"}),  # F-SKIN
        (ICD_10_CM, "M34.1", {"systemic_sclerosis", "crest_syndrome"}),  # F-SSC
        (ICD_10_CM, "M35.1", {"overlap_syndrome", "mixed_connective_tissue_disease"}),
        (SNOMED_CT, "403514006", {"calcinosis_cutis", "systemic_sclerosis"}),  # decision 42
        (SNOMED_CT, "1144911007", {"calcinosis_cutis", "dermatomyositis"}),  # decision 42
        (ICD_10_CM, "N18.5", {"chronic_kidney_disease", "ckd_stage_4_5", "ckd_stage_5"}),
        (ICD_10_CM, "N18.4", {"chronic_kidney_disease", "ckd_stage_4_5"}),
        (ICD_10_CM, "I50.22", {"heart_failure", "systolic_heart_failure"}),
        (RXNORM, "3443", {"diltiazem"}),
        (RXNORM, "830845", {"diltiazem"}),  # evidence 5: a product
        (RXNORM, "198153", {"colchicine", "probenecid"}),  # a combination: every ingredient
        (RXNORM, "10829", {"trimethoprim"}),  # the bare ingredient is not the combination
        (RXNORM, "198335", {"trimethoprim", "trimethoprim_sulfamethoxazole"}),
        (ATC, "C08DB01", {"diltiazem"}),
        (LOINC, "72514-3", {"pain_severity_0_10"}),
        (LOINC, "31204-1", {"hepatitis_b_core_igm"}),  # core IgM is no anti-HBc screening
        (CVX, "03", {"live_vaccine"}),
    ],
)
def test_a_code_stands_for_its_concepts(table: ConceptTable, system: str, code: str, concepts: set[str]) -> None:
    assert table.match(system, code) == concepts


@pytest.mark.parametrize("code", ["M33.13", "M3313", "m33.13", "m3313"])
def test_icd_codes_match_with_and_without_dots_in_either_case(table: ConceptTable, code: str) -> None:
    assert table.match(ICD_10_CM, code) == {"dermatomyositis", "amyopathic_dermatomyositis"}


def test_a_prefix_row_takes_codes_that_the_table_does_not_list(table: ConceptTable) -> None:
    assert table.match(ICD_10_CM, "G35.A") == {"demyelinating_disease"}
    assert table.match(ICD_10_CM, "M33") == frozenset()


@pytest.mark.parametrize(
    ("system", "code"),
    [
        (SNOMED_CT, "3443"),
        (RXNORM, "396230008"),
        (RXNORM, "L94.2"),
        (CPT, "97605"),
        ("", "L94.2"),
        ("http://snomed.info/sct/", "396230008"),
    ],
)
def test_a_right_code_under_a_wrong_system_matches_nothing(table: ConceptTable, system: str, code: str) -> None:
    assert table.match(system, code) == frozenset()


@pytest.mark.parametrize(
    ("oid", "code", "concept"),
    [
        ("urn:oid:2.16.840.1.113883.6.90", "L942", "calcinosis_cutis"),
        ("urn:oid:2.16.840.1.113883.6.3", "L94.2", "calcinosis_cutis"),
        ("urn:oid:2.16.840.1.113883.6.96", "396230008", "dermatomyositis"),
        ("urn:oid:2.16.840.1.113883.6.88", "3443", "diltiazem"),
        ("urn:oid:2.16.840.1.113883.6.1", "8480-6", "systolic_bp"),
        ("urn:oid:2.16.840.1.113883.6.73", "C08DB01", "diltiazem"),
        ("urn:oid:2.16.840.1.113883.12.292", "03", "live_vaccine"),
    ],
)
def test_an_oid_form_of_a_system_equals_its_uri(table: ConceptTable, oid: str, code: str, concept: str) -> None:
    assert concept in table.match(oid, code)
    assert table.match(oid, code) == table.match(OID_SYSTEMS[oid], code)


@pytest.mark.parametrize(
    ("code", "concept"),
    [
        ("F10.21", "alcohol_use_disorder_in_remission"),
        ("Z32.02", "pregnancy_test_negative"),
        ("M61.19", "fibrodysplasia_ossificans_progressiva"),
    ],
)
def test_a_more_specific_lookalike_wins_over_the_prefix_of_the_main_concept(
    table: ConceptTable, code: str, concept: str
) -> None:
    assert table.match(ICD_10_CM, code) == {concept}


def test_the_neighbour_of_a_lookalike_keeps_the_main_concept(table: ConceptTable) -> None:
    assert table.match(ICD_10_CM, "F10.20") == {"alcohol_use_disorder"}


@pytest.mark.parametrize(
    ("code", "concepts"),
    [
        ("L04AB01", {"etanercept"}),
        ("L04AB99", {"class_anti_tnf"}),
        ("L04AX99", {"class_immunosuppressants"}),
        ("L04A", {"class_immunosuppressants"}),
        ("H02AB08", {"triamcinolone"}),
    ],
)
def test_a_drug_class_counts_only_where_the_drug_is_unknown(table: ConceptTable, code: str, concepts: set[str]) -> None:
    # Otherwise etanercept by its ATC code would be two immunosuppressive lines (decision 14).
    assert table.match(ATC, code) == concepts


def test_every_exact_row_is_found_by_its_own_code(table: ConceptTable) -> None:
    lost = [
        (concept.key, row.code)
        for concept in table.concepts.values()
        for row in table.code_rows(concept.key)
        if not row.descendants and concept.key not in table.match(row.system, row.code)
    ]
    assert lost == []


def test_every_shipped_code_was_seen_and_none_is_cpt_or_hcpcs(table: ConceptTable) -> None:
    rows = [row for key in table.concepts for row in table.code_rows(key)]
    assert len(rows) > 5000
    assert {row.status for row in rows} == {"verified", "single-source"}
    assert {row.system for row in rows} == {ICD_10_CM, ICD_10, SNOMED_CT, RXNORM, LOINC, ATC, CVX}
    assert all(row.provenance for row in rows)


def test_every_snomed_code_passes_the_verhoeff_check(table: ConceptTable) -> None:
    rows = {row.code for key in table.concepts for row in table.code_rows(key) if row.system == SNOMED_CT}
    assert [code for code in sorted(rows) if not _verhoeff(code)] == []


def test_every_loinc_code_passes_the_mod_10_check(table: ConceptTable) -> None:
    rows = {row.code for key in table.concepts for row in table.code_rows(key) if row.system == LOINC}
    # The two answer codes do not follow the formula of the others.
    assert [code for code in sorted(rows) if not code.startswith("LA") and not _mod_10(code)] == []


@pytest.mark.parametrize(
    ("name", "inside", "outside"),
    [
        ("dm", {"dermatomyositis", "amyopathic_dermatomyositis"}, {"juvenile_dermatomyositis"}),
        ("ctd", {"systemic_sclerosis", "crest_syndrome", "systemic_lupus_erythematosus"}, {"sjogren_syndrome"}),
        (
            "steroid_sparing",
            {"methotrexate", "mycophenolate", "azathioprine", "tofacitinib", "tocilizumab"},
            {"hydroxychloroquine", "prednisolone", "immune_globulin", "diltiazem"},
        ),
        ("biologic", {"rituximab", "abatacept", "infliximab", "belimumab"}, {"tofacitinib"}),
        ("ivig", {"immune_globulin"}, {"immune_globulin_extravascular"}),
        ("heart_failure", {"heart_failure", "systolic_heart_failure"}, {"cardiomyopathy"}),
        (
            "thrombosis_indication",
            {
                "atrial_fibrillation_flutter",
                "thromboembolism",
                "stroke",
                "history_of_venous_thromboembolism",
                "transient_ischaemic_attack",
            },
            {"stroke_sequelae"},
        ),
        ("limited_efficacy", {"colchicine", "alendronate", "probenecid", "warfarin"}, {"minocycline", "triamcinolone"}),
        ("case_report_only", {"minocycline", "ceftriaxone", "aluminum_hydroxide"}, {"colchicine"}),
        ("referral_expert", {"referral_rheumatology", "referral_dermatology"}, {"referral_surgery"}),
        ("pacemaker", {"pacemaker_in_situ"}, {"implantable_defibrillator_in_situ"}),
        ("immunodeficiency", {"immunodeficiency", "hiv"}, {"immunosuppressed_status"}),
    ],
)
def test_a_set_holds_what_the_clinical_source_names(
    table: ConceptTable, name: str, inside: set[str], outside: set[str]
) -> None:
    assert inside <= table.expand(name)
    assert not outside & table.expand(name)


def test_a_single_concept_expands_to_itself_and_an_unknown_name_is_a_key_error(table: ConceptTable) -> None:
    assert table.expand("methotrexate") == {"methotrexate"}
    with pytest.raises(KeyError, match="aspirine"):
        table.expand("aspirine")
    with pytest.raises(KeyError, match="steroid_sparing"):
        table.code_rows("steroid_sparing")


def test_no_set_contains_a_lookalike(table: ConceptTable) -> None:
    members = frozenset().union(*table.sets.values())
    assert [key for key in sorted(members) if table.concepts[key].lookalike] == []


@pytest.mark.parametrize(
    ("concept", "system", "code"),
    [
        ("diltiazem", RXNORM, "3443"),
        ("infliximab", RXNORM, "191831"),
        ("adalimumab", RXNORM, "327361"),
        ("referral_rheumatology", SNOMED_CT, "306127007"),
        ("referral_surgery", SNOMED_CT, "183541002"),
        ("electrocardiogram", SNOMED_CT, "268400002"),
        ("tuberculosis_screening", SNOMED_CT, "171126009"),
        ("category_patient_referral", SNOMED_CT, "3457005"),
        ("category_evaluation_procedure", SNOMED_CT, "386053000"),
        ("hbsag", LOINC, "5196-1"),
        ("hepatitis_b_core_ab", LOINC, "13952-7"),
    ],
)
def test_a_draft_is_coded_with_the_verified_plain_row(
    table: ConceptTable, concept: str, system: str, code: str
) -> None:
    row = table.draft_coding(concept, system)
    assert (row.code, row.status) == (code, "verified")


@pytest.mark.parametrize(
    ("concept", "system"), [("diltiazem", LOINC), ("calciphylaxis", SNOMED_CT), ("nothing", RXNORM)]
)
def test_a_draft_without_a_verified_row_is_a_key_error(table: ConceptTable, concept: str, system: str) -> None:
    with pytest.raises(KeyError, match=concept):
        table.draft_coding(concept, system)


def test_names_are_looked_up_by_kind(table: ConceptTable) -> None:
    conditions, drugs = table.names(ConceptKind.CONDITION), table.names(ConceptKind.MEDICATION)
    for name in ("calcinosis cutis", "dystrophic calcinosis", "calcinosis universalis", "calcinosis circumscripta"):
        assert conditions[name] == {"calcinosis_cutis"}
    assert conditions["hypercalcemia"] == conditions["hypercalcaemia"] == {"hypercalcaemia"}
    assert drugs["ciclosporin"] == drugs["cyclosporine"] == drugs["neoral"] == {"cyclosporine"}
    assert drugs["bactrim"] == {"trimethoprim", "trimethoprim_sulfamethoxazole"}
    assert "diltiazem" not in conditions
    # A salt's word alone would find half of all drugs.
    assert not {"calcium", "sodium", "hydrochloride"} & drugs.keys()


def test_loading_takes_less_than_a_quarter_of_a_second() -> None:
    folder = files("treatment_algorithm") / "knowledge" / "concepts"
    times = []
    for _ in range(3):
        start = time.process_time()
        load_concepts(folder)
        times.append(time.process_time() - start)
    assert min(times) < 0.25


def _verhoeff(code: str) -> bool:
    """The check digit of SNOMED CT identifiers (dihedral group D5)."""
    permutation = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
    check = 0
    for place, digit in enumerate(reversed(code)):
        value = int(digit)
        for _ in range(place % 8):
            value = permutation[value]
        check = _d5(check, value)
    return check == 0


def _d5(left: int, right: int) -> int:
    if left < 5:
        return (left + right) % 5 if right < 5 else 5 + (left + right) % 5
    return 5 + (left - right) % 5 if right < 5 else (left - right) % 5


def _mod_10(code: str) -> bool:
    """The check digit of LOINC codes: every second digit from the right doubled, digits added up, to the next ten."""
    number, check = code.split("-")
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value // 10 + value % 10
    return (10 - total % 10) % 10 == int(check)
