"""The only two ways by which text from a chart enters a card: as plain text, or into Markdown (goal G9).

Both give one line of at most 60 characters without control, bidirectional and other invisible characters.
"""

import unicodedata

LIMIT = 60
_MARKDOWN_SAFE = frozenset(" ,'()-")


def plain(text: str) -> str:
    """Chart text for a field that clients show as text: no controls, no bidi, no angle brackets or ampersands."""
    return _one_line("".join(char if _visible(char) and char not in "<>&" else " " for char in text))


def markdown(text: str) -> str:
    """Chart text for a Markdown field: letters, digits and a few signs; nothing that Markdown or HTML could use.

    Dots, slashes and colons go too, because GitHub-flavoured Markdown makes links of bare addresses.
    """
    return _one_line("".join(char if _wordlike(char) else " " for char in text))


def _visible(char: str) -> bool:
    return char == " " or unicodedata.category(char)[0] in "LMNPS"


def _wordlike(char: str) -> bool:
    return char in _MARKDOWN_SAFE or unicodedata.category(char)[0] in "LMN"


def _one_line(text: str) -> str:
    return " ".join(text.split())[:LIMIT].rstrip()
