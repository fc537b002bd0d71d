"""The evidence files against their specification (evidence.md 1.2, 1.3, 2.4, 2.7, 3, 4, 6; card-style.md section 5).

Expected values are transcribed from the specification, not from the files.
"""

import re
import shutil
from importlib.resources import files
from pathlib import Path

import pytest
from pydantic import ValidationError

from treatment_algorithm.evidence_model import Agreement, Evidence, Occasion, Source, load_evidence, needs_of
from treatment_algorithm.knowledge_errors import KnowledgeError

KNOWLEDGE = Path(str(files("treatment_algorithm"))) / "knowledge"
FILES = ("sources", "statements", "holes", "updates", "design_decisions", "sentences", "planned_safety")

QUOTES = {
    "S1": "no universally effective therapy",
    "S2": (
        "intensification of immunosuppressive therapy should be considered when calcinosis develops or "
        "progresses, particularly in the context of dermatomyositis or juvenile dermatomyositis"
    ),
    "S3": "diltiazem being the most evidence-supported pharmacologic option for partial response",
    "S4": "intensification of immunosuppressive therapy is the first-line approach",
    "S5": (
        "may prevent or limit calcinosis development, as calcinosis presence suggests active disease and "
        "delayed diagnosis"
    ),
    "S6": "Mycophenolate mofetil (MMF) may be useful for both muscle and skin disease including calcinosis in JDM",
    "S7": "Diltiazem is the most commonly used medication with the best evidence for partial response",
    "S8": "evidence shows only partial efficacy even at standard doses",
    "S9": "partial response in 5 of 8 cases (62.5%)",
    "S10": "Lower doses of diltiazem have only partial efficiency",
    "S11": "Colchicine, bisphosphonates, probenecid, warfarin, and intralesional corticosteroids show limited efficacy",
    "S12": "Minocycline, ceftriaxone, and aluminum hydroxide have been reported in case reports",
    "S13": (
        "Sodium thiosulfate (a vasodilator that chelates calcium) combined with abatacept showed improvement "
        "... off-label use"
    ),
    "S14": "Intravenous immunoglobulin may be useful as adjunct therapy, particularly when skin features are prominent",
    "S15": "Surgical excision is at least partially effective in localized calcinosis",
    "S16": "at least partial response in all followed cases (n=7,100% ...)",
    "S17": "curettage, surgical excision, carbon dioxide laser, and extracorporeal shock wave lithotripsy",
    "S18": "Negative pressure wound therapy can be used as an adjunct ... particularly for ulcerative lesions",
    "S19": "Intensify systemic immunosuppression first (high-dose corticosteroids + methotrexate or MMF)",
    "S20": "Add diltiazem for symptomatic calcinosis",
    "S21": "Consider IVIG for resistant disease with prominent skin features",
    "S22": "For localized, symptomatic calcinosis:",
    "S23": "Consider sodium thiosulfate (off-label) with or without abatacept",
    "S24": "Rituximab may be considered for refractory disease (takes up to 26 weeks to work)",
    "S25": "Anti-TNF therapies (infliximab or adalimumab preferred over etanercept) for refractory cases",
    "S26": (
        "may eventually regress spontaneously, though joint contractures and secondary infections are "
        "potential complications"
    ),
    "S27": (
        "classically occurs at subcutaneous level but may be intramuscular, in fascial planes, or in trauma-prone areas"
    ),
    "S28": "Treatment options may need to be adjusted based on pain severity",
    "S29": "discouraging to treat",
    "S30": "no controlled trials exist",
}

# evidence.md 1.2, column "Agrees?"; S10 ("plausible") and S22 (an empty list) can be neither yes nor no.
AGREEMENT = {
    Agreement.PARTLY: {"S2", "S3", "S4", "S7", "S11", "S23", "S25"},
    Agreement.NO: {"S30"},
    Agreement.CANNOT_TELL: {"S9", "S10", "S16", "S22"},
}

