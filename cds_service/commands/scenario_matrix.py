"""ScenarioMatrix: many cases by every rule, what each rule answered in each case."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from cds_service.commands.case_files import Case
from cds_service.commands.offline import Offline
from cds_service.decide import Decision
from cds_service.errors import PreconditionFailed
from treatment_algorithm.assessment import RuleResult
from treatment_algorithm.knowledge_base import KnowledgeBase
from treatment_algorithm.truth import Truth

Cell = Literal["card", "yes", "unknown", "no", "not-asked", "off"]
WORDS: Mapping[Cell, tuple[str, str]] = {
    "card": ("C", "yes, and on a card"),
    "yes": ("y", "yes, on no card"),
    "unknown": ("?", "unknown: the chart does not tell"),
    "no": ("-", "no"),
    "not-asked": ("", "not asked in this case"),
    "off": ("o", "switched off by the site"),
}
"""Cell -> the sign in the table and what it means."""


@dataclass(frozen=True, slots=True)
class Row:
    """One case: its cards as (indicator, summary), and the cell of every rule by the rule's id.

    `refused`: why there is no answer (the service would say 412), empty where there is one.
    """

    case: str
    hook: str
    scenarios: tuple[str, ...] = ()
    cards: tuple[tuple[str, str], ...] = ()
    cells: Mapping[str, Cell] = field(default_factory=dict)
    refused: str = ""

    def rules(self, *cells: Cell) -> list[str]:
        """The rules whose cell is one of these."""
        return [rule for rule, cell in self.cells.items() if cell in cells]


@dataclass(frozen=True, slots=True)
class ScenarioMatrix:
    """The rows in the order of the cases; `titles`: rule id -> title, in the order of the knowledge."""

    rows: tuple[Row, ...]
    titles: Mapping[str, str]
    knowledge: KnowledgeBase

    @property
    def silent(self) -> list[str]:
        """The rules that answer yes in no case."""
        speaking = {rule for row in self.rows for rule in row.rules("card", "yes")}
        return [rule for rule in self.titles if rule not in speaking]

    def as_json(self) -> dict[str, Any]:
        """`knowledge`, `cases` and `silent_rules`, for machines."""
        return {
            "knowledge": {"version": self.knowledge.version, "hash": self.knowledge.content_hash},
            "cases": [
                {
                    "case": row.case,
                    "hook": row.hook,
                    "scenarios": row.scenarios,
                    "cards": [{"indicator": indicator, "summary": summary} for indicator, summary in row.cards],
                    "rules": dict(row.cells),
                    "refused": row.refused or None,
                }
                for row in self.rows
            ],
            "silent_rules": self.silent,
        }


def scenario_matrix(cases: Iterable[Case], service: Offline) -> ScenarioMatrix:
    """Every case decided with the knowledge of `service`."""
    titles = {rule.id: rule.title for rule in service.knowledge.rules}
    return ScenarioMatrix(tuple(_row(case, service, titles) for case in cases), titles, service.knowledge)


def _row(case: Case, service: Offline, titles: Mapping[str, str]) -> Row:
    try:
        decision = asyncio.run(service.decide(case.file.request))
    except PreconditionFailed as error:
        return Row(case.name, case.hook, refused=error.diagnostics)
    cards = tuple((card.indicator, card.summary) for card in decision.cards)
    return Row(case.name, case.hook, decision.assessment.scenarios, cards, _cells(decision, titles))


def _cells(decision: Decision, titles: Mapping[str, str]) -> dict[str, Cell]:
    """By rule, in the order of the knowledge; a rule of the site that is off answers nothing."""
    told = {rule for rule, _ in decision.rules_of_cards()}
    answers = {result.rule_id: _cell(result, told) for result in decision.assessment.rules}
    return {rule: answers.get(rule, "off") for rule in titles}


def _cell(result: RuleResult, told: set[str]) -> Cell:
    if result.truth is Truth.YES:
        return "card" if result.rule_id in told else "yes"
    if result.truth is Truth.UNKNOWN:
        return "unknown"
    return "not-asked" if result.decided_by is None and result.note else "no"
