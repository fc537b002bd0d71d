"""Texts of the knowledge files filled with a patient's facts.

Placeholders: `{word}` of words.yaml, `{phrase}` or `{phrase:name+name}` of phrases.py, `{s:key}` a standard sentence,
`{value:concept}` a measurement in words, `{finding:SAFE-X}` what a finding says; `{^...}` begins with a capital.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from cards.phrases import PHRASES
from cards.telling import Telling
from treatment_algorithm.card_texts import Fragment
from treatment_algorithm.evaluation import holds
from treatment_algorithm.knowledge_base import KnowledgeBase

_PLACEHOLDER = re.compile(r"\{(\^?)([a-z_]+)(?::([A-Za-z0-9_+-]+))?\}")
_STICKS = (",", ";", ".", " ", ":")
SUMMARY_LIMIT = 120


def fill(text: str, telling: Telling) -> str:
    """The text with every placeholder filled."""

    def filled(match: re.Match[str]) -> str:
        capital, name, argument = match.groups()
        said = _say(name, argument, telling)
        return capitalised(said) if capital else said

    return _PLACEHOLDER.sub(filled, text)


def capitalised(text: str) -> str:
    """With a capital at its beginning, except where the first word has one of its own ('eGFR')."""
    return text[:1].upper() + text[1:] if text.split(" ", 1)[0].islower() else text


def first(fragments: Iterable[Fragment], telling: Telling) -> str:
    """The first fragment that holds: summaries, headings, labels."""
    return next((fill(f.text, telling) for f in fragments if holds(f.when, telling.case)), "")


def fitting(fragments: Iterable[Fragment], telling: Telling) -> str:
    """The first fragment that holds and fits into a summary (card-style rule 6); nothing is ever cut.

    Knowledge files end a list of variants with one that always fits; without one the last that holds is given.
    """
    said = ""
    for fragment in fragments:
        if holds(fragment.when, telling.case):
            said = fill(fragment.text, telling)
            if len(said) <= SUMMARY_LIMIT:
                return said
    return said


def every(fragments: Iterable[Fragment], telling: Telling) -> list[str]:
    """Every fragment that holds: bullets, each its own line."""
    return [said for f in fragments if holds(f.when, telling.case) and (said := fill(f.text, telling).strip())]


def joined(fragments: Iterable[Fragment], telling: Telling) -> str:
    """Every fragment that holds as one paragraph; a fragment that begins with punctuation sticks to the one before."""
    text = ""
    for fragment in fragments:
        if holds(fragment.when, telling.case) and (said := fill(fragment.text, telling)):
            text += said if not text or said.startswith(_STICKS) else f" {said}"
    return " ".join(text.split())


def _say(name: str, argument: str | None, telling: Telling) -> str:
    arguments = tuple(argument.split("+")) if argument else ()
    if name == "s":
        return telling.knowledge.evidence.sentences[arguments[0]].text
    if name == "value":
        word = f"value_{arguments[0]}"
        if word in telling.knowledge.words:
            return _word(word, telling)
        label, number = telling.knowledge.label(arguments[0]), PHRASES["number"](telling, arguments)
        return f"{label} {number} ({PHRASES['measured_on'](telling, arguments)})"
    if name == "finding":
        finding = next((f for f in telling.findings if f.rule.id == arguments[0]), None)
        return joined(finding.case.why, replace(telling, finding=finding)) if finding and finding.case else ""
    if name in telling.knowledge.words:
        return _word(name, telling)
    return PHRASES[name](telling, arguments)


def _word(name: str, telling: Telling) -> str:
    return first(telling.knowledge.words[name].variants, telling)


def unknown_placeholders(text: str, knowledge: KnowledgeBase) -> Iterator[str]:
    """What is wrong with the placeholders of a text; for the checks when knowledge is loaded."""
    for match in _PLACEHOLDER.finditer(text):
        _, name, argument = match.groups()
        arguments = argument.split("+") if argument else []
        if name == "s":
            if not arguments or arguments[0] not in knowledge.evidence.sentences:
                yield f"unknown sentence '{argument}'"
        elif name in ("finding", "partner", "partner_fact", "proof") and arguments:
            if arguments[0] not in {rule.id for rule in knowledge.safety_rules}:
                yield f"unknown safety rule '{argument}'"
        elif name not in PHRASES and name not in knowledge.words and name not in ("value", "finding", "findings"):
            yield f"unknown placeholder '{match.group()}'"
        else:
            for item in arguments:
                if item not in knowledge.concepts.sets and item not in knowledge.concepts.concepts:
                    yield f"unknown concept or set '{item}'"
    rest = _PLACEHOLDER.sub("", text)
    if "{" in rest or "}" in rest:
        yield "a stray brace"
