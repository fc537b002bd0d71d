"""Conditions, links and card texts in words: the guideline page says what the rule asks, and escapes everything."""

import pytest
from markupsafe import Markup

from cds_service.pages.card_words import CardWords
from cds_service.pages.conditions import Clause, ConditionWords
from cds_service.pages.links import Links
from treatment_algorithm.knowledge_base import KnowledgeBase
from treatment_algorithm.predicates import parse_predicate


@pytest.fixture(scope="module")
def links(knowledge: KnowledgeBase) -> Links:
    """The links of the shipped knowledge."""
    return Links(knowledge)


@pytest.fixture(scope="module")
def conditions(knowledge: KnowledgeBase, links: Links) -> ConditionWords:
    """Conditions of the shipped knowledge in words."""
    return ConditionWords(knowledge, links)


@pytest.fixture(scope="module")
def cards(knowledge: KnowledgeBase, conditions: ConditionWords) -> CardWords:
    """Texts of the shipped knowledge for a reader."""
    return CardWords(knowledge, conditions)


def plain(words: Markup) -> str:
    return words.striptags()


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("see S2.", "#s2"),
        ("(SAFE-TNF-DM)", "#safe-tnf-dm"),
        ("BALIN: 9 of 17", "#balin"),
        ("D-6, D-7", "#d-7"),
        ("doi:10.1016/0002-9149(87)90803-4)", "https://doi.org/10.1016/0002-9149(87)90803-4"),
        ("(doi:10.1007/s11926-020-00974-9): text", "https://doi.org/10.1007/s11926-020-00974-9"),
        ("doi:10.2215/CJN.00530108.", "https://doi.org/10.2215/CJN.00530108"),
        ("(PMID 37799613)", "https://pubmed.ncbi.nlm.nih.gov/37799613/"),
        ("PMC8494475 Table 2", "https://pmc.ncbi.nlm.nih.gov/articles/PMC8494475/"),
    ],
)
def test_an_id_in_a_text_leads_to_its_place(links: Links, text: str, address: str) -> None:
    linked = links.linked(text)
    assert f'href="{address}"' in linked
    assert plain(linked) == text


@pytest.mark.parametrize("text", ["S99", "SAFE-NOPE", "XS2", "R-DILTX", "SAFE-DILT-BB-2", "PMC12", "HS1-A"])
def test_what_has_no_place_of_its_own_is_no_link(links: Links, text: str) -> None:
    assert "<a" not in links.linked(text)


def test_a_mark_in_a_text_stands_out_and_stays_readable(links: Links) -> None:
    linked = links.linked("level 3 [seen]; wording [unverified wording]")
    assert '<span class="mark seen">seen</span>' in linked
    assert '<span class="mark unverified">unverified wording</span>' in linked


@pytest.mark.parametrize(
    ("mark", "kind"),
    [
        ("seen", "seen"),
        ("seen abstract", "partly"),
        ("seen secondary", "partly"),
        ("title only: seen title", "partly"),
        ("unverified", "unverified"),
        ("seen abstract; unverified for others", "unverified"),
        ("D", "decided"),
    ],
)
def test_a_mark_is_no_better_than_its_worst_word(links: Links, mark: str, kind: str) -> None:
    assert f'class="mark {kind}"' in links.mark(mark)


def test_texts_are_escaped(links: Links, cards: CardWords) -> None:
    assert links.linked("<b>S2</b> & more").startswith("&lt;b&gt;<a ")
    assert cards.words("a < b {proof} <i>") == 'a &lt; b <span class="blank">what is recorded</span> &lt;i&gt;'


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"measured": {"is": "systolic_bp", "below": 90}}, "measured systolic blood pressure (below 90)"),
        ({"condition": "tb_test"}, "recorded: interferon-gamma release assay (TB) or tuberculin skin test"),
        ({"feature": "F-DM"}, "Dermatomyositis (adult or juvenile), current"),
        ({"not": {"scenario": "SC-LOCAL"}}, "the scenario is not SC-LOCAL"),
        ({"not": {"usable": "methotrexate"}}, "methotrexate cannot be suggested"),
        ({"any": [{"not": {"feature": "F-MILD"}}, {"unknown": {"feature": "F-MILD"}}]},
         "not Calcinosis recorded as mild (or not known)"),
        ({"any": [{"unknown": {"usable": "diltiazem"}}, {"usable": "diltiazem"}]},
         "diltiazem can be suggested (or not known)"),
        ({"all": [{"age": {"below": 18}}, {"any": [{"sex": "female"}, {"taking": "diltiazem"}]}]},
         "age below 18 and (sex female or taking diltiazem)"),
        ({"allergic": "subject"}, "allergic to this drug"),
        ({"unknown": {"condition": "pacemaker"}}, "not known whether recorded: pacemaker"),
    ],
)  # fmt: skip
def test_a_condition_reads_as_words(conditions: ConditionWords, condition: object, words: str) -> None:
    assert plain(conditions.inline(parse_predicate(condition))) == words


def test_a_condition_with_parts_is_a_list_of_lists(conditions: ConditionWords) -> None:
    asked = {"all": [{"age": {"below": 18}}, {"not": {"any": [{"sex": "female"}, {"sex": "male"}]}}]}
    assert conditions.tree(parse_predicate(asked)) == Clause(
        Markup("All of:"),
        (
            Clause(Markup("age below 18")),
            Clause(Markup("None of:"), (Clause(Markup("sex female")), Clause(Markup("sex male")))),
        ),
    )


def test_a_group_of_drugs_leads_to_its_members(conditions: ConditionWords) -> None:
    assert conditions.name("anti_tnf") == '<a href="#group-anti-tnf">anti tnf</a>'
    assert {"infliximab", "adalimumab", "etanercept"} <= set(conditions.members("anti_tnf"))


def test_a_standard_sentence_is_written_out(cards: CardWords, knowledge: KnowledgeBase) -> None:
    assert cards.words("{s:limits}") == knowledge.evidence.sentences["limits"].text


def test_what_the_chart_fills_in_is_a_named_blank(cards: CardWords) -> None:
    assert cards.words("**{^order}** since {start:diltiazem}") == (
        '<span class="blank">drug</span> since <span class="blank">start of diltiazem</span>'
    )


def test_words_that_are_said_or_left_out_stand_in_a_blank(cards: CardWords) -> None:
    assert cards.words("off-label{not_in_children}") == (
        'off-label<span class="blank">, not established in children</span>'
    )
