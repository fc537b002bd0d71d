"""The two figures of the guideline page: from a chart to its cards, and from an order to its card."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from markupsafe import Markup

from cds_service.pages.conditions import ConditionWords
from cds_service.pages.decision_flow import FlowStep, flow_steps, scope_question
from cds_service.pages.flow_drawing import LAYOUTS, FlowDrawing
from cds_service.pages.flow_rows import Row, note_row, text_row
from cds_service.pages.links import anchor_of
from treatment_algorithm.knowledge_base import KnowledgeBase


@dataclass(frozen=True, slots=True)
class Panel:
    """One part of a figure in every layout; `rule`: the scenario that it shows, empty for what is none."""

    drawing: Markup
    rule: str = ""


@dataclass(frozen=True, slots=True)
class FlowFigures:
    """Both figures as panels, and the steps of the first for its version in words."""

    chart: tuple[Panel, ...]
    order: tuple[Panel, ...]
    steps: tuple[FlowStep, ...]
    with_card: Collection[str]


def flow_figures(knowledge: KnowledgeBase, conditions: ConditionWords, with_card: Collection[str]) -> FlowFigures:
    """The figures of this knowledge; `with_card`: the scenarios that some card is about."""
    steps = flow_steps(knowledge, conditions)
    return FlowFigures(
        tuple(_chart(knowledge, steps, with_card)), tuple(_order(knowledge, conditions)), steps, with_card
    )


def _chart(knowledge: KnowledgeBase, steps: tuple[FlowStep, ...], with_card: Collection[str]) -> Iterator[Panel]:
    yield _panel(
        lambda to: to.start(
            "A chart is opened",
            (
                "It is read into features: yes, no or not known. Not known is never read as no.",
                "The situations are asked in this order. The first that is yes is the patient's.",
            ),
        )
    )
    for step in steps:
        if step.scenario.kind != "beside":
            yield _scenario(step, with_card)
    yield _panel(
        lambda to: to.end(
            "None of them",
            (
                "No suggestion. Where calcinosis may be there and problems or drugs could not be read, a card says what"
                " could not be checked.",
            ),
        )
    )
    beside = [step for step in steps if step.scenario.kind == "beside"]
    if beside:
        yield _panel(lambda to: to.start("Beside the situation that was found", ("Unless it gives no card at all.",)))
    for step in beside:
        yield _scenario(step, with_card)
    yield _panel(
        lambda to: to.end(
            "Every drug that would be named is checked",
            (
                "Already taken, drafted, failed or not usable: left out.",
                f"{len(knowledge.safety_rules)} safety rules. SUPPRESS: not suggested, with the reason."
                " WARN: with a warning. MENTION: one line. Not known: named as to be checked.",
                "Then at most three cards, normally one. No dose anywhere.",
            ),
        )
    )


def _order(knowledge: KnowledgeBase, conditions: ConditionWords) -> Iterator[Panel]:
    pairs = sum(rule.partner is not None for rule in knowledge.safety_rules)
    own = [rule for rule in knowledge.orders if rule.orders]
    scope = scope_question(knowledge, conditions)
    yield _panel(
        lambda to: to.start(
            "A drug is selected or signed",
            ("Only selected orders are judged. Other drafts and current drugs are context.",),
        )
    )
    yield _panel(
        lambda to: to.question(
            [text_row("Is it such a patient?", bold=True)],
            scope,
            [
                text_row("No: no card", bold=True),
                text_row("Not known: where the drug has a rule, a card says what could not be checked."),
            ],
            ("no", "yes"),
        )
    )
    yield _panel(
        lambda to: to.listing(
            [
                text_row("Does a safety rule hold?", bold=True),
                text_row(f"Of the ordered drug: {len(knowledge.safety_rules)} rules, by drug."),
                text_row(f"Of a current drug that the order meets: {pairs} pair rules, from the other side."),
            ],
            [
                text_row("SUPPRESS: critical where the source that forbids was read, else a warning"),
                text_row("WARN: a warning"),
                text_row("MENTION: one line, never a card of its own"),
                text_row("An order for something else: only what suppresses"),
            ],
            ("each", "and"),
        )
    )
    yield _panel(
        lambda to: to.listing(
            [
                text_row("Does its own message hold?", bold=True),
                text_row("The rule of the ordered drug, first message that is yes."),
                text_row("At signing only what is a warning or worse."),
            ],
            [note_row("By drug"), *(_order_row(rule.id, rule.title) for rule in own)],
            ("first", "then"),
        )
    )
    yield _panel(
        lambda to: to.end(
            "One card at most for each selected order",
            ("All reasons on it, the worst decides its colour. Nothing to say: no card.",),
        )
    )


def _scenario(step: FlowStep, with_card: Collection[str]) -> Panel:
    return _panel(lambda to: to.scenario(step, step.scenario.id in with_card), step.scenario.id)


def _order_row(identity: str, title: str) -> Row:
    return text_row(title, rule=identity, link=anchor_of(identity))


def _panel(draw: Callable[[FlowDrawing], Markup], rule: str = "") -> Panel:
    return Panel(Markup("").join(draw(FlowDrawing(layout)) for layout in LAYOUTS), rule)
