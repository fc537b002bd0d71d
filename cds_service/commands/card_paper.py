"""Cards as a person reads them: urgency in a word and a colour, text, what a suggestion would do, links."""

from collections.abc import Sequence
from typing import Any

from rich.text import Text

from cards.detail import could_not_be_read
from cards.model import Action, Card, Suggestion
from cds_service.commands.paper import Paper, printable
from cds_service.decide import Decision
from treatment_algorithm.knowledge_base import KnowledgeBase

# Word and colour: the colour never stands alone.
_URGENCY = {"critical": "bold white on red", "warning": "bold black on yellow", "info": "bold white on blue"}
_SELECTION = {"any": "any of them", "at-most-one": "at most one", None: "any of them"}


def print_cards(decision: Decision, knowledge: KnowledgeBase, paper: Paper) -> None:
    """The cards of a decision, or the sentence that there is nothing to say; then what could not be read."""
    for number, card in enumerate(decision.cards, start=1):
        if number > 1:
            paper.line()
        _print_card(card, paper)
    if not decision.cards:
        rules = len(decision.assessment.rules)
        paper.line(f"Evaluated, nothing to say: {rules} rules, scenario {scenario_words(decision, knowledge)}.")
    for gap in gap_words(decision):
        paper.line(f"Gap: {gap}.")


def scenario_words(decision: Decision, knowledge: KnowledgeBase) -> str:
    """The scenarios that hold, with their titles; 'none' where none does."""
    titles = {scenario.id: scenario.title for scenario in knowledge.scenarios}
    said = [f"{scenario} ({titles[scenario]})" for scenario in decision.assessment.scenarios]
    return " and ".join(said) or "none"


def gap_words(decision: Decision) -> list[str]:
    """What could not be read or was left out, in words, nothing of its content."""
    gaps = could_not_be_read(decision.features)
    others = sum(issue.kind == "other-patient" for issue in decision.features.issues)
    unknown = sum(issue.kind == "unknown-drug" for issue in decision.features.issues)
    words = [f"could not be read: {gaps}"] if gaps else []
    if others:
        words.append(f"{others} {'entry' if others == 1 else 'entries'} about another patient, left out")
    if unknown:
        words.append(f"{unknown} {'drug' if unknown == 1 else 'drugs'} without a name or code")
    return words


def _print_card(card: Card, paper: Paper) -> None:
    headline = Text()
    headline.append(f" {card.indicator.upper()} ", style=_URGENCY[card.indicator])
    headline.append(f" {printable(card.summary)}", style="bold")
    paper.line(headline, hanging=2)
    paper.line()
    paper.markdown(card.detail, indent=2)
    if card.suggestions:
        paper.line()
        paper.line(f"Suggestions ({_SELECTION[card.selection_behavior]}):", indent=2, style="bold")
        for number, suggestion in enumerate(card.suggestions, start=1):
            _print_suggestion(number, suggestion, paper)
    paper.line()
    _print_frame(card, paper)


def _print_suggestion(number: int, suggestion: Suggestion, paper: Paper) -> None:
    paper.line(f"{number}. {suggestion.label}", indent=4, hanging=3)
    for action in suggestion.actions or ():
        paper.line(f"{action.type}: {action.description}", indent=7, hanging=2)
        for said in _draft_words(action):
            paper.line(said, indent=9, hanging=2)


def _draft_words(action: Action) -> list[str]:
    """What the draft order would say: its kind and status, the drug or service, the note."""
    if action.resource is None:
        return [f"removes {action.resource_id}"] if action.resource_id else []
    draft: dict[str, Any] = action.resource
    asked = draft.get("medicationCodeableConcept") or draft.get("code") or {}
    codes = [f"{coding.get('system')} {coding.get('code')}" for coding in asked.get("coding", ())]
    known_as = f" ({', '.join(codes)})" if codes else ""
    notes = [f"note: {note.get('text')}" for note in draft.get("note", ())]
    return [f"{draft.get('resourceType')}, {draft.get('status')}: {asked.get('text')}{known_as}", *notes]


def _print_frame(card: Card, paper: Paper) -> None:
    paper.line(f"Source: {card.source.label}", indent=2)
    links: Sequence[Any] = card.links or ()
    for link in links:
        paper.line(f"{link.label}: {link.url}", indent=2, hanging=2)
    reasons = "; ".join(reason.display or reason.code for reason in card.override_reasons or ())
    if reasons:
        paper.line(f"Reasons to dismiss it: {reasons}", indent=2, hanging=2)
