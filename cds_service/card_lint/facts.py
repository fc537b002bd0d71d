"""Lint rules about what a card claims of the patient: L11, L12, L14 to L16 (card-style.md section 3)."""

import re
from collections.abc import Iterator

from cds_service.card_lint.answered import (
    PATIENT_VIEW,
    Answered,
    Json,
    actions_of,
    blocks_of,
    bullets_of,
    drug_concepts,
    drug_drafts,
    plain,
    rules_of,
    suggestions_of,
    texts_of,
)
from cds_service.card_lint.texts import MISSING
from treatment_algorithm.card_texts import NotRecorded
from treatment_algorithm.evaluation import holds
from treatment_algorithm.truth import Truth

THIRD_LINE = ("sodium_thiosulfate", "rituximab", "infliximab", "adalimumab", "abatacept")
ANTI_TNF = re.compile(r"anti-TNF|infliximab|adalimumab|etanercept|golimumab|certolizumab", re.IGNORECASE)
# What a card may call absent, and the question whose answer must then be no (card-style rule 10).
_STEROID = {"feature": "F-STEROID"}
_SPARING = {"feature": "F-SPARING"}
_ABSENT: dict[str, list[Json]] = {
    "no immunosuppressant recorded": [_STEROID, _SPARING],
    "no systemic corticosteroid recorded": [_STEROID],
    "no corticosteroid and no steroid-sparing agent recorded": [_STEROID, _SPARING],
    "no steroid-sparing agent recorded": [_SPARING],
    "no steroid-sparing agent recorded or drafted": [_SPARING, {"ordering": ["steroid_sparing", "ivig", "biologic"]}],
    "no dermatomyositis, systemic sclerosis or other connective-tissue disease recorded": [
        {"feature": "F-DM"},
        {"feature": "F-CTD"},
    ],
    "no connective-tissue disease recorded": [{"feature": "F-DM"}, {"feature": "F-CTD"}],
    "no calcinosis recorded": [{"feature": "F-CALC"}],
    "no pacemaker recorded": [{"condition": "pacemaker"}],
    "no failed treatment recorded": [{"feature": "F-RESIST"}],
    "no drug against tuberculosis recorded": [{"taking": "tb_treatment"}, {"took": "tb_treatment"}],
    "no drug against it recorded": [{"taking": "tb_treatment"}, {"took": "tb_treatment"}],
    "folic acid: none recorded or drafted": [
        {"taking": "folic_or_folinic_acid"},
        {"ordering": "folic_or_folinic_acid"},
    ],
    "no treatment recorded": [{"taking": "tb_treatment"}, {"took": "tb_treatment"}],
}
_CLAIM = re.compile(
    r"\bno (?:(?!is |are |not )[a-z-]+,? )+?recorded(?: or drafted)?\b"
    r"|(?:\b[a-z]+ [a-z]+: )?\bnone recorded\b(?: or drafted\b)?",
    re.IGNORECASE,
)


def absence_is_claimed_only_where_it_is_known(card: Json, answered: Answered) -> Iterator[str]:
    """L11, first half."""
    for place, text in texts_of(card):
        for match in _CLAIM.finditer(text):
            claim = match.group().lower()
            if claim not in _ABSENT:
                yield f"L11: {claim!r} in the {place}: which question must be no is not known to this lint"
            for question in _ABSENT.get(claim, []):
                if (truth := answered.truth(question)) is not Truth.NO:
                    yield f"L11: {claim!r} in the {place}, but {question} is {truth}"


def what_is_called_not_recorded_is_not(card: Json, answered: Answered) -> Iterator[str]:
    """L11, second half, and the limit of three items (L5)."""
    block = next((block for block in blocks_of(card) if block.startswith(MISSING)), None)
    if block is None:
        return
    known = _not_recorded_items(answered)
    said = re.split(r"[;.]", block.removeprefix(MISSING), maxsplit=1)[0]
    count = 0
    while said:
        label = max((label for label in known if said == label or said.startswith(f"{label}, ")), key=len, default=None)
        if label is None:
            yield f"L11: not a list of known items: {said!r}"
            return
        if all(holds(item.unless, answered.case) for item in known[label]):
            yield f"L11: {label!r} is on record"
        said = said.removeprefix(label).removeprefix(", ")
        count += 1
    if not 1 <= count <= 3:
        yield f"L5: {count} items are not recorded"


