"""PatientFeatures for a record that is kept: coded and dated, without any text or id of the chart (decision 25).

References become numbers of their type in their own order, body sites become numbered sites, draft orders lose their
content. What the algorithm decides does not hang on any of these, so that a record can be assessed again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import msgspec

from treatment_algorithm.features import PatientFeatures

_NUMBER_DIGITS = 5
# False is what these say when they are left out; a group's `obtained` and `complete` are true by default.
_FALSE_BY_DEFAULT = frozenset({"by_name", "unconfirmed", "by_lookup", "unreadable", "mild_intolerance", "deceased"})

# Without a default: an issue of a whole group has an empty reference.
_KEPT = frozenset({"concepts", "reference"})
_NOTHING: tuple[Any, ...] = (None, "", (), [])
_NESTED = (dict, list, tuple)


@dataclass(frozen=True, slots=True)
class FeatureRecord:
    """The features as JSON values, and what became of each reference: chart's own -> number."""

    features: Mapping[str, Any]
    references: Mapping[str, str]


def record_features(features: PatientFeatures) -> FeatureRecord:
    """The features without texts and ids; `read_features` gives them back as the algorithm takes them."""
    raw = msgspec.to_builtins(replace(features, drafts={}), enc_hook=_plain, order="deterministic")
    references = _numbered(set(_references(raw)))
    sites: dict[str, str] = {}
    return FeatureRecord(MappingProxyType(_without_texts(raw, references, sites)), MappingProxyType(references))


def read_features(recorded: Mapping[str, Any]) -> PatientFeatures:
    """The features of a record; raises msgspec.ValidationError for values that are none."""
    return msgspec.convert(dict(recorded), PatientFeatures, strict=True)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise NotImplementedError(type(value).__name__)  # what msgspec asks of a hook


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, member in value.items():
            if name == "reference":
                yield member
            elif isinstance(member, _NESTED):
                yield from _references(member)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _references(item)


def _numbered(references: set[str]) -> dict[str, str]:
    """`Condition/abc` -> `Condition/00001`: the order of references stays, for it decides between equals."""
    numbered: dict[str, str] = {}
    count: dict[str, int] = {}
    for reference in sorted(references):
        kind = reference.partition("/")[0]
        kind = kind if kind.isascii() and kind.isalpha() and len(kind) < 40 else "Resource"
        count[kind] = count.get(kind, 0) + 1
        numbered[reference] = f"{kind}/{count[kind]:0{_NUMBER_DIGITS}}" if reference else ""
    return numbered


def _without_texts(value: Any, references: Mapping[str, str], sites: dict[str, str]) -> Any:
    if isinstance(value, list | tuple):
        return [_without_texts(item, references, sites) for item in value]
    if not isinstance(value, dict):
        return value
    kept: dict[str, Any] = {}
    for name, member in value.items():
        if (member in _NOTHING and name not in _KEPT) or (member is False and name in _FALSE_BY_DEFAULT):
            continue
        if name == "reference":
            kept[name] = references[member]
        elif name == "body_sites":
            # As the algorithm compares them (chart_questions): without regard to case and blanks.
            keys = (" ".join(site.lower().split()) for site in member)
            kept[name] = [sites.setdefault(key, f"site {len(sites) + 1}") for key in keys]
        else:
            kept[name] = _without_texts(member, references, sites) if isinstance(member, _NESTED) else member
    return kept
