"""Row: one line, or a few, inside a box of the drawing, with the place where a patient's answer is marked."""

from dataclasses import dataclass

from markupsafe import Markup

from cds_service.pages.decision_flow import Given, Question
from cds_service.pages.lettering import Lettering
from cds_service.pages.links import anchor_of

_TEXT = Lettering(13)
_BOLD = Lettering(13.5, bold=True)
_SMALL = Lettering(11.5)
_SIGN = 16.0
_UNMARKED = Markup("")


@dataclass(frozen=True, slots=True)
class Row:
    """A text of a box. `marks`: attributes of the row for the page's script; `sign`: a place for a mark before it."""

    text: str
    lettering: Lettering = _TEXT
    classes: str = "line"
    marks: Markup = _UNMARKED
    sign: bool = False
    link: str = ""
    label: str = ""
    indent: float = 0
    before: float = 0

    def drawn(self, x: float, y: float, width: float) -> tuple[Markup, float]:
        """The row as SVG with its upper edge at `y`, and where the next one begins."""
        left = x + self.indent + (_SIGN if self.sign else 0)
        y += self.before
        lines = self.lettering.lines(self.text, x + width - left)
        texts = [
            Markup('<text class="{}" x="{:g}" y="{:.1f}" font-size="{:g}"{}>{}</text>').format(
                self.classes,
                left,
                y + self.lettering.size + index * self.lettering.leading,
                self.lettering.size,
                Markup("") if self.link else Markup(' aria-hidden="true"'),
                line,
            )
            for index, line in enumerate(lines)
        ]
        body = Markup("").join(texts)
        if self.link:
            body = Markup('<a href="#{}" aria-label="{}">{}</a>').format(self.link, self.label or self.text, body)
        if self.sign:
            body = _sign(x + self.indent, y + self.lettering.size) + body
        bottom = y + len(lines) * self.lettering.leading + 2
        return Markup('<g class="row"{}>{}</g>').format(self.marks, body), bottom


def heading_row(identity: str, title: str, number: int) -> Row:
    """The title of a scenario with its number; its result is marked there."""
    return Row(
        f"{number}  {title}",
        _BOLD,
        "heading",
        _rule(identity),
        sign=True,
        link=anchor_of(identity),
        label=f"{identity}: {title}",
    )


def question_row(question: Question, holds_with: str | None = None) -> Row:
    """A line of a condition; `holds_with`: the rule that can only be yes when this line is."""
    marks = Markup(' data-holds-with="{}"').format(holds_with) if holds_with else _UNMARKED
    if question.feature is not None:
        marks += Markup(' data-feature="{}" data-yes="{}" data-no="{}" data-unknown="{}"').format(
            question.feature, *(question.answers[answer] for answer in ("yes", "no", "unknown"))
        )
    return Row(question.words, marks=marks, sign=True, indent=4)


def option_rows(given: Given) -> tuple[Row, ...]:
    """A recommendation: its title, its strength and evidence, and what it asks beyond the scenario."""
    rule = given.rule
    strength = f"{rule.strength} · {rule.evidence}" + (" · third line" if rule.third_line else "")
    title = Row(rule.title, _BOLD, "option", _rule(rule.id), sign=True, link=anchor_of(rule.id), before=3)
    return (title, Row(strength, _SMALL, "strength", indent=_SIGN), *(_beyond(asked) for asked in given.questions))


def alongside_rows(given: Given) -> tuple[Row, ...]:
    """A text or good practice: its title, and the features that it asks for beyond the scenario."""
    rule = given.rule
    features = (_beyond(asked) for asked in given.questions if asked.feature is not None)
    return (Row(rule.title, marks=_rule(rule.id), sign=True, link=anchor_of(rule.id)), *features)


def text_row(text: str, *, bold: bool = False, rule: str = "", link: str = "") -> Row:
    """A plain line; with `rule` a place for its mark."""
    marks = _rule(rule) if rule else _UNMARKED
    return Row(text, _BOLD if bold else _TEXT, "strong" if bold else "line", marks, sign=bool(rule), link=link)


def note_row(text: str) -> Row:
    """A word over the lines that follow."""
    return Row(text, _SMALL, "note", before=2)


def _continued(words: str) -> str:
    """A sentence's first word in the middle of one; an abbreviation stays as it is."""
    return words if words[1:2].isupper() else f"{words[:1].lower()}{words[1:]}"


def _beyond(question: Question) -> Row:
    return Row(
        f"if {_continued(question.words)}", _SMALL, "beyond", question_row(question).marks, sign=True, indent=_SIGN
    )


def _rule(identity: str) -> Markup:
    return Markup(' data-rule="{}"').format(identity)


def _sign(x: float, y: float) -> Markup:
    return Markup('<text class="sign" aria-hidden="true" x="{:g}" y="{:.1f}" font-size="13">•</text>').format(x, y)
