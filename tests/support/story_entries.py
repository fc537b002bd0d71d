"""The entries of a story's chart, one model a kind, strictly checked; story.py puts them together."""

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, InstanceOf, model_validator

from treatment_algorithm.features import Severity, StopReason
from treatment_algorithm.partial_date import PartialDate, parse_date

CALCINOSIS = "calcinosis_cutis"
PAIN_SCORE = "pain_severity_0_10"
FAILURE_TEXTS = frozenset({"ineffective", "lack of efficacy", "no response", "progression", "treatment failure"})
"""The recorded reasons that mean failure (evidence.md 2.1)."""
NOT_USABLE_CODES = frozenset({"salg", "sintol", "sddi", "preg", "drughigh"})
NEUTRAL_CODES = frozenset({"clarif", "hospadm", "labint", "non-avail", "sdupther", "surg", "washout", "altchoice"})


def _chart_date(value: Any) -> Any:
    if isinstance(value, date):
        return PartialDate(value.year, value.month, value.day)
    moment = parse_date(str(value)) if isinstance(value, int | str) and not isinstance(value, bool) else None
    if moment is None:
        raise ValueError("a date is written 2026-11-22, 2026-11 or 2026")
    return moment


def _condition_key(value: Any) -> Any:
    return CALCINOSIS if value == "calcinosis" else value


ChartDate = Annotated[InstanceOf[PartialDate], BeforeValidator(_chart_date)]
Reason = Annotated[str, BeforeValidator(_condition_key)]
Texts = tuple[str, ...]


class Strict(BaseModel):
    """Frozen; a member that the format does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Code(Strict):
    """A coding that the story forces on an entry."""

    system: str
    code: str
    display: str | None = None


class Recognised(Strict):
    """An entry with a concept, sent by our code table, by a forced code, or by its text alone."""

    concept: str | None = Field(default=None, alias="is")
    text: str | None = None
    code: Code | None = None

    @property
    def by_name(self) -> bool:
        """Sent without any coding, so that only its name can be recognised (decision 8)."""
        return self.text is not None and self.code is None

    @model_validator(mode="after")
    def _says_what(self) -> Self:
        if self.concept is None and self.text is None and self.code is None:
            raise ValueError("an entry needs 'is', 'text' or 'code'")
        return self


class StoryPatient(Strict):
    """Who the patient is; `age` counts on the day of the story, with a birthday about half a year away."""

    age: int | Literal["unknown"] | None = None
    birth: ChartDate | None = None
    sex: Literal["female", "male", "other", "unknown"] | None = None
    deceased: bool = False

    @model_validator(mode="after")
    def _one_age(self) -> Self:
        if (self.age is None) is (self.birth is None):
            raise ValueError("a patient has either 'age' (a number or unknown) or 'birth'")
        return self

    def birth_date(self, today: date) -> PartialDate | None:
        """The birth date, None when the age is unknown."""
        if not isinstance(self.age, int):
            return self.birth
        half_a_year_on = (today.month + 5) % 12 + 1
        past = half_a_year_on < today.month
        return PartialDate(today.year - self.age - (0 if past else 1), half_a_year_on, 15)


class StoryCondition(Recognised):
    """A Condition; `recorded` is the onset unless given; `cues` are what its own words say (knowledge/cues.yaml)."""

    onset: ChartDate | None = None
    recorded: ChartDate | None = None
    abated: ChartDate | None = None
    status: Literal["active", "recurrence", "relapse", "remission", "inactive", "resolved", "none"] = "active"
    verification: Literal[
        "confirmed", "provisional", "differential", "unconfirmed", "refuted", "entered-in-error", "none"
    ] = "confirmed"
    severity: Severity | None = None
    sites: Texts = ()
    cues: Texts = ()

    @property
    def recorded_date(self) -> PartialDate | None:
        """The recordedDate that is sent."""
        return self.recorded or self.onset


class StoryDrug(Recognised):
    """A MedicationRequest or MedicationStatement; `stopped_because` is an R4 statusReason code or a text."""

    since: ChartDate | None = None
    until: ChartDate | None = None
    sent_as: Literal["request", "statement"] = Field(default="request", alias="as")
    status: str | None = None
    intent: str = "order"
    do_not_perform: bool = False
    stopped_because: str | None = None
    means: StopReason | Literal["nothing"] | None = None
    route: str | None = None
    mg_per_day: float | None = Field(default=None, gt=0)
    reason: Reason | None = Field(default=None, alias="for")

    @property
    def recorded_status(self) -> str:
        """The status that is sent: `stopped` for a drug with an end or a reason for it, else `active`."""
        return self.status or ("stopped" if self.until or self.stopped_because else "active")

    @model_validator(mode="after")
    def _reason_is_understood(self) -> Self:
        known = FAILURE_TEXTS | NOT_USABLE_CODES | NEUTRAL_CODES
        if self.stopped_because is not None and self.means is None and self.stopped_because not in known:
            raise ValueError("say with 'means: failed | not-usable | nothing' what this reason means")
        return self

    @property
    def stop_reason(self) -> StopReason | None:
        """What the recorded reason says of the therapy's end (evidence.md 2.1)."""
        if self.means is not None:
            return None if self.means == "nothing" else StopReason(self.means)
        if self.stopped_because in FAILURE_TEXTS:
            return StopReason.FAILED
        return StopReason.NOT_USABLE if self.stopped_because in NOT_USABLE_CODES else None


class StoryMeasurement(Strict):
    """An Observation: a `value` with its UCUM `unit`, a bound with its `comparator`, or a `result`.

    A result is positive, negative, indeterminate or a concept.
    """

    concept: str = Field(alias="is")
    value: float | None = None
    comparator: Literal["<", "<=", ">=", ">"] | None = None
    unit: str | None = None
    result: str | None = None
    on: ChartDate | None = None
    low: float | None = None
    high: float | None = None
    status: Literal["final", "amended", "corrected", "preliminary", "entered-in-error", "cancelled"] = "final"

    @property
    def ucum(self) -> str | None:
        """The unit that goes with the value: a score needs none in a story."""
        return "{score}" if self.unit is None and self.concept == PAIN_SCORE else self.unit


class StoryAllergy(Recognised):
    """An AllergyIntolerance."""

    kind: Literal["allergy", "intolerance"] | None = None
    criticality: Literal["low", "high", "unable-to-assess"] | None = None
    status: Literal["active", "inactive", "resolved", "none"] = "active"
    verification: Literal["confirmed", "unconfirmed", "refuted", "entered-in-error", "none"] = "confirmed"


class StoryProcedure(Recognised):
    """A Procedure."""

    on: ChartDate | None = None
    status: Literal["completed", "in-progress", "preparation", "not-done", "stopped", "entered-in-error"] = "completed"
    sites: Texts = ()


class StoryReferral(Recognised):
    """An active ServiceRequest on record."""

    on: ChartDate | None = None


class StoryOrder(Strict):
    """A draft order; without `is` nothing is chosen yet; `for`: calcinosis, a condition concept, or no reason."""

    concept: str | None = Field(default=None, alias="is")
    id: str | None = None
    reason: Reason | None = Field(default=None, alias="for")
    selected: bool = True
    route: str | None = None
    mg_per_day: float | None = Field(default=None, gt=0)
    weeks: int | None = Field(default=None, gt=0)
    text: str | None = None