def _not_recorded_items(answered: Answered) -> dict[str, list[NotRecorded]]:
    knowledge = answered.knowledge
    lists = [card.not_recorded for card in knowledge.cards] + [rule.not_recorded for rule in knowledge.orders]
    lists += [message.not_recorded for rule in knowledge.orders for message in rule.messages]
    items: dict[str, list[NotRecorded]] = {}
    for item in (item for found in lists for item in found):
        items.setdefault(item.label, []).append(item)
    return items


def indicator_is_earned(card: Json, answered: Answered) -> Iterator[str]:
    """L12 (decision 13)."""
    if answered.hook == PATIENT_VIEW:
        if card["indicator"] != "info":
            yield f"L12: {card['indicator']} at patient-view"
        return
    safety = {rule.id: rule for rule in answered.knowledge.safety_rules}
    suppressing = [
        result.rule_id
        for result in answered.assessment.rules
        if result.rule_id in rules_of(card) and result.note.startswith("suppress ")
    ]
    proven = [name for name in suppressing if safety[name].seen or name == "SAFE-ALLERGY"]
    if card["indicator"] == "critical" and not proven:
        yield f"L12: critical without a SUPPRESS rule whose source was read: {rules_of(card)}"
    if answered.hook == "order-sign" and card["indicator"] == "info" and "could-not-check" not in str(card["source"]):
        yield "L12: an info card at order-sign (decision 36)"


def third_line_is_named_and_no_more(card: Json, answered: Answered) -> Iterator[str]:
    """L14 (decision 14)."""
    for suggestion in suggestions_of(card):
        named = {
            concept
            for action in suggestion["actions"]
            for concept in drug_concepts(action.get("resource", {}), answered.knowledge)
        } & set(THIRD_LINE)
        if named and suggestion.get("isRecommended"):
            yield f"L14: {sorted(named)} is recommended"
        if named and answered.hook == PATIENT_VIEW:
            yield f"L14: {sorted(named)} is drafted at patient-view"
    if answered.hook != PATIENT_VIEW:
        return
    labels = [answered.knowledge.label(concept) for concept in THIRD_LINE]
    for heading, bullet in bullets_of(card):
        named_first = next((label for label in labels if bullet.lower().startswith(label.lower())), None)
        if named_first and "in no order" not in heading:
            yield f"L14: {named_first} is named under {heading!r}"


def anti_tnf_is_not_suggested_to_adults(card: Json, answered: Answered) -> Iterator[str]:
    """L15 (D-12)."""
    if answered.feature("F-ADULT-DM") is not Truth.YES:
        return
    anti_tnf = answered.knowledge.concepts.expand("anti_tnf")
    for draft in drug_drafts(card):
        if found := drug_concepts(draft, answered.knowledge) & anti_tnf:
            yield f"L15: {sorted(found)} is drafted in adult-onset dermatomyositis"
    taken = answered.truth({"taking": "anti_tnf"}) is Truth.YES or answered.feature("F-RESIST") is Truth.YES
    if answered.hook != PATIENT_VIEW:
        return
    for line in (card["summary"], *plain(card["detail"]).split("\n")):
        told = taken and line == plain(card["detail"]).split("\n")[0]
        if (
            ANTI_TNF.search(line)
            and "not suggested" not in line
            and not told
            and not _about_a_current_drug(line, answered)
        ):
            yield f"L15: anti-TNF is named in adult-onset dermatomyositis: {line!r}"


def _about_a_current_drug(line: str, answered: Answered) -> bool:
    named = [concept for concept in answered.knowledge.concepts.expand("anti_tnf") if not concept.startswith("class_")]
    said = [concept for concept in named if answered.knowledge.label(concept).lower() in line.lower()]
    return bool(said) and all(answered.truth({"taking": concept}) is Truth.YES for concept in said)


def what_is_taken_is_not_started(card: Json, answered: Answered) -> Iterator[str]:
    """L16."""
    current = {
        concept
        for fact in answered.case.features.medications
        if fact.standing.counts_as_current and not fact.proof.unconfirmed
        for concept in fact.concepts
    }
    for concept in sorted(current):
        label = re.escape(answered.knowledge.label(concept))
        starting = re.compile(rf"\b(start|starting|add|adding|switch to|draft)\s+{label}\b", re.IGNORECASE)
        for place, text in texts_of(card):
            yield from (f"L16: {match.group()!r} in the {place}, but it is taken" for match in starting.finditer(text))
    for action in actions_of(card):
        resource = action.get("resource", {})
        if resource.get("resourceType") != "MedicationRequest":
            continue
        for concept in drug_concepts(resource, answered.knowledge):
            if answered.truth({"usable": concept}) is not Truth.YES:
                yield f"L16: {concept} is drafted, but it is current, failed, not tolerated or taken out"
