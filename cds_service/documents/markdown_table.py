"""Tables of the generated documents, in Markdown."""

from collections.abc import Iterable, Sequence


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table; cells are text, and end with an empty line after the table."""
    lines = [_row(heads), _row(["---"] * len(heads))]
    return [*lines, *(_row(row) for row in rows), ""]


def listed(items: Iterable[str], most: int | None = None) -> str:
    """Items as one cell, beyond `most` only their number; a dash for none."""
    names = list(items)
    if most is not None and len(names) > most:
        names = [*names[:most], f"and {len(names) - most} more"]
    return ", ".join(names) or "-"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
