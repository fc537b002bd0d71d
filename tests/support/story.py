"""Story: one worked patient as a clinician writes it in YAML, strictly checked.

A story says who the patient is, what the chart holds, what is being ordered, and which rules, cards and words
must (and must not) come out. features_builder.py and fhir_builder.py turn it into the two inputs of the service.
"""

import re
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from tests.support.story_entries import (
    StoryAllergy,
    StoryCondition,
    StoryDrug,
    StoryMeasurement,
    StoryOrder,
    StoryPatient,
    StoryProcedure,
    StoryReferral,
    Strict,
    Texts,
)
from treatment_algorithm.features import Group

_RULE_ID = re.compile(r"(SC|R|OS|SAFE|F|D|U)-[A-Z0-9-]+|[SH][0-9]+")


class Kind(StrEnum):
    """What a story shows of its rules: that they fire, that they stay silent, or that they admit missing data."""

    FIRES = "fires"
    NEAR_MISS = "near-miss"
    DATA_MISSING = "data-missing"


class Expectation(Strict):
    """What must come out; what is not said is not checked."""

    fired: Texts = ()
    not_fired: Texts = ()
    unknown: Texts = ()
    cards: int | None = Field(default=None, ge=0)
    indicator: Literal["info", "warning", "critical"] | None = None
    on_card: Texts = ()
    not_on_card: Texts = ()
    suggestions: Texts | None = None
    says: Texts = ()
    never_says: Texts = ()
    status: Literal[200, 412] = 200


class Story(Strict):
    """One worked patient and what the service must say about him or her."""

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)
    about: Annotated[Texts, Field(min_length=1)]
    kind: Kind
    title: str
    hook: Literal["patient-view", "order-select", "order-sign"] = "patient-view"
    patient: StoryPatient
    conditions: tuple[StoryCondition, ...] = ()
    drugs: tuple[StoryDrug, ...] = ()
    measurements: tuple[StoryMeasurement, ...] = ()
    allergies: tuple[StoryAllergy, ...] = ()
    procedures: tuple[StoryProcedure, ...] = ()
    referrals: tuple[StoryReferral, ...] = ()
    orders: tuple[StoryOrder, ...] = ()
    missing: frozenset[Group] = frozenset()
    cut_short: frozenset[Group] = frozenset()
    unreadable: dict[Group, Annotated[int, Field(gt=0)]] = Field(default_factory=dict)
    expect: Expectation

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if self.orders and self.hook == "patient-view":
            raise ValueError("orders need 'hook: order-select' or 'hook: order-sign'")
        if Group.ORDERS in self.missing | self.cut_short:
            raise ValueError("the draft orders of a hook are never missing and never cut short")
        if wrong := [name for name in self.about if not _RULE_ID.fullmatch(name)]:
            raise ValueError(f"'about' names rules by their IDs, not {wrong}")
        return self
