"""Answered: one answer of the service with what the lint needs of the request, the chart and the decision."""

import asyncio
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec

from cds_service.decide import decide
from cds_service.ehr.prefetch import gather
from cds_service.hook_request import decode
from cds_service.services import prefetch_templates
from cds_service.settings import Settings
from treatment_algorithm.assessment import Assessment, OrderCard
from treatment_algorithm.case import Case
from treatment_algorithm.evaluation import ask
from treatment_algorithm.knowledge_base import KnowledgeBase
from treatment_algorithm.predicates import parse_predicate
from treatment_algorithm.truth import Truth

Json = dict[str, Any]
PATIENT_VIEW = "patient-view"
BASE_URL = "https://cds.example.org"
COULD_NOT_CHECK = "could-not-check"


@dataclass(frozen=True, slots=True)
class Answered:
    """The cards of one answer as JSON, the request they answer (its context and Patient), and how it was decided."""

    cards: tuple[Json, ...]
    request: Mapping[str, Any]
    assessment: Assessment
    knowledge: KnowledgeBase

    @property
    def hook(self) -> str:
        """The hook of the request."""
        return self.assessment.hook

    @property
    def case(self) -> Case:
        """The chart as the algorithm asked it."""
        return self.assessment.case

    @property
    def context(self) -> Mapping[str, Any]:
        """The request's context."""
        context: Mapping[str, Any] = self.request["context"]
        return context

    @property
    def drafts(self) -> dict[str, Json]:
        """The draft orders of the request by `Type/id`."""
        entries = self.context.get("draftOrders", {}).get("entry", [])
        resources = [entry.get("resource", {}) for entry in entries if isinstance(entry, dict)]
        named = (r for r in resources if isinstance(r, dict) and isinstance(r.get("id"), str))
        return {f"{resource.get('resourceType')}/{resource['id']}": resource for resource in named}

    @property
    def selected(self) -> frozenset[str]:
        """The references of the selected orders; at order-sign every draft is (decision 36)."""
        return frozenset(self.context.get("selections", self.drafts))

    def truth(self, question: Json) -> Truth:
        """The answer of this chart to a question written as in the knowledge files."""
        return ask(parse_predicate(question), self.case).truth

    def feature(self, name: str) -> Truth:
        """The value of a clinical feature."""
        return self.case.answers[name].truth


def answer(request: Json, knowledge: KnowledgeBase, settings: Settings, today: date) -> Answered:
    """The answer of the whole service, short of HTTP, to a request whose prefetch is complete."""
    hook_request = decode(json.dumps(request).encode())
    chart = asyncio.run(gather(hook_request, prefetch_templates(()), None, math.inf))
    decision = decide(hook_request, chart, knowledge, settings, today)
    cards = msgspec.json.decode(msgspec.json.encode(decision.cards))
    return Answered(tuple(cards), request, decision.assessment, knowledge)


def rules_of(card: Json) -> list[str]:
    """The rules of a card's extension."""
    (extension,) = card["extension"].values()
    rules: list[str] = extension.get("rules", [])
    return rules


def plan_of(card: Json, answered: Answered) -> OrderCard | None:
    """The order card that was planned for a card; None at patient-view."""
    (extension,) = card["extension"].values()
    plans = (plan for plan in answered.assessment.cards if isinstance(plan, OrderCard))
    return next((plan for plan in plans if plan.order.reference in extension.get("basis", [])[:1]), None)


def suggestions_of(card: Json) -> list[Json]:
    """The suggestions of a card."""
    found: list[Json] = card.get("suggestions", [])
    return found


def actions_of(card: Json) -> list[Json]:
    """Every action of every suggestion."""
    return [action for suggestion in suggestions_of(card) for action in suggestion.get("actions", [])]


def drug_drafts(card: Json) -> list[Json]:
    """The medication requests that a card offers to create or update."""
    resources = [action.get("resource", {}) for action in actions_of(card) if action["type"] != "delete"]
    return [resource for resource in resources if resource.get("resourceType") == "MedicationRequest"]


def drug_concepts(resource: Json, knowledge: KnowledgeBase) -> frozenset[str]:
    """The concepts of a drug draft's codings."""
    codings = resource.get("medicationCodeableConcept", {}).get("coding", [])
    return frozenset(c for coding in codings for c in knowledge.concepts.match(coding["system"], coding["code"]))


def plain(text: str) -> str:
    """Card Markdown without bold marks."""
    return text.replace("**", "")


def texts_of(card: Json) -> Iterator[tuple[str, str]]:
    """Every text of a card that we wrote, with the place where it stands."""
    yield "summary", card["summary"]
    yield "detail", plain(card["detail"])
    for suggestion in suggestions_of(card):
        yield "label", suggestion["label"]
        for action in suggestion.get("actions", []):
            yield "description", action.get("description", "")
            resource = action.get("resource", {})
            yield from (("note", note["text"]) for note in resource.get("note", []))
            if action["type"] == "create" and "code" in resource:
                yield "code", resource["code"].get("text", "")


def blocks_of(card: Json) -> list[str]:
    """The paragraphs of the detail."""
    detail: str = card["detail"]
    return detail.split("\n\n")


def bullets_of(card: Json) -> Iterator[tuple[str, str]]:
    """Every bullet of the detail with the heading of its block."""
    for block in blocks_of(card):
        heading, _, rest = block.partition("\n") if not block.startswith("- ") else ("", "", block)
        yield from ((plain(heading), line[2:]) for line in rest.split("\n") if line.startswith("- "))


def could_not_check(card: Json) -> bool:
    """Whether the card only says what could not be checked."""
    return bool(card["source"]["topic"]["code"] == COULD_NOT_CHECK)


def words(text: str) -> int:
    """Words as rule L3 counts them."""
    return len(re.sub(r"^- ", "", plain(text), flags=re.MULTILINE).split())
