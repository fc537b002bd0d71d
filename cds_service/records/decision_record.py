"""What is kept of one hook call, so that every card can be explained later (decision 25, goal G10).

Pseudonymised: the patient and the user under keyed hashes, the chart as coded and dated facts, no text, id or token.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec

from cards.compose import compose_cards
from cards.frame import EXTENSION
from cards.model import Card
from cards.normal_form import digest_of, normal_form
from cards.request_facts import RequestFacts
from cds_service.decide import Decision
from treatment_algorithm.assess import assess
from treatment_algorithm.assessment import Assessment, RuleResult
from treatment_algorithm.explanation import describe
from treatment_algorithm.feature_record import FeatureRecord, read_features, record_features
from treatment_algorithm.knowledge_base import KnowledgeBase
from treatment_algorithm.predicates import Predicate

_NOBODY = "00000000-0000-5000-8000-000000000000"


class ShownCard(msgspec.Struct, frozen=True, omit_defaults=True):
    """A card as it was answered, by its uuid, with the rules it carries and the uuids of its suggestions."""

    uuid: str
    indicator: str
    rules: tuple[str, ...] = ()
    suggestions: tuple[str, ...] = ()


class RuleAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a rule answered: yes, no or unknown, and the condition that decided it; `shadow`: it did not act."""

    result: str
    decided_by: str = ""
    note: str = ""
    shadow: bool = False


class DecisionRecord(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One hook call. `at`: UTC, ISO 8601. `today`: the site's day that was decided for.

    `outcome`: decided | precondition-failed (then there is nothing after `timings`). `timings` in milliseconds.
    `digest`: of the cards' normal form as the recorded features give them. `shadow_cards`: what would have been
    answered besides if the rules in shadow acted. `site_hash`: SHA-256 of the site file in force, empty without one.
    """

    at: str
    service: str
    hook: str
    hook_instance: str
    patient: str
    user: str
    outcome: str
    software: str
    knowledge: str
    knowledge_hash: str
    timings: dict[str, float]
    client: str | None = None
    tenant: str | None = None
    prefetch_key: str | None = None
    today: date | None = None
    scenarios: tuple[str, ...] = ()
    rules: dict[str, RuleAnswer] = {}
    features: dict[str, Any] = {}
    cards: tuple[ShownCard, ...] = ()
    digest: str = ""
    shadow_cards: tuple[ShownCard, ...] = ()
    site_hash: str = ""


class Words:
    """Conditions in words. They are the knowledge's own and live as long as it does, so each is described once."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Predicate, str]] = {}

    def describe(self, predicate: Predicate) -> str:
        """The description of a condition (explanation.describe)."""
        known = self._known.get(id(predicate))
        if known is None:
            # The condition is kept with its words: while it lives, no other has its identity.
            known = self._known[id(predicate)] = (predicate, describe(predicate))
        return known[1]


@dataclass(frozen=True, slots=True)
class CallFacts:
    """Of one call, what its record says beside the decision; see DecisionRecord."""

    at: str
    service: str
    hook: str
    hook_instance: str
    patient: str
    user: str
    software: str
    timings: Mapping[str, float]
    client: str | None = None
    tenant: str | None = None


def record_decision(
    call: CallFacts, decision: Decision, knowledge: KnowledgeBase, base_url: str, words: Words
) -> DecisionRecord:
    """The record of a decision; `words` keeps the descriptions of conditions from call to call."""
    assessment = decision.assessment
    recorded = record_features(decision.features)
    return DecisionRecord(
        **_of_call(call, knowledge),
        outcome="decided",
        today=assessment.case.today,
        scenarios=assessment.scenarios,
        rules={result.rule_id: _answer(result, words) for result in assessment.rules},
        features=dict(recorded.features),
        cards=tuple(_shown(card) for card in decision.cards),
        shadow_cards=tuple(_shown(card) for card in decision.shadow_cards),
        digest=_digest(decision.cards, assessment, recorded, knowledge, base_url),
    )


def record_refusal(call: CallFacts, prefetch_key: str, knowledge: KnowledgeBase) -> DecisionRecord:
    """The record of a call that was answered 412: nothing was evaluated, and why."""
    return DecisionRecord(**_of_call(call, knowledge), outcome="precondition-failed", prefetch_key=prefetch_key)


def replayed(record: DecisionRecord, knowledge: KnowledgeBase) -> tuple[Assessment, list[dict[str, Any]]]:
    """The recorded features assessed anew: the assessment, and the cards in their normal form.

    Raises msgspec.ValidationError when the features are not those of this version.
    """
    features = read_features(record.features)
    assessment = assess(features, knowledge, record.hook, record.today or date.min)
    cards = compose_cards(assessment, knowledge, _NO_REQUEST)
    return assessment, normal_form(cards, "", _Itself())


def encode_record(record: DecisionRecord) -> bytes:
    """The record as compressed JSON."""
    return zlib.compress(msgspec.json.encode(record), 1)


def decode_record(data: bytes) -> DecisionRecord:
    """The record of compressed JSON; raises ValueError when it is none."""
    try:
        return msgspec.json.decode(zlib.decompress(data), type=DecisionRecord)
    except zlib.error:
        raise ValueError("no record") from None


class _Itself(dict[str, str]):
    """References of a record stand for themselves."""

    def get(self, key: str, default: Any = None) -> Any:
        return key


_NO_REQUEST = RequestFacts(
    service_id="replay", hook_instance=_NOBODY, patient_id="replay", user_id="", encounter_id=None, base_url="",
    derive_uuid=lambda *_: _NOBODY,
)  # fmt: skip


def _of_call(call: CallFacts, knowledge: KnowledgeBase) -> dict[str, Any]:
    return {
        "at": call.at,
        "service": call.service,
        "hook": call.hook,
        "hook_instance": call.hook_instance,
        "patient": call.patient,
        "user": call.user,
        "software": call.software,
        "knowledge": knowledge.version,
        "knowledge_hash": knowledge.content_hash,
        "site_hash": knowledge.site.file_hash,
        "timings": dict(call.timings),
        "client": call.client,
        "tenant": call.tenant,
    }


def _digest(
    cards: Sequence[Card], assessment: Assessment, recorded: FeatureRecord, knowledge: KnowledgeBase, base_url: str
) -> str:
    """Of the real cards; where a card names a body site, of those that the record gives, for it holds no such text."""
    if cards and any(fact.body_sites for fact in assessment.case.features.conditions):
        features = read_features(recorded.features)
        again = compose_cards(
            assess(features, knowledge, assessment.hook, assessment.case.today), knowledge, _NO_REQUEST
        )
        return digest_of(normal_form(again, "", _Itself()))
    return digest_of(normal_form(cards, base_url, recorded.references))


def _shown(card: Card) -> ShownCard:
    rules: Any = (card.extension or {}).get(EXTENSION, {}).get("rules", ())
    suggestions = tuple(suggestion.uuid for suggestion in card.suggestions or ())
    return ShownCard(card.uuid, card.indicator, tuple(rules), suggestions)


def _answer(result: RuleResult, words: Words) -> RuleAnswer:
    decided_by = "" if result.decided_by is None else words.describe(result.decided_by)
    return RuleAnswer(result.truth, decided_by, result.note, result.shadow)
