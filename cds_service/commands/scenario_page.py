"""The scenario matrix as one HTML file that needs nothing beside it, and as CSV."""

from collections.abc import Iterable, Iterator

from jinja2 import Environment, PackageLoader, StrictUndefined

from cds_service.commands.scenario_matrix import WORDS, Row, ScenarioMatrix
from cds_service.records.feedback_export import csv_line

_KINDS = (
    ("Scenarios", "scenarios"),
    ("Recommendations", "recommendations"),
    ("Order rules", "orders"),
    ("Safety rules", "safety_rules"),
)


def scenario_page(matrix: ScenarioMatrix) -> str:
    """The HTML page: a table for each hook, rules down and cases across, every cell with its word."""
    environment = Environment(
        loader=PackageLoader("cds_service.commands"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    hooks = list(dict.fromkeys(row.hook for row in matrix.rows))
    by_hook = {hook: [row for row in matrix.rows if row.hook == hook] for hook in hooks}
    return environment.get_template("scenarios.html").render(
        knowledge=matrix.knowledge,
        hooks=[(hook, rows, list(_groups(matrix, rows))) for hook, rows in by_hook.items()],
        words=WORDS,
        titles=matrix.titles,
        silent=matrix.silent,
    )


def scenario_csv(matrix: ScenarioMatrix) -> Iterator[str]:
    """CSV lines: case, hook, scenarios, cards, refused, then a column for each rule."""
    yield csv_line(["case", "hook", "scenarios", "cards", "refused", *matrix.titles])
    for row in matrix.rows:
        cards = " | ".join(f"{indicator}: {summary}" for indicator, summary in row.cards)
        cells = [row.cells.get(rule, "") for rule in matrix.titles]
        yield csv_line([row.case, row.hook, " ".join(row.scenarios), cards, row.refused, *cells])


def _groups(matrix: ScenarioMatrix, rows: Iterable[Row]) -> Iterator[tuple[str, list[str]]]:
    """The kinds of rules with those that one of the cases asked."""
    asked = {rule for row in rows for rule in row.rules("card", "yes", "unknown", "no", "off")}
    for title, kind in _KINDS:
        rules = [rule.id for rule in getattr(matrix.knowledge, kind) if rule.id in asked]
        if rules:
            yield title, rules
