"""The detail of a card: blocks in the fixed order of card-style.md rule 7, at most 150 words."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from treatment_algorithm.features import Group, GroupState, PatientFeatures

WORD_LIMIT = 150
NOT_RECORDED_LIMIT = 3
_GROUP_WORDS = {
    Group.CONDITIONS: ("problem entry", "problem entries", "problems"),
    Group.MEDICATIONS: ("medication entry", "medication entries", "medications"),
    Group.STATEMENTS: ("medication statement", "medication statements", "medication statements"),
    Group.ALLERGIES: ("allergy entry", "allergy entries", "allergies"),
    Group.PROCEDURES: ("procedure entry", "procedure entries", "procedures"),
    Group.OBSERVATIONS: ("observation", "observations", "observations"),
    Group.REFERRALS: ("request entry", "request entries", "active requests"),
    Group.ORDERS: ("draft order", "draft orders", "draft orders"),
}


@dataclass(slots=True)
class Section:
    """One block of the detail: a heading, a paragraph beside it, bullets below it."""

    heading: str = ""
    paragraph: str = ""
    bullets: list[str] = field(default_factory=list)

    def markdown(self) -> str:
        """The block as the Markdown subset of rule 8."""
        if self.bullets:
            lines = [f"- {bullet}" for bullet in self.bullets]
            head = " ".join(part for part in (self.heading, self.paragraph) if part)
            return "\n".join([head, *lines] if head else lines)
        return f"{self.heading} {self.paragraph}".strip()

    @property
    def empty(self) -> bool:
        """Nothing to say under the heading."""
        return not self.bullets and not self.paragraph


def word_count(text: str) -> int:
    """Words as lint rule L3 counts them: split at white space, bold marks and bullets removed."""
    return len([word for word in text.replace("**", "").split() if word != "-"])


def assemble(sections: Iterable[Section]) -> str:
    """The sections that say something as one text, a blank line between them."""
    return "\n\n".join(section.markdown() for section in sections if not section.empty)


def could_not_be_read(features: PatientFeatures) -> str:
    """The gaps of the chart in words: '2 medication entries, allergies (not obtained)'; empty without a gap."""
    states = ((group, features.groups[group]) for group in Group if group in features.groups)
    return ", ".join(_gap(group, state) for group, state in states if not _unimportant(group, state))


def _unimportant(group: Group, state: GroupState) -> bool:
    return state.closed or (group is Group.ORDERS and state.unreadable == 0)


def _gap(group: Group, state: GroupState) -> str:
    one, many, all_of_them = _GROUP_WORDS[group]
    if not state.obtained:
        return f"{all_of_them} (not obtained)"
    parts = []
    if state.unreadable:
        parts.append(f"{state.unreadable} {one if state.unreadable == 1 else many}")
    if not state.complete:
        parts.append(f"{all_of_them} (only in part)")
    return ", ".join(parts)
