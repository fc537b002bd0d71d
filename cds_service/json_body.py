"""Strict JSON before anything is decoded: UTF-8, no lone surrogate, bounded depth, no key twice (GEN-6, REQ-10).

msgspec refuses NaN, comments, trailing commas and everything else that is no RFC 8259 text; here stands what it lets
through when a value is kept raw. All of it works on the bytes with C speed, because the bodies are large.
"""

import json
import re
from typing import Any, NoReturn

import msgspec

DEPTH_CAP = 200
BODY_CAP = 12 * 1024 * 1024

_STRING = re.compile(rb'"[^"]*"')
_ESCAPE = re.compile(rb"\\.", re.DOTALL)
_SURROGATE_PAIR = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_NOT_STRUCTURE = bytes(set(range(256)) - set(b'{}[]"'))
_OPEN = ord("[")
_ONE_KIND = bytes.maketrans(b"{}", b"[]")


class NotStrictJson(ValueError):
    """The bytes are not the JSON that this service reads; the message holds nothing of them."""


def check_json(body: bytes) -> None:
    """Return if `body` is UTF-8, without lone surrogates, and nested at most 200 deep; it need not be valid JSON yet.

    Raises NotStrictJson. 12 MB take some tens of milliseconds.
    """
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        raise NotStrictJson("The body is not UTF-8.") from None
    if b"\\" in body:
        # bytes.replace is several times slower here than the regular expressions (two-byte needles, many escapes).
        if _SURROGATE.search(body) and _SURROGATE.search(_SURROGATE_PAIR.sub(b"", body.replace(b"\\\\", b""))):
            raise NotStrictJson("The body holds half of a surrogate pair.")
        body = _ESCAPE.sub(b"", body)
    structure = body.translate(_ONE_KIND, _NOT_STRUCTURE).replace(b'""', b"")
    if _deeper_than_cap(_STRING.sub(b"", structure)):
        raise NotStrictJson(f"The body is nested deeper than {DEPTH_CAP} levels.")


class _Key:
    """A key that equals no other one, so that a key that occurs twice is seen twice."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


def _as_key(_: type, name: str) -> _Key:
    return _Key(name)


_OBJECT = msgspec.json.Decoder(dict[_Key, msgspec.Raw], dec_hook=_as_key)


def read_object(raw: bytes | msgspec.Raw) -> dict[str, msgspec.Raw]:
    """The members of a JSON object, their values left raw.

    Raises NotStrictJson when it is no object or a key occurs twice. Keys inside the raw values are not looked at:
    there the last one counts (docs/decisions/0011).
    """
    try:
        pairs = _OBJECT.decode(raw)
    except (msgspec.MsgspecError, RecursionError):
        raise NotStrictJson("A JSON object was expected.") from None
    members = {key.name: value for key, value in pairs.items()}
    if len(members) != len(pairs):
        raise NotStrictJson("A key occurs twice in one object.")
    return members


def read_whole(body: bytes) -> Any:
    """The value of a JSON text in which no object, however deep, has a key twice; `body` has passed `check_json`.

    For small bodies of which everything is read: three times the cost of leaving values raw. Raises NotStrictJson.
    """
    try:
        return json.loads(body, object_pairs_hook=_members_once, parse_constant=_no_number)
    except NotStrictJson:
        raise
    except ValueError:
        # Also what Python says of a whole number of more than 4,300 digits.
        raise NotStrictJson("The body is no JSON that can be read.") from None


def _members_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NotStrictJson("A key occurs twice in one object.")
    return members


def _no_number(_name: str) -> NoReturn:
    raise NotStrictJson("NaN and Infinity are no numbers of JSON.")


def _deeper_than_cap(brackets: bytes) -> bool:
    """Whether `[` and `]` nest deeper than the cap: leaves are peeled while that pays, the rest is counted."""
    allowed = DEPTH_CAP
    while len(peeled := brackets.replace(b"[]", b"")) < len(brackets) * 3 // 4:
        brackets = peeled
        allowed -= 1
    depth = 0
    for bracket in brackets:
        depth += 1 if bracket == _OPEN else -1
        if depth > allowed:
            return True
    return False
