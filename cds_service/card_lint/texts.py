"""Lint rules about what a card says: L2 to L10 and L24 (card-style.md section 3)."""

import re
from collections.abc import Iterator

from cds_service.card_lint.answered import (
    Answered,
    Json,
    blocks_of,
    could_not_check,
    plain,
    plan_of,
    rules_of,
    texts_of,
    words,
)
from treatment_algorithm.evidence_model import Occasion, needs_of
from treatment_algorithm.truth import Truth

SUMMARY_LIMIT, DETAIL_LIMIT, MANDATORY_LIMIT = 120, 150, 59
DRAFT = "Draft rules, not yet reviewed by a clinician."
WHY, EVIDENCE, GAPS, MISSING = (
    "**Why this card:** ",
    "**Evidence:** ",
    "**Could not be read:** ",
    "**Not recorded:** ",
)

_NOT_MARKDOWN = re.compile(r"[<>&`|]|\]\(|^#|^[ \t]+- |^[ \t]*[*+] |^\d+\. ", re.MULTILINE)
_DOSE = re.compile(
    r"\b\d[\d.,]*\s?(mg|mcg|micrograms?|milligrams?|g|grams?|mL|units?|IU|tablets?)\b"
    r"|\b(daily|weekly|twice|per week|once a day|every \d+ (hours|days|weeks))\b",
    re.IGNORECASE,
)
_LABELLED_LIMIT = re.compile(r"\babove \d+ mg a day\b")
_BANNED = re.compile(
    r"\bmust\b|\bcure[sd]?\b|\btreats\b|gold standard|guarantee|(?<!almost )no controlled trials|\balert\b"
    r"|refer to rheumatology",
    re.IGNORECASE,
)
_UNFOUNDED = re.compile(r"\b5 of 8\b|62\.5|\b7 of 7\b|\b100 ?%")


def summary_is_one_short_line(card: Json, _: Answered) -> Iterator[str]:
    """L2."""
    summary = card["summary"]
    if len(summary) > SUMMARY_LIMIT:
        yield f"L2: the summary has {len(summary)} characters: {summary}"
    if not summary.strip() or "\n" in summary or "!" in summary or re.search(r"[.?]\s|[.]$", summary):
        yield f"L2: the summary is not one line and one sentence: {summary!r}"


def detail_is_short(card: Json, _: Answered) -> Iterator[str]:
    """L3."""
    count = words(card["detail"])
    if count > DETAIL_LIMIT:
        yield f"L3: the detail has {count} words"


def detail_keeps_to_the_markdown_subset(card: Json, _: Answered) -> Iterator[str]:
    """L4; braces are a placeholder that was not filled."""
    for place in ("summary", "detail"):
        for match in _NOT_MARKDOWN.finditer(card[place]):
            yield f"L4: {match.group()!r} in the {place}"
    if card["detail"].count("**") % 2:
        yield "L4: a bold mark is not closed"
    yield from (f"L4: a placeholder was not filled: {text}" for _, text in texts_of(card) if re.search(r"[{}]", text))


def blocks_stand_in_order(card: Json, _: Answered) -> Iterator[str]:
    """L5."""
    blocks = blocks_of(card)
    if not blocks[0].startswith(WHY):
        yield f"L5: the first block is {blocks[0]!r}"
    if any(not block.strip() for block in blocks):
        yield "L5: an empty block"
    for heading in (EVIDENCE, GAPS, MISSING):
        if sum(block.startswith(heading.rstrip()) for block in blocks) > 1:
            yield f"L5: {heading} stands twice"
    if not could_not_check(card) and not any(block.startswith(EVIDENCE) for block in blocks):
        yield "L5: no evidence line"
    tail = [part for block in blocks for part in (EVIDENCE, GAPS, MISSING, DRAFT) if block.startswith(part)]
    positions = [blocks.index(block) for block in blocks if block.startswith((EVIDENCE, GAPS, MISSING, DRAFT))]
    if tail != sorted(tail, key=(EVIDENCE, GAPS, MISSING, DRAFT).index):
        yield f"L5: the last blocks stand as {tail}"
    if positions and positions != list(range(positions[0], len(blocks))):
        yield f"L5: something stands between or after the last blocks: {blocks[positions[0] :]}"


