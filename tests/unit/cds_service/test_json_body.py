"""Strict JSON on bytes (GEN-6, REQ-10, REQ-14)."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.json_body import DEPTH_CAP, NotStrictJson, check_json, read_object

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def depth(value: object) -> int:
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if children is None else 1 + max((depth(child) for child in children), default=0)


@given(JSON_VALUES)
def test_every_ordinary_json_text_passes(value: object) -> None:
    check_json(json.dumps(value, ensure_ascii=True).encode())
    check_json(json.dumps(value, ensure_ascii=False, indent=1).encode())


@given(JSON_VALUES, st.sampled_from(["[%s]", '{"a":%s}', '[[],{"b":{}},%s]', '{"]":"[{","c":%s}']))
def test_depth_is_counted_exactly(value: object, layer: str) -> None:
    text = json.dumps(value)
    for _ in range(DEPTH_CAP - depth(value)):
        text = layer.replace("%s", text)
    if depth(json.loads(text)) == DEPTH_CAP:
        check_json(text.encode())
        with pytest.raises(NotStrictJson, match="nested"):
            check_json(layer.replace("%s", text).encode())


@pytest.mark.parametrize("text", ['"\\ud83d\\ude00"', '"\\\\ud800"', '"\\\\\\\\ud800"', '"\\u00e9"', '"[{\\"[{"'])
def test_escapes_that_mean_no_half_pair_pass(text: str) -> None:
    check_json(text.encode())


@pytest.mark.parametrize(
    "text", ['"\\ud800"', '"\\udc00"', '"\\ude00\\ud83d"', '"\\\\\\ud800"', '"\\uD83D\\uD83D\\uDE00"']
)
def test_half_a_surrogate_pair_is_refused(text: str) -> None:
    with pytest.raises(NotStrictJson, match="surrogate"):
        check_json(text.encode())


def test_bytes_that_are_not_utf_8_are_refused() -> None:
    with pytest.raises(NotStrictJson, match="UTF-8"):
        check_json(b'"\xe9"')
    with pytest.raises(NotStrictJson, match="UTF-8"):
        check_json(b'"\xed\xa0\x80"')


def test_members_are_left_raw() -> None:
    members = read_object(b'{"a": {"b": 1, "b": 2}, "c": null}')
    assert {name: bytes(raw) for name, raw in members.items()} == {"a": b'{"b": 1, "b": 2}', "c": b"null"}


@pytest.mark.checklist("GEN-6")
@pytest.mark.parametrize("body", [b'{"a":1,"a":1}', b'{"a":1,"\\u0061":1}'])
def test_a_key_twice_is_refused(body: bytes) -> None:
    with pytest.raises(NotStrictJson, match="twice"):
        read_object(body)
