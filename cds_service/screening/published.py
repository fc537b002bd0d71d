"""The counts of a screening as they may be shown: rates beside them, small cells withheld."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cds_service.screening.run import Question, ScreeningReport
from cds_service.screening.tally import NO_SCENARIO
from treatment_algorithm.knowledge_base import KnowledgeBase
from treatment_algorithm.knowledge_model import Rule, ScenarioRule

Shown = int | float | str
_PER = 1000
_INDICATORS = ("info", "warning", "critical")


@dataclass(frozen=True, slots=True)
class Cells:
    """Counts as they are shown: one from 1 to `smallest` - 1 only as "<smallest", its rate not at all.

    `patients`: those evaluated, to whom rates refer.
    """

    patients: int
    smallest: int

    def count(self, number: int) -> Shown:
        """A count."""
        return f"<{self.smallest}" if 0 < number < self.smallest else number

    def rate(self, number: int) -> Shown:
        """Per 1,000 patients, to one decimal."""
        if 0 < number < self.smallest or not self.patients:
            return ""
        return round(number * _PER / self.patients, 1)


def published(report: ScreeningReport, question: Question, knowledge: KnowledgeBase, smallest: int) -> dict[str, Any]:
    """The report as JSON values without any id of a patient; counts of 1 to `smallest` - 1 are withheld."""
    tally = report.tally
    cells = Cells(tally.evaluated, smallest)
    site = knowledge.site
    # Rules that the site has off or in shadow have a result as well.
    rules = tuple((site.every_rule or knowledge).rules)
    states = {rule_id: str(held.state) for rule_id, held in site.states.items()}
    return {
        "hook": question.hook,
        "today": question.today.isoformat(),
        "knowledge": {
            "version": knowledge.version,
            "hash": knowledge.content_hash,
            "review": "draft" if knowledge.draft else "approved",
        },
        "input": {
            "files": report.files,
            "lines": report.lines,
            "resources": report.resources,
            "not_obtained": list(report.not_obtained),
            "unusable_lines": report.unusable,
            "problems": [{"file": one.path, "line": one.line, "kind": one.kind} for one in report.problems],
        },
        "patients": {
            "evaluated": tally.evaluated,
            "with_cards": cells.count(tally.with_cards),
            "with_cards_per_1000": cells.rate(tally.with_cards),
            "without_draft_orders": cells.count(tally.without_orders),
            "not_evaluated": {kind: cells.count(number) for kind, number in sorted(tally.refused.items())},
        },
        "cards": {kind: cells.count(tally.cards[kind]) for kind in _INDICATORS},
        "cards_in_shadow": {kind: cells.count(tally.shadow_cards[kind]) for kind in _INDICATORS},
        "rules": [
            {
                "id": rule.id,
                "state": states.get(rule.id, "shadow" if site.in_shadow else "on"),
                "fired": cells.count(tally.fired[rule.id]),
                "per_1000": cells.rate(tally.fired[rule.id]),
                "on_a_card": cells.count(tally.shown[rule.id]),
                "on_a_card_in_shadow": cells.count(tally.hidden[rule.id]),
                "unknown": cells.count(tally.unknown[rule.id]),
            }
            for rule in rules
        ],
        "scenarios": list(_scenarios(report, rules, cells)),
    }


def _scenarios(report: ScreeningReport, rules: Sequence[Rule], cells: Cells) -> Iterator[Mapping[str, Any]]:
    tally = report.tally
    names = [rule.id for rule in rules if isinstance(rule, ScenarioRule)]
    for scenario in (*names, NO_SCENARIO):
        fired = {rule.id: tally.fired_in[scenario, rule.id] for rule in rules if rule.id not in names}
        yield {
            "id": scenario,
            "patients": cells.count(tally.scenarios[scenario]),
            "per_1000": cells.rate(tally.scenarios[scenario]),
            "fired": {rule: cells.count(number) for rule, number in fired.items() if number},
        }