def mandatory_sentences_are_there(card: Json, answered: Answered) -> Iterator[str]:
    """L6."""
    if could_not_check(card):
        return
    evidence, rules = answered.knowledge.evidence, spoken_rules(card, answered)
    needed = [
        evidence.sentences[need.sentence].text
        for need in needs_of(evidence.mandates, rules)
        if _occurs(need.when, card, answered) and (need.option is None or need.option in rules)
    ]
    detail = plain(card["detail"])
    yield from (f"L6: not said: {text!r}" for text in needed if text not in detail)
    total = sum(words(text) for text in dict.fromkeys(needed))
    if total > MANDATORY_LIMIT:
        yield f"L6: the mandatory sentences have {total} words"


def spoken_rules(card: Json, answered: Answered) -> list[str]:
    """The rules of a card without an OS rule whose message is silent.

    What is left then is a SAFE card, whose one mandatory sentence is the draft line (evidence.md 2.7).
    """
    plan = plan_of(card, answered)
    silent = plan is not None and plan.message is None
    return [rule for rule in rules_of(card) if not (silent and rule.startswith("OS-"))]


def _occurs(occasion: Occasion, card: Json, answered: Answered) -> bool:
    sclerosis = answered.feature("F-SSC") is Truth.YES and answered.feature("F-DM") is not Truth.YES
    warfarin = ("coumarol", "procoumon", "arfarin", "itamin K")
    return {
        Occasion.ALWAYS: True,
        Occasion.WHILE_DRAFT: answered.knowledge.draft,
        Occasion.ACTIVITY_UNKNOWN: answered.feature("F-ACT") is Truth.UNKNOWN,
        Occasion.ADULT_ONSET: answered.feature("F-ADULT-DM") is Truth.YES,
        Occasion.SYSTEMIC_SCLEROSIS: sclerosis,
        Occasion.NOT_SYSTEMIC_SCLEROSIS: not sclerosis,
        Occasion.CALCINOSIS_CURRENT: answered.feature("F-CALC") is Truth.YES,
        Occasion.WARFARIN_ORDERED: any(word in card["summary"] for word in warfarin),
    }[occasion]


def draft_line_is_there_while_a_rule_is_draft(card: Json, answered: Answered) -> Iterator[str]:
    """L7."""
    reviews = {rule.id: rule.review for rule in answered.knowledge.rules}
    draft = could_not_check(card) or any(reviews[rule] == "draft" for rule in rules_of(card))
    if card["detail"].endswith(DRAFT) is not draft:
        yield "L7: the draft line is missing" if draft else "L7: a draft line although every rule is approved"


def nothing_names_a_dose(card: Json, answered: Answered) -> Iterator[str]:
    """L8, with the labelled limits that decision 44 allows in the detail."""
    for place, text in texts_of(card):
        allowed = _LABELLED_LIMIT.sub("", text) if place == "detail" else text
        yield from (f"L8: {match.group()!r} in the {place}" for match in _DOSE.finditer(allowed))
    for action in card.get("suggestions", []):
        for resource in (inner.get("resource", {}) for inner in action["actions"]):
            yield from (
                f"L8: {name} in a draft" for name in ("dosageInstruction", "dispenseRequest") if name in resource
            )


def no_word_promises_or_commands(card: Json, _: Answered) -> Iterator[str]:
    """L9."""
    for place, text in texts_of(card):
        yield from (f"L9: {match.group()!r} in the {place}" for match in _BANNED.finditer(text))


def no_figure_without_a_source(card: Json, _: Answered) -> Iterator[str]:
    """L10."""
    for place, text in texts_of(card):
        yield from (f"L10: {match.group()!r} in the {place}" for match in _UNFOUNDED.finditer(text))


def off_label_is_said(card: Json, answered: Answered) -> Iterator[str]:
    """L24: diltiazem and sodium thiosulfate are unlabelled for calcinosis."""
    offered = {"R-DILT", "R-STS", "OS-STS"} & set(spoken_rules(card, answered))
    if offered and "off-label" not in card["detail"].lower():
        yield f"L24: off-label is not said of {sorted(offered)}"
