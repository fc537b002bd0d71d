"""The only two ways by which text from a chart enters a card: as plain text, or into Markdown (goal G9).

Both give one line of at most 60 characters without control, bidirectional and other invisible characters, and without
piles of combining marks, which would write over the lines around them.
"""

import unicodedata
from collections.abc import Iterator

LIMIT = 60
# A text may be a megabyte long; what is behind these characters is never shown.
_READ = 10 * LIMIT
_MARKDOWN_SAFE = frozenset(" ,'()-")
_MARKS_IN_A_ROW = 3
# Letters and marks that show nothing (Unicode: Default_Ignorable_Code_Point): fillers, joiners, variation selectors.
_UNSEEN = frozenset(
    map(chr, (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0, *range(0x180B, 0x1810), *range(0xFE00, 0xFE10)))
) | frozenset(map(chr, range(0xE0100, 0xE01F0)))


def plain(text: str) -> str:
    """Chart text for a field that clients show as text: no controls, no bidi, no angle brackets or ampersands."""
    return _one_line("".join(char if _visible(char) and char not in "<>&" else " " for char in text[:_READ]))


def markdown(text: str) -> str:
    """Chart text for a Markdown field: letters, digits and a few signs; nothing that Markdown or HTML could use.

    Dots, slashes and colons go too, because GitHub-flavoured Markdown makes links of bare addresses.
    """
    return _one_line("".join(char if _wordlike(char) else " " for char in text[:_READ]))


def _visible(char: str) -> bool:
    return char == " " or (unicodedata.category(char)[0] in "LMNPS" and char not in _UNSEEN)


def _wordlike(char: str) -> bool:
    return char in _MARKDOWN_SAFE or (unicodedata.category(char)[0] in "LMN" and char not in _UNSEEN)


def _one_line(text: str) -> str:
    return "".join(_without_piles(" ".join(text.split())))[:LIMIT].rstrip()


def _without_piles(text: str) -> Iterator[str]:
    marks = 0
    for char in text:
        marks = marks + 1 if unicodedata.category(char)[0] == "M" else 0
        if marks <= _MARKS_IN_A_ROW:
            yield char
