"""validate-knowledge sees rules that can never speak, entries that nothing uses, codes of two concepts."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from treatment_algorithm.knowledge_base import KnowledgeBase, knowledge_folder, load_knowledge
from treatment_algorithm.predicates import parse_predicate
from treatment_algorithm.rule_checks import SHARED_CODES, implies, rule_complaints


def test_the_shipped_knowledge_has_no_complaint(knowledge: KnowledgeBase) -> None:
    assert [str(complaint) for complaint in rule_complaints(knowledge, knowledge_folder())] == []


GOUT, PAIN, ULCER = {"condition": "gout"}, {"condition": "pain"}, {"condition": "skin_ulcer"}


@pytest.mark.parametrize(
    ("condition", "other", "implied"),
    [
        (GOUT, GOUT, True),
        (GOUT, PAIN, False),
        (GOUT, {"always": True}, True),
        ({"always": True}, GOUT, False),
        ({"all": [GOUT, PAIN]}, GOUT, True),
        ({"any": [GOUT, PAIN]}, GOUT, False),
        (GOUT, {"any": [GOUT, PAIN]}, True),
        (GOUT, {"all": [GOUT, PAIN]}, False),
        ({"any": [GOUT, PAIN]}, {"any": [PAIN, ULCER, GOUT]}, True),
        ({"any": [GOUT, ULCER]}, {"any": [GOUT, PAIN]}, False),
        ({"all": [PAIN, GOUT, ULCER]}, {"all": [GOUT, PAIN]}, True),
        ({"all": [{"any": [GOUT, PAIN]}, ULCER]}, {"any": [GOUT, PAIN]}, True),
        ({"not": GOUT}, GOUT, False),
        ({"not": GOUT}, {"not": GOUT}, True),
        ({"unknown": GOUT}, {"not": GOUT}, False),
    ],
)
def test_a_condition_implies_another_by_its_form(condition: Any, other: Any, implied: bool) -> None:
    assert implies(parse_predicate(condition), parse_predicate(other)) is implied


def test_a_text_without_a_condition_is_implied_by_all_and_implies_only_such() -> None:
    assert implies(parse_predicate(GOUT), None)
    assert not implies(None, parse_predicate(GOUT))
    assert implies(None, parse_predicate({"always": True}))


def appended(file: str, text: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        with (folder / file).open("a", encoding="utf-8") as target:
            target.write(text)

    return spoil


def replaced(file: str, old: str, new: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        text = (folder / file).read_text(encoding="utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")

    return spoil


FIRST_CASE = "  cases:\n    - when:\n        any:\n          - feature: F-PREG\n          - condition: lactation\n"

SPOILT: dict[str, tuple[Callable[[Path], None], str, str]] = {
    "a case after a wider one": (
        replaced(
            "safety/immunosuppressants.yaml",
            FIRST_CASE,
            "  cases:\n    - when: {any: [{condition: lactation}, {feature: F-PREG}, {condition: gout}]}\n"
            "      action: mention\n      ordered: Earlier\n" + FIRST_CASE.removeprefix("  cases:\n"),
        ),
        "immunosuppressants.yaml",
        "SAFE-MTX-PREG: case number 2 can never speak",
    ),
    "a variant of a word after a wider one": (
        replaced(
            "words.yaml",
            "    - {when: {feature: F-JDM}, text: juvenile dermatomyositis}\n",
            "    - {when: {any: [{feature: F-JDM}, {condition: gout}]}, text: gout}\n"
            "    - {when: {feature: F-JDM}, text: juvenile dermatomyositis}\n",
        ),
        "words.yaml",
        "disease: variant number 2 can never speak",
    ),
    "a scenario after the same one": (
        appended(
            "scenarios.yaml",
            "- id: SC-AGAIN\n  kind: base\n  title: Again\n  says: Again.\n  statements: []\n  sources: [D]\n"
            "  evidence: none\n  mark: D\n  when: {all: [{deceased: true}, {condition: gout}]}\n",
        ),
        "scenarios.yaml",
        "SC-AGAIN: it can never be the patient's scenario",
    ),
    "an order rule whose orders are taken": (
        appended(
            "orders.yaml",
            "- id: OS-AGAIN\n  title: Again\n  says: Again.\n  statements: []\n  sources: [D]\n  evidence: none\n"
            "  mark: D\n  orders: [warfarin]\n  checks_label: What is checked\n",
        ),
        "orders.yaml",
        "OS-AGAIN: earlier order rules take every order",
    ),
    "an override reason that no card offers": (
        appended("override_reasons.yaml", "- {code: bored, display: Bored}\n"),
        "override_reasons.yaml",
        "bored: no card offers this override reason",
    ),
    "a therapy that nothing asks for": (
        appended("therapies.yaml", "- {id: water, label: water, drugs: warfarin, immunosuppressive: false}\n"),
        "therapies.yaml",
        "water: no rule asks whether this therapy failed",
    ),
    "a set that nothing uses": (
        appended("concepts/sets.yaml", "lonely: [gout]\n"),
        "sets.yaml",
        "lonely: no rule, text or other set uses this set",
    ),
    "a set that only an unused set uses": (
        appended("concepts/sets.yaml", "lonely: [lonelier]\nlonelier: [gout]\n"),
        "sets.yaml",
        "lonelier: no rule, text or other set uses this set",
    ),
    "a rule that was seen in no source": (
        replaced("safety/immunosuppressants.yaml", "sources: [LABEL-METHOTREXATE]", "sources: [D]"),
        "immunosuppressants.yaml",
        "SAFE-MTX-PREG: it is marked 'seen' and names no source",
    ),
    "a code of two concepts that nobody meant": (
        replaced(
            "concepts/" + SHARED_CODES, '"http://snomed.info/sct|402865003"', '"http://snomed.info/sct|402865004"'
        ),
        "codes.csv",
        "402865003 is a code of antiphospholipid_syndrome, systemic_lupus_erythematosus",
    ),
    "a code of two concepts that is meant for others": (
        replaced(
            "concepts/" + SHARED_CODES,
            '402865003": [systemic_lupus_erythematosus, antiphospholipid_syndrome]',
            '402865003": [systemic_lupus_erythematosus, gout]',
        ),
        "codes.csv",
        "402865003 is a code of antiphospholipid_syndrome, systemic_lupus_erythematosus",
    ),
    "a code that is said to be shared and is not": (
        appended("concepts/" + SHARED_CODES, '"http://snomed.info/sct|90560007": [gout, pain]\n'),
        SHARED_CODES,
        "90560007 is not a code of several concepts",
    ),
}


@pytest.mark.parametrize(("spoil", "file", "message"), SPOILT.values(), ids=SPOILT.keys())
def test_a_complaint_names_file_and_line(
    spoil: Callable[[Path], None], file: str, message: str, tmp_path: Path
) -> None:
    folder = tmp_path / "knowledge"
    shutil.copytree(str(knowledge_folder()), folder, ignore=shutil.ignore_patterns("stories"))
    spoil(folder)
    complaints = list(rule_complaints(load_knowledge(folder), folder))
    (found,) = [one for one in complaints if message in one.message]
    assert found.file == file
    assert found.line is not None


def messages(knowledge: KnowledgeBase) -> list[str]:
    return [complaint.message for complaint in rule_complaints(knowledge, knowledge_folder())]


def test_a_card_after_one_that_is_always_written_is_named(knowledge: KnowledgeBase) -> None:
    narrower = {"all": [{"condition": "gout"}, {"condition": "pain"}]}
    first, second = (
        knowledge.cards[-1].model_copy(update={"id": name, "when": parse_predicate(when), "always": always})
        for name, when, always in (("wide", {"condition": "gout"}, True), ("narrow", narrower, False))
    )
    assert messages(replace(knowledge, cards=(*knowledge.cards, first, second))) == [
        "narrow: it can never be written: wide holds before it"
    ]
    assert messages(replace(knowledge, cards=(*knowledge.cards, second, first))) == []
    elsewhere = first.model_copy(update={"decision": "disease-control"})
    assert messages(replace(knowledge, cards=(*knowledge.cards, elsewhere, second))) == []


def test_a_card_leaves_its_place_when_none_of_its_options_is_left(knowledge: KnowledgeBase) -> None:
    """assess.py: a card without an option is not written, and the next one of its decision is asked."""
    card = next(card for card in knowledge.cards if not card.always and any(block.options for block in card.body))
    first = card.model_copy(update={"id": "first", "body": ()})
    again = card.model_copy(update={"id": "again"})
    others = [other for other in knowledge.cards if other.id != card.id]
    assert messages(replace(knowledge, cards=(*others, first, again))) == []
    assert messages(replace(knowledge, cards=(*others, card, again))) == [
        f"again: it can never be written: {card.id} holds before it"
    ]


def test_an_order_message_after_a_wider_one_is_named(knowledge: KnowledgeBase) -> None:
    rule = next(order for order in knowledge.orders if order.messages)
    wide = rule.messages[0].model_copy(update={"when": parse_predicate({"condition": ["gout"]})})
    narrow = wide.model_copy(update={"when": parse_predicate({"all": [{"condition": "gout"}, {"condition": "pain"}]})})
    orders = [
        order.model_copy(update={"messages": (*order.messages, wide, narrow)}) if order is rule else order
        for order in knowledge.orders
    ]
    (said,) = messages(replace(knowledge, orders=tuple(orders)))
    assert said.startswith(f"{rule.id}: message number {len(rule.messages) + 2} can never speak")


@pytest.mark.parametrize(
    ("earlier", "later", "taken"),
    [
        ({}, {}, True),
        ({"not_routes": ("topical",)}, {}, False),
        ({"not_routes": ("topical",)}, {"not_routes": ("topical",)}, True),
        ({"not_routes": ("topical",)}, {"routes": ("oral",)}, True),
        ({"not_routes": ("topical",)}, {"routes": ("topical",)}, False),
        ({"routes": ("oral",)}, {}, False),
        ({"routes": ("oral",)}, {"routes": ("oral",)}, True),
        ({"routes": ("oral",)}, {"routes": ("oral", "topical")}, False),
    ],
)
def test_an_order_rule_is_taken_route_by_route(
    earlier: dict[str, Any], later: dict[str, Any], taken: bool, knowledge: KnowledgeBase
) -> None:
    plain = knowledge.orders[-1].model_copy(update={"orders": ("lomitapide",), "routes": (), "not_routes": ()})
    first = plain.model_copy(update={"id": "OS-FIRST", **earlier})
    second = plain.model_copy(update={"id": "OS-SECOND", **later})
    said = messages(replace(knowledge, orders=(*knowledge.orders, first, second)))
    assert any(message.startswith("OS-SECOND: earlier order rules take") for message in said) is taken


def test_without_a_list_every_shared_code_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "knowledge"
    shutil.copytree(str(knowledge_folder()), folder, ignore=shutil.ignore_patterns("stories", SHARED_CODES))
    complaints = list(rule_complaints(load_knowledge(folder), folder))
    assert {complaint.file for complaint in complaints} == {"codes.csv"}
    assert any("1144911007 is a code of calcinosis_cutis, dermatomyositis" in one.message for one in complaints)
