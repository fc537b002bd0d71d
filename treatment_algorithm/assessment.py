"""Assessment: what the algorithm found for one patient, ready to be worded (cards) and traced (cds_service)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from treatment_algorithm.case import Answer, Case
from treatment_algorithm.features import OrderFact, Proof
from treatment_algorithm.knowledge_model import (
    Action,
    CardTemplate,
    OrderMessage,
    OrderRule,
    Recommendation,
    SafetyCase,
    SafetyRule,
)
from treatment_algorithm.predicates import Predicate
from treatment_algorithm.truth import Truth


class Side(StrEnum):
    """From which side a safety rule is looked at."""

    SUGGESTED = "suggested"
    ORDERED = "ordered"
    PARTNER_ORDERED = "partner-ordered"


class SafetyFinding(msgspec.Struct, frozen=True):
    """A safety rule's answer about one drug; a struct, because some sixty are made for every request.

    `case` is the acting tier (only when `truth` is yes). `drug` is the concept judged, `partner` the concept of the
    other drug of a pair; `partner_proofs` are its entries.
    """

    rule: SafetyRule
    drug: str
    side: Side
    truth: Truth
    case: SafetyCase | None
    proofs: tuple[Proof, ...]
    decided_by: Predicate
    partner: str | None = None
    partner_proofs: tuple[Proof, ...] = ()

    @property
    def action(self) -> Action | None:
        """What the rule does, None unless it fired."""
        return self.case.action if self.case else None


class DropReason(StrEnum):
    """Why a recommendation is not on the card although its condition holds."""

    CURRENT = "current"
    DRAFTED = "drafted"
    FAILED = "failed"
    NOT_USABLE = "not usable"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True)
class Option:
    """A recommendation that is kept, with the safety findings of the drugs that it still names.

    `taken_out`: those of its drugs that are not suggested.
    """

    recommendation: Recommendation
    judged: tuple[SafetyFinding, ...]
    proofs: tuple[Proof, ...]
    taken_out: "tuple[Dropped, ...]" = ()

    @property
    def findings(self) -> tuple[SafetyFinding, ...]:
        """The findings that fired."""
        return tuple(finding for finding in self.judged if finding.case)


@dataclass(frozen=True, slots=True)
class Dropped:
    """A recommendation that is not given, and why; `finding` when a safety rule took it out."""

    recommendation: Recommendation
    reason: DropReason
    drug: str
    finding: SafetyFinding | None = None
    proofs: tuple[Proof, ...] = ()
    judged: tuple[SafetyFinding, ...] = ()


@dataclass(frozen=True, slots=True)
class ChartCard:
    """A patient-view card to be written: its template, the options kept and dropped, the case as it asks it."""

    template: CardTemplate
    case: Case
    options: tuple[Option, ...]
    dropped: tuple[Dropped, ...]
    proofs: tuple[Proof, ...]


@dataclass(frozen=True, slots=True)
class OrderCard:
    """A card about one selected order: its OS rule, the message that holds, the safety findings that fired."""

    order: OrderFact
    drug: str
    case: Case
    rule: OrderRule | None
    message: OrderMessage | None
    findings: tuple[SafetyFinding, ...]
    proofs: tuple[Proof, ...]
    could_not_check: bool = False


class RuleResult(msgspec.Struct, frozen=True):
    """One line of the trace: what a rule answered, what decided it, what proves it.

    `note` says in words why a rule was not asked, or was dropped. `shadow`: the rule was asked and does not act here.
    """

    rule_id: str
    kind: str
    truth: Truth
    decided_by: Predicate | None = None
    proofs: tuple[Proof, ...] = ()
    note: str = ""
    shadow: bool = False


@dataclass(frozen=True, slots=True)
class Assessment:
    """Everything decided for one hook call: features, every rule's result, the cards to be written.

    `shadow`: what the assessment would be if the site's rules in shadow acted, None when none is in shadow.
    """

    hook: str
    case: Case
    features: Mapping[str, Answer]
    scenarios: tuple[str, ...]
    rules: tuple[RuleResult, ...]
    cards: tuple[ChartCard | OrderCard, ...]
    shadow: "Assessment | None" = None