# evidence.md 2.4, column "From"; S9 and S16 are named there too, but their figures live on the page only (2.7).
FROM = {
    "R-INTENSIFY": "S2 S4 S6 S19",
    "R-ESCALATE": "S2 S4 S6 S14 S19 S21",
    "R-DILT": "S3 S7 S8 S10 S20",
    "R-IVIG": "S14 S21",
    "R-SURG": "S15 S17",
    "R-NPWT": "S18",
    "R-STS": "S13 S23",
    "R-RTX": "S24",
    "R-TNF": "S25",
    "R-PREV": "S5",
    "R-ASSESS": "S5 S28",
    "R-EXPECT": "S1 S26 S27 S29 S30",
    "OS-LIMITED": "S11",
    "OS-CASEREP": "S12",
}

# evidence.md 2.7: the sentence and its number of words.
SENTENCES = {
    "limits": ("Mostly case series; partial improvement is the realistic goal.", 9),
    "adult": ("From juvenile recommendations; limited evidence in adults.", 7),
    "activity": ("Confirm disease activity first; it is not on record.", 9),
    "local": ("The source text lists nothing for localized disease; this comes from its other sections.", 14),
    "off_label_sts": ("Off-label; published support with abatacept is one case.", 8),
    "rituximab": ("May take up to 26 weeks.", 6),
    "diltiazem": ("Partial response in 9 of 17 (one series); lower doses seem less effective.", 13),
    "diltiazem_ssc": ("In systemic sclerosis: slight X-ray improvement in 3 of 12.", 10),
    "surgery": ("Excision: at least partial response in 27 of 28 (one series); it can recur.", 14),
    "warfarin": ("One small controlled trial was negative; a 2020 review advises against low-dose warfarin.", 13),
    "anti_tnf_adult": ("Anti-TNF not suggested: guidance is juvenile; it can trigger or worsen dermatomyositis.", 12),
    "twelve_weeks": ("Reassessment point in the juvenile guidance: 12 weeks.", 8),
    "draft": ("Draft rules, not yet reviewed by a clinician.", 8),
}

UPDATES = "JAKI STS-LOCAL BISPH WARF RTX-TNF ABA IVIG BSR MINO VASO SR2023 SSC EULAR"

PLANNED = ""

# card-style.md section 5: the primary literature and the label that the worked cards link to.
CARD_LINKS = {
    "SHARE recommendations (2017)": "https://doi.org/10.1136/annrheumdis-2016-209247",
    "Surgery and diltiazem series (2012)": "https://doi.org/10.1001/archdermatol.2011.2052",
    "Diltiazem raises nifedipine (1990)": "https://doi.org/10.1097/00005344-199001000-00015",
    "Rituximab in myositis trial (2013)": "https://doi.org/10.1002/art.37754",
    "Cardizem LA prescribing information (US)": (
        "https://dailymed.nlm.nih.gov/dailymed/drugInfo.cfm?setid=3e180dc7-c871-4efc-8755-cae882976c8d"
    ),
    "Calcinosis treatment review, JAAD 2020": "https://doi.org/10.1016/j.jaad.2019.07.006",
    "Etanercept in juvenile dermatomyositis": "https://doi.org/10.1002/acr.22198",
    "Infliximab and adalimumab cohort (2020)": "https://doi.org/10.1186/s13075-020-02164-5",
}


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return load_evidence(KNOWLEDGE)


def test_every_statement_of_the_source_text_is_there_word_for_word(evidence: Evidence) -> None:
    assert {key: statement.quote for key, statement in evidence.statements.items()} == QUOTES
    assert list(evidence.statements) == [f"S{number}" for number in range(1, 31)]


def test_every_statement_carries_the_verdict_of_the_specification(evidence: Evidence) -> None:
    for agreement in (Agreement.PARTLY, Agreement.NO, Agreement.CANNOT_TELL):
        assert {key for key, s in evidence.statements.items() if s.agrees is agreement} == AGREEMENT[agreement]


def test_every_statement_lives_in_the_rules_that_name_it_as_their_source(evidence: Evidence) -> None:
    homeless = {
        (statement, rule)
        for rule, statements in FROM.items()
        for statement in statements.split()
        if rule not in evidence.statements[statement].homes
    }
    assert homeless == set()


