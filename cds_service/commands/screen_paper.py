"""The result of a screening for a person: sentences and tables, no patient."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cds_service.commands.paper import Paper

_LISTED = 20


def print_screening(result: Mapping[str, Any], paper: Paper) -> None:
    """What `published` gives, as text."""
    patients, given = result["patients"], result["input"]
    paper.line(
        f"{patients['evaluated']} patients evaluated at {result['hook']} as on {result['today']}, knowledge "
        f"{result['knowledge']['version']} ({result['knowledge']['review']})"
    )
    paper.line(f"{given['files']} files, {given['lines']} lines, {given['resources']} resources of an export kept")
    if given["not_obtained"]:
        paper.line(f"Not in the export, so unknown for everyone: {', '.join(given['not_obtained'])}")
    rate = patients["with_cards_per_1000"]
    paper.line(f"With a card: {patients['with_cards']}" + (f", {rate} of 1,000" if rate != "" else ""))
    paper.line("Cards: " + ", ".join(f"{number} {kind}" for kind, number in result["cards"].items()))
    if any(result["cards_in_shadow"].values()):
        cards = ", ".join(f"{number} {kind}" for kind, number in result["cards_in_shadow"].items())
        paper.line(f"Cards not shown because of the site's shadow: {cards}")
    _print_rules(result["rules"], paper)
    _print_scenarios(result["scenarios"], paper)
    _print_problems(patients, given, paper)


def _print_rules(rules: Iterable[Mapping[str, Any]], paper: Paper) -> None:
    paper.heading("Rules, in patients")
    rows = [
        [_name(rule), rule["fired"], rule["per_1000"], rule["on_a_card"], rule["unknown"]]
        for rule in rules
        if rule["fired"] or rule["unknown"]
    ]
    _print_table(["rule", "fired", "per 1,000", "on a card", "unknown"], rows, paper)
    paper.line("A rule that is not here answered no for everyone.")


def _name(rule: Mapping[str, Any]) -> str:
    return str(rule["id"]) if rule["state"] == "on" else f"{rule['id']} ({rule['state']})"


def _print_scenarios(scenarios: Iterable[Mapping[str, Any]], paper: Paper) -> None:
    paper.heading("Scenarios, and what fired in them")
    for scenario in scenarios:
        if scenario["patients"]:
            fired = ", ".join(f"{rule} {number}" for rule, number in scenario["fired"].items()) or "nothing"
            rate = f" ({scenario['per_1000']} of 1,000)" if scenario["per_1000"] != "" else ""
            paper.line(f"{scenario['id']}: {scenario['patients']} patients{rate}: {fired}", hanging=2)


def _print_problems(patients: Mapping[str, Any], given: Mapping[str, Any], paper: Paper) -> None:
    if patients["without_draft_orders"]:
        paper.line()
        paper.line(f"{patients['without_draft_orders']} patients have no draft order, and were not asked about")
    if patients["not_evaluated"]:
        paper.heading("Patients that could not be evaluated")
        for kind, number in patients["not_evaluated"].items():
            paper.line(f"{number}: {kind}", hanging=2)
    if given["unusable_lines"]:
        paper.heading(f"{given['unusable_lines']} lines could not be used")
        for problem in given["problems"][:_LISTED]:
            paper.line(f"{problem['file']}:{problem['line']}: {problem['kind']}", hanging=2)
        if given["unusable_lines"] > _LISTED:
            paper.line("and more; --json lists the first 1,000")


def _print_table(heads: Sequence[str], rows: Iterable[Sequence[Any]], paper: Paper) -> None:
    """Columns of text: the first to the left, the others to the right."""
    cells = [list(heads), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(heads))]
    for row in cells:
        first, *others = (cell.rjust(width) if place else cell.ljust(width) for place, (cell, width) in
                          enumerate(zip(row, widths, strict=True)))  # fmt: skip
        paper.line("  ".join([first, *others]))
