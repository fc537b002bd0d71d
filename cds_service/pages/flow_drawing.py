"""FlowDrawing: one step of the way as SVG, its question on the spine and what it gives beside or below it."""

from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup

from cds_service.pages.decision_flow import FlowStep, Question
from cds_service.pages.flow_rows import Row, alongside_rows, heading_row, note_row, option_rows, question_row, text_row

_PAD = 12.0
_GAP = 30.0
_SPINE = 30.0


@dataclass(frozen=True, slots=True)
class FlowLayout:
    """Where the two boxes of a step stand; `below`: the answer stands under its question (a phone)."""

    name: str
    width: float
    question: tuple[float, float]
    answer: tuple[float, float]
    below: bool


WIDE = FlowLayout("wide", 900, (4, 376), (456, 440), below=False)
NARROW = FlowLayout("narrow", 360, (2, 356), (40, 318), below=True)
LAYOUTS = (WIDE, NARROW)


@dataclass(frozen=True, slots=True)
class FlowDrawing:
    """The drawing in one layout; every text is escaped, every element styled by class, nothing has an id of its own."""

    layout: FlowLayout

    def start(self, title: str, lines: Iterable[str]) -> Markup:
        """Where the way begins."""
        return self._single("begin", title, lines, leads_on=True)

    def end(self, title: str, lines: Iterable[str], *, leads_on: bool = False) -> Markup:
        """What is done with what was given, or where the way ends."""
        return self._single("finish", title, lines, leads_on=leads_on)

    def scenario(self, step: FlowStep, has_card: bool) -> Markup:
        """A scenario: what is asked, and what follows from yes."""
        rule = step.scenario
        asked = [heading_row(rule.id, rule.title, step.number)]
        asked += [note_row("Any of these:")] if step.any_of else []
        asked += [question_row(question, holds_with=None if step.any_of else rule.id) for question in step.questions]
        return self._step(
            rule.kind,
            asked,
            _given_rows(step, has_card),
            "no or not known" if rule.kind != "beside" else "",
            f"{step.number}. {rule.title}",
        )

    def question(
        self, asked: Iterable[Row], question: Question, given: Iterable[Row], words: tuple[str, str]
    ) -> Markup:
        """A question that is no scenario; `words`: on the arrow to the side and on the one down."""
        return self.listing([*asked, question_row(question)], given, words)

    def listing(self, asked: Iterable[Row], given: Iterable[Row], words: tuple[str, str]) -> Markup:
        """Two boxes of plain rows; `words` as for a question. The first row names the panel."""
        left = list(asked)
        return self._step("base", left, list(given), words[1], left[0].text, words[0])

    def _single(self, kind: str, title: str, lines: Iterable[str], *, leads_on: bool) -> Markup:
        left, width = 4.0, self.layout.width - 8
        rows = [text_row(title, bold=True), *(text_row(line) for line in lines)]
        box, height = _box(rows, (left, width), 2, f"node {kind}")
        arrow = _down(_SPINE, (height + 2, height + 2 + _GAP), "") if leads_on else Markup("")
        return self._svg(height + 4 + (_GAP if leads_on else 0), title, Markup("").join([arrow, box]))

    def _step(self, kind: str, asked: list[Row], given: list[Row], on: str, title: str, yes: str = "yes") -> Markup:
        layout = self.layout
        question, asked_height = _box(asked, layout.question, 2, f"node question {kind}")
        left, width = layout.question
        top = 2 + (asked_height + _GAP if layout.below else 0)
        answer, given_height = _box(given, layout.answer, top, f"node answer {kind}")
        bottom = max(2 + asked_height, top + given_height)
        end = bottom + (_GAP if on else 4)
        if layout.below:
            across = _down(layout.answer[0] + 40, (2 + asked_height, top), yes, "across")
        else:
            across = _across(left + width, layout.answer[0], 2 + 26, yes)
        spine = left + (16 if layout.below else _SPINE - left)
        down = _down(spine, (2 + asked_height, end), on, words_from=bottom) if on else Markup("")
        return self._svg(end, title, Markup("").join([down, across, question, answer]))

    def _svg(self, height: float, title: str, inner: Markup) -> Markup:
        return Markup(
            '<svg class="flow-{name}" viewBox="0 0 {width:g} {height:.0f}" width="{width:g}" height="{height:.0f}"'
            ' role="group" aria-label="{title}">{inner}</svg>'
        ).format(name=self.layout.name, width=self.layout.width, height=height, title=title, inner=inner)


def _given_rows(step: FlowStep, has_card: bool) -> list[Row]:
    if step.scenario.kind == "silent":
        return [text_row("No card", bold=True)]
    rows = [] if has_card else [text_row("No card of its own", bold=True)]
    for given in step.options:
        rows += option_rows(given)
    if step.alongside:
        rows.append(note_row("Also said" if rows else "Said"))
        rows += [row for given in step.alongside for row in alongside_rows(given)]
    return rows


def _box(rows: Iterable[Row], place: tuple[float, float], top: float, classes: str) -> tuple[Markup, float]:
    left, width = place
    drawn, y = [], top + _PAD
    for row in rows:
        part, y = row.drawn(left + _PAD, y, width - 2 * _PAD)
        drawn.append(part)
    height = y + _PAD - top
    frame = Markup('<rect class="frame" x="{:g}" y="{:g}" width="{:g}" height="{:.1f}" rx="8"/>').format(
        left, top, width, height
    )
    return Markup('<g class="{}">{}{}</g>').format(classes, frame, Markup("").join(drawn)), height


def _across(start: float, end: float, y: float, word: str) -> Markup:
    return Markup(
        '<g class="arrow across"><path class="shaft" d="M{0:g} {2:g}H{1:g}"/>'
        '<path class="head" d="M{3:g} {4:g}l9 5l-9 5z"/>'
        '<text class="word" aria-hidden="true" x="{5:g}" y="{6:g}" text-anchor="middle">{7}</text></g>'
    ).format(start, end - 8, y, end - 9, y - 5, (start + end) / 2 - 3, y - 6, word)


def _down(x: float, ends: tuple[float, float], word: str, kind: str = "on", words_from: float | None = None) -> Markup:
    """An arrow downwards; its word stands in the middle of its last part, which begins at `words_from`."""
    start, end = ends
    middle = ((start if words_from is None else words_from) + end) / 2 + 4
    return Markup(
        '<g class="arrow {0}"><path class="shaft" d="M{1:g} {2:.1f}V{3:.1f}"/>'
        '<path class="head" d="M{4:g} {5:.1f}l5 9l5 -9z"/>'
        '<text class="word" aria-hidden="true" x="{6:g}" y="{7:.1f}">{8}</text></g>'
    ).format(kind, x, start, end - 8, x - 5, end - 9, x + 11, middle, word)