@pytest.mark.parametrize("statement", ["S9", "S16"])
def test_a_figure_without_an_identified_source_lives_on_the_page_only(evidence: Evidence, statement: str) -> None:
    assert evidence.statements[statement].homes == ("guideline",)
    assert evidence.statements[statement].note == "figure of the source text, primary source not identified"


def test_every_home_is_a_rule_a_sentence_or_the_page(evidence: Evidence) -> None:
    homes = {home for statement in evidence.statements.values() for home in statement.homes}
    homes |= {home for hole in evidence.holes.values() for home in hole.homes}
    assert all(re.match(r"(SC|R|OS|SAFE)-|sentence:|guideline$", home) for home in homes)
    assert {home.removeprefix("sentence:") for home in homes if home.startswith("sentence:")} <= SENTENCES.keys()


def test_holes_updates_and_decisions_are_complete_and_in_order(evidence: Evidence) -> None:
    assert list(evidence.holes) == [f"H{number}" for number in range(1, 12)]
    assert list(evidence.updates) == [f"U-{name}" for name in UPDATES.split()]
    assert list(evidence.decisions) == [f"D-{number}" for number in range(16)]


def test_the_hole_about_safety_lists_the_checked_rules_and_no_planned_one(evidence: Evidence) -> None:
    homes = evidence.holes["H10"].homes
    assert len([home for home in homes if home.startswith("SAFE-DILT-")]) == 25
    assert len(set(homes)) == 87
    assert set(homes).isdisjoint(evidence.planned_safety)


def test_planned_safety_rules_are_those_that_this_version_does_not_check(evidence: Evidence) -> None:
    assert list(evidence.planned_safety) == PLANNED.split()


def test_standard_sentences_stand_word_for_word_and_in_order(evidence: Evidence) -> None:
    expected = [(key, text) for key, (text, _) in SENTENCES.items()]
    assert [(key, sentence.text) for key, sentence in evidence.sentences.items()] == expected


@pytest.mark.parametrize("key", SENTENCES)
def test_standard_sentences_have_the_length_that_the_budget_of_a_card_counts_on(evidence: Evidence, key: str) -> None:
    assert len(evidence.sentences[key].text.split()) == SENTENCES[key][1]


@pytest.mark.parametrize("key", SENTENCES)
def test_no_standard_sentence_gives_a_dose_or_a_figure_without_a_source(evidence: Evidence, key: str) -> None:
    """Lint rules L8 and L10 of card-style.md."""
    assert not re.search(r"\d\s?(mg|mcg|g|mL|units?|tablets?)\b", evidence.sentences[key].text)
    assert not re.search(r"5 of 8|62\.5|7 of 7|100 ?%", evidence.sentences[key].text)


ADULT = {Occasion.ALWAYS, Occasion.WHILE_DRAFT, Occasion.ACTIVITY_UNKNOWN, Occasion.ADULT_ONSET}
CHILD = ADULT - {Occasion.ADULT_ONSET}
LOCAL = {Occasion.ALWAYS, Occasion.WHILE_DRAFT, Occasion.NOT_SYSTEMIC_SCLEROSIS}
LOCAL_SSC = {Occasion.ALWAYS, Occasion.WHILE_DRAFT, Occasion.SYSTEMIC_SCLEROSIS}
WARFARIN = {Occasion.ALWAYS, Occasion.WHILE_DRAFT, Occasion.WARFARIN_ORDERED}
THIRD_LINE = {"R-STS", "R-RTX"}


