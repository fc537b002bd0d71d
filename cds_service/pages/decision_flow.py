"""The way from a chart to a card as steps: what each scenario asks, what it then gives; the drawing is made of them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from cds_service.pages.conditions import ConditionWords
from treatment_algorithm.knowledge_base import KnowledgeBase
from treatment_algorithm.knowledge_model import Recommendation, ScenarioRule
from treatment_algorithm.predicates import Every, Feature, InScenario, Not, Predicate, Some, Unknown, walk
from treatment_algorithm.truth import Truth, all_of, any_of, known, negate

_ALONGSIDE = ("text", "good practice")


@dataclass(frozen=True, slots=True)
class Question:
    """One line of a condition in plain words.

    `feature`: the only feature that it asks for, and `answers` what each answer of that feature makes of the line
    (yes, no or unknown to the same); None and empty where it asks for more, or for something that is no feature.
    """

    words: str
    feature: str | None = None
    answers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Given:
    """A recommendation that a scenario gives, and what it asks beyond the scenario."""

    rule: Recommendation
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class FlowStep:
    """A scenario in its place in the order: `any_of`: one of the questions suffices, else all must be yes.

    `options` are recommendations of a treatment, `alongside` texts and good practice.
    """

    number: int
    scenario: ScenarioRule
    any_of: bool
    questions: tuple[Question, ...]
    options: tuple[Given, ...]
    alongside: tuple[Given, ...]


def flow_steps(knowledge: KnowledgeBase, conditions: ConditionWords) -> tuple[FlowStep, ...]:
    """Every scenario in the order in which it is asked."""
    return tuple(_step(number, rule, knowledge, conditions) for number, rule in enumerate(knowledge.scenarios, 1))


def scope_question(knowledge: KnowledgeBase, conditions: ConditionWords) -> Question:
    """What must hold of the patient before anything is said of an order."""
    return _question(Feature(id=knowledge.manifest.order_scope), conditions)


def _step(number: int, rule: ScenarioRule, knowledge: KnowledgeBase, conditions: ConditionWords) -> FlowStep:
    parts = rule.when.of if isinstance(rule.when, Every | Some) else (rule.when,)
    given = [] if rule.kind == "silent" else list(_given(rule.id, knowledge.recommendations, conditions))
    return FlowStep(
        number,
        rule,
        isinstance(rule.when, Some),
        tuple(_question(part, conditions) for part in parts),
        tuple(one for one in given if one.rule.strength not in _ALONGSIDE),
        tuple(one for one in given if one.rule.strength in _ALONGSIDE),
    )


def _given(scenario: str, rules: Iterable[Recommendation], conditions: ConditionWords) -> Iterator[Given]:
    for rule in rules:
        beyond = asked_beyond(rule.when, scenario)
        if beyond is not None and names_scenario(rule.when, scenario):
            yield Given(rule, tuple(_question(part, conditions) for part in beyond))


def names_scenario(predicate: Predicate, scenario: str) -> bool:
    """Whether the condition asks for this scenario, at any depth."""
    return any(isinstance(part, InScenario) and scenario in part.ids for part in walk(predicate))


def asked_beyond(predicate: Predicate, scenario: str) -> tuple[Predicate, ...] | None:
    """What must still hold once this scenario, and no other, is known to hold; None: it cannot hold in it."""
    match predicate:
        case InScenario(ids=ids):
            return () if scenario in ids else None
        case Not(of=InScenario(ids=ids)):
            return None if scenario in ids else ()
        case Every(of=parts):
            left = [asked_beyond(part, scenario) for part in parts]
            return None if None in left else tuple(one for some in left for one in some or ())
        case Some(of=parts):
            open_ways = [way for way in (asked_beyond(part, scenario) for part in parts) if way is not None]
            if not open_ways or () in open_ways:
                return () if open_ways else None
            return open_ways[0] if len(open_ways) == 1 else (predicate,)
    return (predicate,)


def _question(predicate: Predicate, conditions: ConditionWords) -> Question:
    words = re.sub(r"\b([Nn]ot) (?=[A-Z])", r"\1: ", conditions.inline(predicate).striptags())
    features = {part.id for part in walk(predicate) if isinstance(part, Feature)}
    if len(features) != 1 or not _of_features(predicate):
        return Question(_capital(words))
    answers = {answer.value: _answer(predicate, answer).value for answer in Truth}
    return Question(_capital(words), features.pop(), answers)


def _of_features(predicate: Predicate) -> bool:
    return all(isinstance(part, Feature | Every | Some | Not | Unknown) for part in walk(predicate))


def _answer(predicate: Predicate, feature: Truth) -> Truth:
    match predicate:
        case Every(of=parts):
            return all_of(_answer(part, feature) for part in parts)
        case Some(of=parts):
            return any_of(_answer(part, feature) for part in parts)
        case Not(of=part):
            return negate(_answer(part, feature))
        case Unknown(of=part):
            return known(_answer(part, feature) is Truth.UNKNOWN)
    return feature


def _capital(words: str) -> str:
    return re.sub(r"^[a-z]", lambda first: first.group().upper(), words)
