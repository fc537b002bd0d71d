"""Paper: lines for a person, wrapped and coloured on a terminal, plain and unwrapped everywhere else."""

import re
from dataclasses import dataclass, field

from rich.console import Console
from rich.text import Text

_NARROWEST = 40
_BOLD = re.compile(r"\*\*(.+?)\*\*")


def printable(text: str) -> str:
    """The text without what a terminal would obey: control, bidirectional and other invisible characters."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


@dataclass(frozen=True, slots=True)
class Paper:
    """Where a command writes; nothing written is read as markup."""

    console: Console = field(default_factory=lambda: Console(highlight=False, markup=False, emoji=False))

    def line(self, text: str | Text = "", *, indent: int = 0, hanging: int = 0, style: str = "") -> None:
        """One line; on a terminal its continuations are indented by `indent` + `hanging` blanks."""
        styled = Text(printable(text), style=style) if isinstance(text, str) else text
        width = max(_NARROWEST, self.console.width - indent - hanging)
        pieces = styled.wrap(self.console, width) if self.console.is_terminal and styled.plain else [styled]
        for number, piece in enumerate(pieces):
            piece.rstrip()
            blanks = indent + (hanging if number else 0) if piece.plain else 0
            self.console.print(Text(" " * blanks) + piece, soft_wrap=True)

    def heading(self, text: str) -> None:
        """An empty line and a heading."""
        self.line()
        self.line(text, style="bold")

    def markdown(self, text: str, *, indent: int = 0) -> None:
        """The Markdown subset of cards: bold, one level of bullets, paragraphs (card-style.md rule 8)."""
        for line in text.split("\n"):
            self.line(_bold(printable(line)), indent=indent, hanging=2 if line.startswith("- ") else 0)


def _bold(line: str) -> Text:
    text = Text()
    for number, piece in enumerate(_BOLD.split(line)):
        text.append(piece, style="bold" if number % 2 else "")
    return text
