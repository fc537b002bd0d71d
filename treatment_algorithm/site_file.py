"""SiteFile: everything a site decides about this service, one strict YAML file (docs/site-file.md, decision 0012)."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, WithJsonSchema, model_validator

from treatment_algorithm.knowledge_base import KnowledgeBase
from treatment_algorithm.knowledge_errors import KnowledgeError
from treatment_algorithm.knowledge_files import line_of, read_models, refuse_repeated_keys
from treatment_algorithm.site_codes import (
    Code,
    SiteCode,
    SiteCodes,
    SiteOrderableEntry,
    System,
    Text,
    code_complaints,
    with_codes,
)
from treatment_algorithm.site_rules import RuleState, SiteReason, SiteRules, why_not_switchable, with_site_rules
from treatment_algorithm.thresholds import with_thresholds

_STRICT = ConfigDict(extra="forbid", frozen=True)
_STATES = ["on", "off", "shadow"]


def _state(value: Any) -> Any:
    """YAML 1.1 reads `on` and `off` as true and false."""
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else value


def _short(value: Any) -> Any:
    """`R-X: on` for `R-X: {state: on}`."""
    return value if isinstance(value, dict) else {"state": value}


class RuleSwitch(BaseModel):
    """What a rule is at this site; `because` is for whoever asks later why it does not act."""

    model_config = _STRICT

    state: Annotated[
        Literal["on", "off", "shadow"], BeforeValidator(_state), WithJsonSchema({"enum": [*_STATES, True, False]})
    ]
    because: Text | None = None

    @model_validator(mode="after")
    def _has_a_reason(self) -> "RuleSwitch":
        if self.state != "on" and self.because is None:
            raise ValueError(f"a rule that is {self.state} says why (because)")
        return self


class OfferedReason(BaseModel):
    """An override reason that cards offer: a code of the product, or with `system` one of the site."""

    model_config = _STRICT

    code: Code
    display: Text | None = None
    system: System | None = None

    @model_validator(mode="after")
    def _own_code_is_named(self) -> "OfferedReason":
        if self.system is not None and self.display is None:
            raise ValueError("a code of the site needs a display")
        return self


ServiceId = Literal["calcinosis-patient-view", "calcinosis-order-select", "calcinosis-order-sign"]


class SiteFile(BaseModel):
    """The whole file; every member may be left out."""

    model_config = _STRICT

    shadow: Annotated[bool, Field(strict=True)] = False
    services: Annotated[tuple[ServiceId, ...], Field(min_length=1)] | None = None
    rules: Mapping[str, Annotated[RuleSwitch, BeforeValidator(_short)]] = Field(default_factory=dict)
    thresholds: Mapping[str, Annotated[int, Field(strict=True)]] = Field(default_factory=dict)
    override_reasons: Annotated[tuple[OfferedReason, ...], Field(min_length=1)] | None = None
    codes: tuple[SiteCode, ...] = ()
    orderables: tuple[SiteOrderableEntry, ...] = ()


def with_site_file(knowledge: KnowledgeBase, file: Traversable | Path) -> KnowledgeBase:
    """The knowledge as a site uses it; what the file does not name stays as it is.

    KnowledgeError with file and line for anything that does not exist, stands twice, contradicts the knowledge or lies
    outside what it allows, or a file that is not as SiteFile says. OSError when it cannot be read.
    """
    try:
        site = read_models(file, TypeAdapter(SiteFile))
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise KnowledgeError(file.name, None, "not UTF-8") from None
    refuse_repeated_keys(file.name, text)
    codes = SiteCodes(site.codes, site.orderables)
    for path, message in (*_complaints(site, knowledge), *code_complaints(codes, knowledge.concepts)):
        raise KnowledgeError(file.name, line_of(text, path), message)
    digest = hashlib.sha256(text.encode()).hexdigest()
    adjusted = replace(
        with_thresholds(knowledge, site.thresholds),
        concepts=with_codes(knowledge.concepts, codes, file.name),
        content_hash=hashlib.sha256(f"{knowledge.content_hash} {digest}".encode()).hexdigest(),
    )
    return with_site_rules(adjusted, _rules(site, knowledge, digest))


def site_file_schema(knowledge: KnowledgeBase) -> dict[str, Any]:
    """The JSON Schema of a site file for this knowledge: an editor then offers its rules and its thresholds."""
    schema: dict[str, Any] = TypeAdapter(SiteFile).json_schema()
    members = schema["properties"]
    switch = {"anyOf": [{"$ref": "#/$defs/RuleSwitch"}, {"enum": [*_STATES, True, False]}]}
    rules = {rule.id: {**switch, "description": rule.title} for rule in _switchable(knowledge)}
    members["rules"] = {"type": "object", "additionalProperties": False, "properties": rules}
    members["thresholds"] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            one.id: {
                "type": "integer",
                "minimum": one.adjustable.min,
                "maximum": one.adjustable.max,
                "default": one.value,
                "description": one.says,
            }
            for one in knowledge.thresholds.values()
        },
    }
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": dialect, **schema, "title": "Site file of calcinosis-cds"}


def _switchable(knowledge: KnowledgeBase) -> Iterator[Any]:
    return (rule for rule in knowledge.rules if why_not_switchable(knowledge, rule) is None)


def _rules(site: SiteFile, knowledge: KnowledgeBase, digest: str) -> SiteRules:
    states = {
        name: RuleState(switch.state, switch.because or "")
        for name, switch in site.rules.items()
        if switch.state != "on"
    }
    own = {name: value for name, value in site.thresholds.items() if value != knowledge.thresholds[name].value}
    return SiteRules(
        states=MappingProxyType(states),
        in_shadow=site.shadow,
        thresholds=MappingProxyType(own),
        override_reasons=None if site.override_reasons is None else _reasons(site, knowledge),
        services=site.services,
        file_hash=digest,
    )


def _reasons(site: SiteFile, knowledge: KnowledgeBase) -> tuple[SiteReason, ...]:
    shipped = knowledge.override_reasons
    return tuple(
        SiteReason(one.code, one.display or shipped[one.code].display, one.system)
        for one in site.override_reasons or ()
    )


_Path = tuple[int | str, ...]


def _complaints(site: SiteFile, knowledge: KnowledgeBase) -> Iterator[tuple[_Path, str]]:
    """What is wrong with the members beside the codes, with the way to it in the file."""
    rules = {rule.id: rule for rule in knowledge.rules}
    for name, switch in site.rules.items():
        if name not in rules:
            yield ("rules", name), f"unknown rule '{name}'"
        elif switch.state != "on" and (why := why_not_switchable(knowledge, rules[name])):
            yield ("rules", name), f"{name} {why}"
    for name, value in site.thresholds.items():
        threshold = knowledge.thresholds.get(name)
        if threshold is None:
            yield ("thresholds", name), f"unknown threshold '{name}'"
        elif not threshold.adjustable.min <= value <= threshold.adjustable.max:
            limits = threshold.adjustable
            yield ("thresholds", name), f"{name} may be {limits.min} to {limits.max}, not {value}"
    if site.services is not None and len(set(site.services)) != len(site.services):
        yield ("services",), "a service stands here twice"
    seen: set[tuple[str | None, str]] = set()
    for number, reason in enumerate(site.override_reasons or ()):
        path: _Path = ("override_reasons", number, "code")
        if reason.system is None and reason.code not in knowledge.override_reasons:
            yield path, f"unknown override reason '{reason.code}'; a code of the site names its system"
        if (reason.system, reason.code) in seen:
            yield path, f"{reason.code} stands here twice"
        seen.add((reason.system, reason.code))
