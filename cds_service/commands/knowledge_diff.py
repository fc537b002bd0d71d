"""What two knowledge versions say differently of the same cases; cards are compared in their normal form."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cards.frame import EXTENSION
from cards.model import Card
from cards.normal_form import normal_form
from cds_service.commands.case_files import Case
from cds_service.commands.offline import Offline
from cds_service.errors import PreconditionFailed

Normal = dict[str, Any]


@dataclass(frozen=True, slots=True)
class CaseDiff:
    """A case that is answered differently: cards that go and come, and those that stay with other parts.

    `gone`, `came`: (indicator, summary). `changed`: (summary, names of the parts that differ).
    """

    case: str
    hook: str
    gone: tuple[tuple[str, str], ...]
    came: tuple[tuple[str, str], ...]
    changed: tuple[tuple[str, tuple[str, ...]], ...]

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "case": self.case,
            "hook": self.hook,
            "gone": [{"indicator": indicator, "summary": summary} for indicator, summary in self.gone],
            "came": [{"indicator": indicator, "summary": summary} for indicator, summary in self.came],
            "changed": [{"summary": summary, "parts": parts} for summary, parts in self.changed],
        }


def differences(cases: Iterable[Case], before: Offline, after: Offline) -> Iterator[CaseDiff]:
    """The cases that the two answer differently, in their order."""
    for case in cases:
        found = _compared(case, _answer(case, before), _answer(case, after))
        if found is not None:
            yield found


def _answer(case: Case, service: Offline) -> list[Normal]:
    try:
        decision = asyncio.run(service.decide(case.file.request))
    except PreconditionFailed as refusal:
        return [{"indicator": "no answer (412)", "summary": refusal.diagnostics}]
    return normal_form(decision.cards, service.settings.public_base_url, _themselves(decision.cards))


def _themselves(cards: Sequence[Card]) -> dict[str, str]:
    """Both answers are about one chart, so its references may stand for themselves."""
    bases = ((card.extension or {}).get(EXTENSION, {}).get("basis", ()) for card in cards)
    return {reference: reference for basis in bases for reference in basis}


def _compared(case: Case, before: list[Normal], after: list[Normal]) -> CaseDiff | None:
    if before == after:
        return None
    old, new = {card["summary"]: card for card in before}, {card["summary"]: card for card in after}
    changed = tuple(
        (summary, tuple(part for part in new[summary] if new[summary][part] != old[summary].get(part)))
        for summary in new
        if summary in old and new[summary] != old[summary]
    )
    gone = tuple((card["indicator"], summary) for summary, card in old.items() if summary not in new)
    came = tuple((card["indicator"], summary) for summary, card in new.items() if summary not in old)
    # The same cards in another order are another answer too.
    order = () if gone or came or changed else (("the same cards", ("order",)),)
    return CaseDiff(case.name, case.file.request.hook, gone, came, changed + order)
