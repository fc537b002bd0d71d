"""Rules that can never speak, entries that nothing uses, codes of two concepts, rules without their source.

What dead_entries.py does not see: it compares entries for equality, this module asks whether one condition implies
another, and looks at what rules share. For validate-knowledge; nothing here stops the start of the service.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources.abc import Traversable

from treatment_algorithm.card_texts import CardBody, OrderCardTexts
from treatment_algorithm.chart_predicates import Failed
from treatment_algorithm.concept_files import read_codes, read_lists
from treatment_algorithm.knowledge_base import KnowledgeBase
from treatment_algorithm.knowledge_errors import KnowledgeError
from treatment_algorithm.knowledge_files import entry_lines, yaml_files
from treatment_algorithm.knowledge_model import CardTemplate
from treatment_algorithm.knowledge_walk import entries_of, predicates_of, values_of
from treatment_algorithm.predicates import Always, Every, Predicate, Some
from treatment_algorithm.rule_content import parts_of
from treatment_algorithm.thresholds import threshold_complaints

PROJECT = "D"
"""The `source` of a rule that rests on the project's own decision."""
SHARED_CODES = "shared_codes.yaml"


def rule_complaints(knowledge: KnowledgeBase, folder: Traversable) -> Iterator[KnowledgeError]:
    """Everything that is wrong, each with its file and line; `folder` is the one that the knowledge was loaded from."""
    lines = dict(_lines(folder))
    found = [*_shadowed(knowledge), *_taken_orders(knowledge), *_unused(knowledge), *_unsourced(knowledge)]
    found += threshold_complaints(knowledge)
    for identity, message in found:
        file, line = lines.get(identity, ("knowledge", None))
        yield KnowledgeError(file, line, f"{identity}: {message}")
    yield from _unused_sets(knowledge, folder)
    yield from _code_complaints(folder)


def implies(condition: Predicate | None, other: Predicate | None) -> bool:
    """Whether `other` is yes whenever `condition` is, as far as their form tells; None is always yes."""
    if other is None or condition == other or (isinstance(other, Always) and other.of):
        return True
    match other:
        case Every(of=parts):
            return all(implies(condition, part) for part in parts)
        case Some(of=parts) if any(implies(condition, part) for part in parts):
            return True
    match condition:
        case Every(of=parts):
            return any(implies(part, other) for part in parts)
        case Some(of=parts):
            return all(implies(part, other) for part in parts)
    return False


def _lines(folder: Traversable) -> Iterator[tuple[str, tuple[str, int]]]:
    for place in (folder, folder / "safety", folder / "cards"):
        for file in yaml_files(place):
            named = entry_lines(file) or entry_lines(file, "code")
            yield from ((identity, (file.name, line)) for identity, line in named.items())


def _shadowed(knowledge: KnowledgeBase) -> Iterator[tuple[str, str]]:
    for rule in knowledge.safety_rules:
        for place, case in enumerate(rule.cases):
            # A case for orders only is passed over when a drug is suggested.
            before = [one.when for one in rule.cases[:place] if case.order_only or not one.order_only]
            yield from _said(rule.id, "case", place, case.when, before)
    for order in knowledge.orders:
        for place, message in enumerate(order.messages):
            yield from _said(order.id, "message", place, message.when, [one.when for one in order.messages[:place]])
    for word in knowledge.words.values():
        for place, variant in enumerate(word.variants):
            yield from _said(word.id, "variant", place, variant.when, [one.when for one in word.variants[:place]])
    for place, scenario in enumerate(knowledge.scenarios):
        for earlier in knowledge.scenarios[:place]:
            same_place = "beside" not in (scenario.kind, earlier.kind) and set(scenario.hooks) <= set(earlier.hooks)
            if same_place and implies(scenario.when, earlier.when):
                yield scenario.id, f"it can never be the patient's scenario: {earlier.id} holds before it"
    for place, card in enumerate(knowledge.cards):
        for other in knowledge.cards[:place]:
            # A card that is not always written leaves its place to the next one when none of its options is left.
            takes_it = other.always or (not card.always and _options(card) <= _options(other))
            if other.decision == card.decision and takes_it and implies(card.when, other.when):
                yield card.id, f"it can never be written: {other.id} holds before it"


def _options(card: CardTemplate) -> set[str]:
    return {option for block in card.body for option in block.options}


