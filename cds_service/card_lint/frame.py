"""Lint rules about what a card is made of: L1, L21, L22 and L25 (card-style.md section 3)."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from cds_service.card_lint.answered import BASE_URL, PATIENT_VIEW, Answered, Json, rules_of, suggestions_of
from treatment_algorithm.knowledge_base import KnowledgeBase
from treatment_algorithm.partial_date import parse_date

# CDS Hooks 2.0: the members of each object of an answer.
CARD = frozenset(
    {
        "uuid",
        "summary",
        "indicator",
        "detail",
        "source",
        "suggestions",
        "selectionBehavior",
        "overrideReasons",
        "links",
        "extension",
    }
)
SOURCE = frozenset({"label", "url", "icon", "topic"})
CODING = frozenset({"code", "system", "display"})
SUGGESTION = frozenset({"label", "uuid", "isRecommended", "actions"})
ACTION = frozenset({"type", "description", "resource", "resourceId"})
LINK = frozenset({"label", "url", "type", "appContext"})
REASONS = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"
# Official displays as the worked cards of card-style.md section 5 print them.
DISPLAYS = {
    "action-completed": "Recommended action was already completed",
    "action-unsuccessful": "Recommended action was previously unsuccessful",
    "action-performed-no-adverse-effect": "Intended action was performed previously without adverse effect",
    "action-not-priority": "Recommended action is not relevant or a priority in current state of health",
    "expert-contradicts": "Advice from expert contradicts the recommended action",
    "indication-order-exists": "Patient has indication/order for intended action",
    "mitigate-risk-negative-outcome": "Action taken to mitigate risk of negative outcome",
    "need-more-info": (
        "Could not address recommended action due to need for more information/pending results/pending consult"
    ),
    "patient-contraindication": "Patient has contraindication to recommended action",
    "patient-refuses": "Patient refuses/declines (no context given)*",
    "risk-benefit-ratio": "Recipient assessment of risk/benefit ratio",
}
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_RANK = {"critical": 0, "warning": 1, "info": 2}


def only_members_of_the_standard(card: Json, answered: Answered) -> Iterator[str]:
    """L1."""
    yield from _members("card", card, CARD)
    yield from _members("source", card["source"], SOURCE)
    yield from _members("topic", card["source"]["topic"], CODING)
    for suggestion in suggestions_of(card):
        yield from _members("suggestion", suggestion, SUGGESTION)
        for action in suggestion["actions"]:
            yield from _members("action", action, ACTION)
    for link in card.get("links", []):
        yield from _members("link", link, LINK)
    for reason in card.get("overrideReasons", []):
        yield from _members("reason", reason, CODING)
    yield from (f"L1: nothing at {place}" for place in _empty(card, "card") if not _of_the_client(place, card))
    uuids = [card["uuid"], *(suggestion["uuid"] for suggestion in suggestions_of(card))]
    yield from (f"L1: {uuid} is no uuid" for uuid in uuids if not _UUID.fullmatch(uuid))
    everywhere = Counter(
        uuid for one in answered.cards for uuid in (one["uuid"], *(item["uuid"] for item in suggestions_of(one)))
    )
    yield from (f"L1: the uuid {uuid} stands {everywhere[uuid]} times" for uuid in uuids if everywhere[uuid] != 1)
    if card["indicator"] not in _RANK:
        yield f"L1: the indicator is {card['indicator']}"


def _members(what: str, value: Json, allowed: frozenset[str]) -> Iterator[str]:
    yield from (f"L1: {what} has the member {name}" for name in value.keys() - allowed)


def _empty(value: Any, place: str) -> Iterator[str]:
    if value is None or value in ("", [], {}):
        yield place
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _empty(inner, f"{place}.{name}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _empty(inner, f"{place}.{number}")


def _of_the_client(place: str, card: Json) -> bool:
    """An updated draft keeps what the client put into it."""
    match = re.match(r"card\.suggestions\.(\d+)\.actions\.(\d+)\.resource", place)
    return match is not None and card["suggestions"][int(match[1])]["actions"][int(match[2])]["type"] == "update"


def links_lead_somewhere(card: Json, answered: Answered) -> Iterator[str]:
    """L21 (decision 21)."""
    links = card.get("links", [])
    if not links:
        yield "L21: no link"
    for link in links:
        if link.get("type") != "absolute" or "appContext" in link or "autolaunchable" in link:
            yield f"L21: not a plain absolute link: {link}"
        if not _exists(link["url"], answered.knowledge):
            yield f"L21: a link to {link['url']}"
    url = card["source"].get("url")
    if url is not None and url not in [link["url"] for link in links]:
        yield "L21: the address of the source is not among the links"
    if len(card["source"]["label"]) > 60:
        yield f"L21: a source label of {len(card['source']['label'])} characters"
    if len({link["url"] for link in links}) < len(links):
        yield "L21: a link stands twice"


def _exists(url: str, knowledge: KnowledgeBase) -> bool:
    if url == f"{BASE_URL}/about":
        return True
    if url.startswith(f"{BASE_URL}/guideline#"):
        return url.partition("#")[2] in {rule.id.lower() for rule in knowledge.rules}
    known = {source.url for source in knowledge.evidence.sources.values()}
    return url in known and urlsplit(url).scheme == "https"


def override_reasons_are_official(card: Json, _: Answered) -> Iterator[str]:
    """L22."""
    reasons = card.get("overrideReasons", [])
    if not 3 <= len(reasons) <= 5:
        yield f"L22: {len(reasons)} override reasons"
    for reason in reasons:
        if reason.get("system") != REASONS or DISPLAYS.get(reason.get("code", "")) != reason.get("display"):
            yield f"L22: {reason}"


def the_answer_is_short_and_in_order(card: Json, answered: Answered) -> Iterator[str]:
    """L25, first half: counts and order; told once, on the first card."""
    if card is not answered.cards[0]:
        return
    ranks = [_RANK.get(one["indicator"], 3) for one in answered.cards]
    if ranks != sorted(ranks):
        yield f"L25: the cards stand as {[one['indicator'] for one in answered.cards]}"
    if answered.hook == PATIENT_VIEW:
        if len(answered.cards) > 3:
            yield f"L25: {len(answered.cards)} cards at patient-view"
    elif len(answered.cards) > len(answered.selected):
        yield f"L25: {len(answered.cards)} cards for {len(answered.selected)} selected orders"


def nothing_names_the_patient(card: Json, answered: Answered) -> Iterator[str]:
    """L25, second half; the references of drafts and basis are ids and not texts."""
    texts = [card["summary"], card["detail"], card["source"]["label"]]
    texts += [link["label"] for link in card.get("links", [])]
    for suggestion in suggestions_of(card):
        texts.append(suggestion["label"])
        for action in suggestion["actions"]:
            resource = action.get("resource", {})
            texts += [action.get("description", ""), *(note["text"] for note in resource.get("note", []))]
            if action["type"] == "create":
                texts.append(resource.get("code", {}).get("text", ""))
    for secret in _secrets(answered):
        if any(re.search(rf"(?<!\w){re.escape(secret)}(?!\w)", text) for text in texts):
            yield "L25: a name, birth date or identifier of the patient is on the card"


def _secrets(answered: Answered) -> Iterator[str]:
    patient = (answered.request.get("prefetch") or {}).get("patient") or {}
    for name in patient.get("name", []):
        yield from (part for part in (name.get("family", ""), *name.get("given", [])) if len(part) > 2)
    birth = patient.get("birthDate", "")
    if len(birth) > 4:
        yield birth
        yield str(parse_date(birth))
    yield from (item["value"] for item in patient.get("identifier", []) if len(item.get("value", "")) > 2)


def the_extension_says_why(card: Json, answered: Answered) -> Iterator[str]:
    """Section 2, Extension: rules that exist, the version, the review state."""
    known = {rule.id for rule in answered.knowledge.rules}
    yield from (f"EXT: no rule {rule}" for rule in rules_of(card) if rule not in known)
    (extension,) = card["extension"].values()
    if extension["knowledge"] != answered.knowledge.version or extension["review"] not in ("draft", "approved"):
        yield f"EXT: {extension}"
