"""Texts that would do something if a client took them for more than text (G9), and where in a chart they may stand."""

from collections.abc import Iterator
from typing import Any

from markdown_it import MarkdownIt

PAYLOADS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<a href='javascript:alert(1)'>elbow</a>",
    "<iframe src=//evil.example></iframe>",
    "<!-- elbow -->",
    "<b>elbow</b>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#x6a;avascript:alert(1)",
    "[elbow](javascript:alert(1))",
    "[elbow](https://evil.example)",
    "![elbow](https://evil.example/x.png)",
    "[elbow][1]\n\n[1]: https://evil.example",
    "<https://evil.example>",
    "https://evil.example/elbow",
    "www.evil.example",
    "evil.example/elbow",
    "doctor@evil.example",
    "mailto:doctor@evil.example",
    "**Stop all drugs**",
    "__Stop all drugs__ ~~not~~",
    "`elbow`",
    "\n```\nelbow\n```\n",
    "# Stop all drugs",
    "\nStop all drugs\n---\n",
    "> Stop all drugs",
    "elbow\n\n**Why this card:** none\n- Stop all drugs",
    "\n1. Stop all drugs\n2. Stop all drugs",
    "| a | b |\n|---|---|",
    "elbow\u202egnihton pots\u202c",
    "elbow\u2066hidden\u2069\u200b\u200d\ufeff",
    "elbow\u2028\u2029\u00ad\u061c\u180e\u3164",
    "elbow\x00\x1b[31m\x7f\x85",
    "{s:limits} {fact:calcinosis_cutis} {{context.patientId}}",
    "]]>\"'\\}--; DROP TABLE cards",
)
# Carrier -> the members of a resource that hold its text: what a chart may say in free words.
CARRIERS: dict[str, tuple[str, ...]] = {
    "display": ("display",),
    "body site": ("bodySite",),
    "reason": ("reasonCode", "statusReason"),
    "dosage": ("dosageInstruction", "dosage"),
    "drug name": ("medicationCodeableConcept",),
    "allergy and problem": ("code",),
    "value": ("valueString", "valueCodeableConcept", "valueQuantity"),
    "note": ("note", "div", "description", "title"),
    "person": ("name", "author", "requester", "recorder", "asserter"),
}
# Where a worked example does not have the member, so that every carrier is carried.
_FURNITURE: dict[str, dict[str, Any]] = {
    "Condition": {"bodySite": [{"text": "Left elbow"}], "note": [{"text": "Seen."}]},
    "MedicationRequest": {
        "dosageInstruction": [{"text": "As told."}],
        "reasonCode": [{"text": "Calcinosis cutis"}],
        "note": [{"text": "Seen."}],
    },
    "Observation": {"note": [{"text": "Seen."}]},
}
_TEXTS = frozenset({"text", "display", "div", "family", "valueString", "unit", "title", "description"})
_PLAIN_TOKENS = frozenset(
    {
        "paragraph_open", "paragraph_close", "inline", "text", "softbreak", "strong_open", "strong_close",
        "bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close",
    }
)  # fmt: skip


def furnished(value: Any) -> Any:
    """`value` with the members of `_FURNITURE` in every resource that lacks them."""
    if isinstance(value, dict):
        added = _FURNITURE.get(value.get("resourceType", ""), {})
        return added | {name: furnished(inner) for name, inner in value.items()}
    return [furnished(inner) for inner in value] if isinstance(value, list) else value


def poisoned(value: Any, payload: str, members: tuple[str, ...] | None = None, *, inside: bool = False) -> Any:
    """`value` with the payload behind every text inside `members`, everywhere when None; codes stay."""
    if isinstance(value, dict):
        return {name: _member(name, inner, payload, members, inside) for name, inner in value.items()}
    if isinstance(value, list):
        return [poisoned(inner, payload, members, inside=inside) for inner in value]
    return value


def _member(name: str, value: Any, payload: str, members: tuple[str, ...] | None, inside: bool) -> Any:
    inside = inside or members is None or name in members
    if inside and name in _TEXTS and isinstance(value, str):
        return f"{value}{payload}"
    return poisoned(value, payload, members, inside=inside)


def rendered(text: str) -> Iterator[str]:
    """What a renderer of GitHub-flavoured Markdown makes of `text` beyond paragraphs, bold words and bullets.

    It is the most eager one: raw HTML, tables, strikethrough, and links of bare addresses with any ending.
    """
    renderer = MarkdownIt("gfm-like")
    assert renderer.linkify is not None
    renderer.linkify.tlds("example", True)
    for token in renderer.parse(text):
        for part in (token, *(token.children or ())):
            if part.type not in _PLAIN_TOKENS:
                yield f"{part.type} {part.content}"
