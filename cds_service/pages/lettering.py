"""How much room a text takes in a drawing, and where its lines break: no font is at hand where the page is made."""

from dataclasses import dataclass

_NARROW = frozenset("ijlI.,:;'|!()[]- ·")
_WIDE = frozenset("mwMW%@")
# Shares of the font size in a wide face (DejaVu Sans); a narrower one leaves some room at the end of a line.
_SHARES = {"narrow": 0.37, "wide": 0.95, "capital": 0.71, "other": 0.61}
_BOLD = 1.1


@dataclass(frozen=True, slots=True)
class Lettering:
    """A size (units of the drawing) and weight of text; `leading` is the distance of two lines."""

    size: float
    bold: bool = False

    @property
    def leading(self) -> float:
        """The distance from one line to the next."""
        return round(self.size * 1.32, 1)

    def width(self, text: str) -> float:
        """The room that the text takes in one line."""
        return sum(_SHARES[_kind(sign)] for sign in text) * self.size * (_BOLD if self.bold else 1)

    def lines(self, text: str, width: float) -> tuple[str, ...]:
        """The text broken at white space into lines of at most this width; a longer word keeps its line."""
        lines: list[str] = []
        for word in text.split():
            if lines and self.width(f"{lines[-1]} {word}") <= width:
                lines[-1] = f"{lines[-1]} {word}"
            else:
                lines.append(word)
        return tuple(lines)


def _kind(sign: str) -> str:
    if sign in _NARROW:
        return "narrow"
    if sign in _WIDE:
        return "wide"
    return "capital" if sign.isupper() or sign.isdigit() else "other"