@pytest.mark.parametrize(
    ("rules", "occasions", "options", "words"),
    [
        ({"SC-ACTIVE", "R-INTENSIFY"}, CHILD, set(), 26),
        ({"SC-ACTIVE", "R-INTENSIFY"}, ADULT, set(), 33),
        ({"SC-ACTIVE", "R-INTENSIFY", "R-DILT"}, ADULT, {"R-DILT"}, 46),
        ({"SC-ACTIVE", "R-ESCALATE"}, ADULT, set(), 41),
        ({"SC-ACTIVE", "R-ESCALATE", "R-DILT"}, ADULT, {"R-DILT"}, 54),
        ({"SC-LOCAL", "R-SURG", "R-DILT"}, LOCAL, {"R-SURG", "R-DILT"}, 58),
        ({"SC-LOCAL", "SC-SSC", "R-SURG", "R-DILT"}, LOCAL_SSC, {"R-SURG", "R-DILT"}, 55),
        ({"SC-REFRACT", "R-STS", "R-RTX"}, CHILD, THIRD_LINE, 40),
        ({"SC-REFRACT", "R-STS", "R-RTX", "R-DILT"}, ADULT, THIRD_LINE | {"R-DILT"}, 59),
        ({"OS-LIMITED"}, WARFARIN, set(), 30),
        ({"OS-DILT", "SAFE-DILT-BB", "SAFE-DILT-MYO"}, CHILD, set(), 8),
        ({"SAFE-WARF-CUA"}, CHILD, set(), 8),
    ],
)
def test_the_mandatory_sentences_of_a_card_have_the_sum_that_the_specification_states(
    evidence: Evidence, rules: set[str], occasions: set[Occasion], options: set[str], words: int
) -> None:
    """evidence.md 2.7, the paragraph under the table."""
    needs = needs_of(evidence.mandates, rules)
    keys = [n.sentence for n in needs if n.when in occasions and (n.option is None or n.option in options)]
    assert len(keys) == len(set(keys))
    assert sum(len(evidence.sentences[key].text.split()) for key in keys) == words


@pytest.mark.parametrize(
    "rule", ["R-PREV", "R-WORKUP", "SC-ACTIVE-Q", "OS-ABA", "OS-IVIG", "OS-MMF", "OS-MTX", "OS-CS"]
)
def test_a_rule_without_sentences_of_its_own_still_says_that_it_is_draft(evidence: Evidence, rule: str) -> None:
    """Decision 41; nothing about the limits of treatment where there is no calcinosis."""
    needs = needs_of(evidence.mandates, {rule})
    assert [n.sentence for n in needs if n.when in {Occasion.ALWAYS, Occasion.WHILE_DRAFT}] == ["draft"]


def test_an_order_of_a_drug_with_its_own_sentence_carries_it(evidence: Evidence) -> None:
    """Decision 41."""
    assert "rituximab" in [need.sentence for need in needs_of(evidence.mandates, {"OS-RTX"})]
    assert "off_label_sts" in [need.sentence for need in needs_of(evidence.mandates, {"OS-STS"})]


def test_a_rule_that_is_no_card_needs_no_sentence(evidence: Evidence) -> None:
    assert needs_of(evidence.mandates, {"SC-NONE", "OS-OTHER"}) == ()


def test_the_links_of_the_worked_cards_are_sources(evidence: Evidence) -> None:
    links = {source.label: source.url for source in evidence.sources.values()}
    assert {label: links.get(label) for label in CARD_LINKS} == CARD_LINKS


def test_labels_of_sources_are_short_enough_for_a_card_and_distinct(evidence: Evidence) -> None:
    labels = [source.label for source in evidence.sources.values()]
    assert max(len(label) for label in labels) <= 60
    assert len(labels) == len(set(labels))


def test_a_link_by_doi_pmc_or_pmid_is_the_one_that_the_citation_names(evidence: Evidence) -> None:
    for source in evidence.sources.values():
        for prefix in (
            "https://doi.org/",
            "https://pmc.ncbi.nlm.nih.gov/articles/",
            "https://pubmed.ncbi.nlm.nih.gov/",
        ):
            if source.url and source.url.startswith(prefix):
                assert source.url.removeprefix(prefix).strip("/") in source.citation


def test_only_what_was_read_in_the_source_itself_counts_as_read(evidence: Evidence) -> None:
    """The provenance marks of evidence.md; decision 13 lets a card be critical only on a source that was read."""
    assert evidence.sources["LABEL-CARTIA-XT"].read_itself
    assert evidence.sources["TRAINEAU"].read_itself
    assert not evidence.sources["ESC-HF-2016"].read_itself
    assert not evidence.sources["LABEL-LOVASTATIN"].read_itself
    assert not evidence.sources["REITER2011"].read_itself


