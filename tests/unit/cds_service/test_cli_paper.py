"""Paper: what a terminal gets beyond the plain text, and what it never gets."""

from io import StringIO

import pytest
from rich.console import Console

from cds_service.commands.paper import Paper, printable


def on_terminal(width: int = 60) -> tuple[Paper, StringIO]:
    file = StringIO()
    console = Console(
        file=file, force_terminal=True, width=width, color_system="standard", highlight=False, markup=False, _environ={}
    )
    return Paper(console), file


def on_file() -> tuple[Paper, StringIO]:
    file = StringIO()
    return Paper(Console(file=file, force_terminal=False, highlight=False, markup=False, _environ={})), file


LONG = "- With an expert centre, add methotrexate, or mycophenolate if methotrexate cannot be used here and now."


def test_bold_is_bold_on_a_terminal_and_plain_in_a_file() -> None:
    for (paper, file), written in (
        (on_terminal(), "\x1b[1mEvidence:\x1b[0m case series\n"),
        (on_file(), "Evidence: case series\n"),
    ):
        paper.markdown("**Evidence:** case series")
        assert file.getvalue() == written


def test_a_long_line_hangs_under_its_bullet_on_a_terminal() -> None:
    paper, file = on_terminal()
    paper.markdown(LONG, indent=2)
    first, *others = file.getvalue().splitlines()
    assert first.startswith("  - With")
    assert others
    assert all(line.startswith("    ") and len(line) <= 60 for line in others)


def test_a_long_line_stays_whole_in_a_file() -> None:
    paper, file = on_file()
    paper.markdown(LONG, indent=2)
    assert file.getvalue() == f"  {LONG}\n"


def test_an_empty_line_has_no_blanks() -> None:
    paper, file = on_file()
    paper.markdown("one\n\ntwo", indent=2)
    assert file.getvalue() == "  one\n\n  two\n"


def test_brackets_are_no_markup() -> None:
    paper, file = on_file()
    paper.line("[red]Condition[/red] :smile:")
    assert file.getvalue() == "[red]Condition[/red] :smile:\n"


@pytest.mark.parametrize("char", ["\x1b", "\x07", "\r", "\u202e", "\u200b", "\u2028"])
def test_what_a_terminal_would_obey_is_replaced(char: str) -> None:
    assert printable(f"a{char}b") == "a\N{REPLACEMENT CHARACTER}b"