def _said(
    identity: str, what: str, place: int, when: Predicate | None, before: Sequence[Predicate | None]
) -> Iterator[tuple[str, str]]:
    if any(implies(when, earlier) for earlier in before):
        yield identity, f"{what} number {place + 1} can never speak: an earlier one holds whenever it does"


def _taken_orders(knowledge: KnowledgeBase) -> Iterator[tuple[str, str]]:
    """An order rule speaks of the orders that no earlier one has taken, with its routes (order_assessment.py)."""
    for place, rule in enumerate(knowledge.orders):
        taken = {
            concept
            for earlier in knowledge.orders[:place]
            if _takes_routes(earlier.routes, earlier.not_routes, rule.routes, rule.not_routes)
            for concept in _concepts(knowledge, earlier.orders)
        }
        orders = _concepts(knowledge, rule.orders)
        if orders and orders <= taken:
            yield rule.id, "earlier order rules take every order that it is about"


def _takes_routes(
    routes: Iterable[str], not_routes: Iterable[str], later_routes: Iterable[str], later_not_routes: Iterable[str]
) -> bool:
    if set(routes):
        return bool(set(later_routes)) and set(later_routes) - set(later_not_routes) <= set(routes) - set(not_routes)
    left_out = set(not_routes)
    return left_out.isdisjoint(later_routes) if set(later_routes) else left_out <= set(later_not_routes)


def _concepts(knowledge: KnowledgeBase, names: Iterable[str]) -> set[str]:
    return {concept for name in names for concept in knowledge.concepts.expand(name)}


def _unused(knowledge: KnowledgeBase) -> Iterator[tuple[str, str]]:
    values = [value for entry in entries_of(knowledge) for value in values_of(entry)]
    given = {
        code for value in values if isinstance(value, CardBody | OrderCardTexts) for code in value.override_reasons
    }
    for code in knowledge.override_reasons:
        if code not in given:
            yield code, "no card offers this override reason"
    asked = {
        name
        for entry in entries_of(knowledge)
        for predicate in predicates_of(entry)
        if isinstance(predicate, Failed)
        for name in predicate.therapies
    }
    for therapy, drugs in knowledge.therapies_expanded:
        # A failed therapy also takes its drugs out of what can be suggested.
        if therapy.id not in asked and drugs.isdisjoint(knowledge.suggestable):
            yield therapy.id, "no rule asks whether this therapy failed, and none of its drugs is suggested"


def _unsourced(knowledge: KnowledgeBase) -> Iterator[tuple[str, str]]:
    for rule in knowledge.rules:
        if rule.mark.startswith("seen") and set(rule.sources) == {PROJECT}:
            yield rule.id, f"it is marked '{rule.mark}' and names no source that could have been seen"


def _unused_sets(knowledge: KnowledgeBase, folder: Traversable) -> Iterator[KnowledgeError]:
    entries = read_lists(folder / "concepts", "sets.yaml")
    members = {entry.key: entry.members for entry in entries}
    waiting = [part.id for rule in knowledge.rules for part in parts_of(knowledge, rule) if part.kind == "group"]
    waiting += [knowledge.manifest.calcinosis, *knowledge.manifest.underlying]
    used: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in members and name not in used:
            used.add(name)
            waiting += members[name]
    for entry in entries:
        if entry.key not in used:
            yield KnowledgeError(entry.file, entry.line, f"{entry.key}: no rule, text or other set uses this set")


def _code_complaints(folder: Traversable) -> Iterator[KnowledgeError]:
    """A code of two concepts is meant so, or one of them is wrong: it says which in shared_codes.yaml."""
    concepts: dict[str, set[str]] = defaultdict(set)
    lines: dict[str, int] = {}
    for row in read_codes(folder / "concepts", "codes.csv"):
        concepts[f"{row.system}|{row.code}"].add(row.concept)
        lines[f"{row.system}|{row.code}"] = row.line
    file = folder / "concepts" / SHARED_CODES
    shared = read_lists(folder / "concepts", SHARED_CODES) if file.is_file() else []
    declared = {entry.key: set(entry.members) for entry in shared}
    for code, found in concepts.items():
        if len(found) > 1 and declared.get(code) != found:
            message = f"{code} is a code of {', '.join(sorted(found))}, which {SHARED_CODES} does not say"
            yield KnowledgeError("codes.csv", lines[code], message)
    for entry in shared:
        if len(concepts.get(entry.key, ())) < 2:
            yield KnowledgeError(entry.file, entry.line, f"{entry.key} is not a code of several concepts")