@pytest.mark.parametrize("name", FILES)
def test_every_file_is_plain_text_without_tabs_or_markup_left_from_the_specification(name: str) -> None:
    text = (KNOWLEDGE / f"{name}.yaml").read_text(encoding="utf-8")
    assert not re.search(r"\t|`|\*\*|<br", text)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    for name in FILES:
        shutil.copy(KNOWLEDGE / f"{name}.yaml", tmp_path)
    with (tmp_path / "planned_safety.yaml").open("w", encoding="utf-8") as file:
        file.write("# one rule to come\n- {id: SAFE-PLANNED, drug: any, when: some day, action: MENTION, source: D}\n")
    return tmp_path


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"),
    [
        ("statements.yaml", "sources: [BOULMAN, DAVULURI]", "sources: [BOULMANN]", "BOULMANN is not known"),
        ("statements.yaml", "- id: S2\n", "- id: S1\n", "S1 stands twice"),
        ("statements.yaml", 'agrees: "partly"', 'agrees: "rather"', "agrees"),
        ("statements.yaml", 'agrees: "partly"', "agrees: no", "agrees"),
        ("statements.yaml", "homes: [guideline]", "homes: [page]", "homes"),
        ("statements.yaml", "homes: [guideline]", "homes: []", "homes"),
        ("statements.yaml", "homes: [guideline]", "homes: [SAFE-PLANNED]", "SAFE-PLANNED is not known"),
        ("holes.yaml", "homes: [SC-SSC]", 'homes: ["sentence:sclerosis"]', "sentence:sclerosis is not known"),
        ("updates.yaml", "sources: [NOWACZYK, DM-REVIEW]", "sources: [NOWACZYK, OTHER]", "OTHER is not known"),
        ("updates.yaml", "https://doi.org/10.3389", "http://doi.org/10.3389", "urls"),
        ("sentences.yaml", "sources: [SEED, RIM]", "sources: [SEED, RIMM]", "RIMM is not known"),
        ("sentences.yaml", "basis: [S24]", "basis: [S31]", "S31 is not known"),
        ("sentences.yaml", "{sentence: limits, when: always}", "{sentence: limit, when: always}", "limit is not known"),
        ("sentences.yaml", "when: adult_onset}", "when: adults}", "when"),
        ("sentences.yaml", "key: rituximab", "key: limits", "limits stands twice"),
        ("sources.yaml", 'mark: "unverified"', 'mark: "read"', "mark"),
        ("sources.yaml", "SHARE recommendations (2017)", "SHARE recommendations " + "x" * 60, "label"),
        ("sources.yaml", "  read:", "  reads:", "read"),
        ("design_decisions.yaml", "id: D-5", "id: D5", "id"),
        ("planned_safety.yaml", "drug:", "drugs:", "drug"),
    ],
)
def test_a_broken_file_is_refused_with_its_name_and_line(
    copied: Path, file: str, old: str, new: str, complaint: str
) -> None:
    text = (copied / file).read_text(encoding="utf-8")
    assert old in text
    (copied / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(KnowledgeError, match=re.escape(complaint)) as caught:
        load_evidence(copied)
    assert caught.value.file == file
    assert caught.value.line is not None
    assert caught.value.line > 1


def test_nothing_changes_after_loading(evidence: Evidence) -> None:
    source = evidence.sources["SHARE"]
    with pytest.raises(ValidationError):
        source.label = "another"  # type: ignore[misc]
    with pytest.raises(TypeError):
        evidence.sources["SHARE"] = source  # type: ignore[index]


def test_an_unknown_member_is_refused() -> None:
    with pytest.raises(ValidationError):
        Source.model_validate(
            {"id": "SHARE", "label": "x", "citation": "x", "url": None, "mark": "seen", "read": "x", "y": 1}
        )
