"""A predicate in words, for traces and the guideline page: what was asked, not what was found."""

from collections.abc import Iterable

from treatment_algorithm.chart_predicates import (
    Age,
    Allergic,
    Closed,
    Condition,
    Failed,
    Line,
    Measured,
    Obtained,
    OnRecord,
    OnsetAge,
    Ordering,
    Sex,
    Sites,
    Taking,
    Took,
    Usable,
)
from treatment_algorithm.predicates import (
    Always,
    Deceased,
    Every,
    Feature,
    InScenario,
    Not,
    OnCard,
    Predicate,
    Some,
    Unknown,
    word_of,
)


def describe(predicate: Predicate) -> str:
    """One line of plain words; the names are those of the knowledge files."""
    match predicate:
        case Every(of=parts):
            return _joined(parts, " and ")
        case Some(of=parts):
            return _joined(parts, " or ")
        case Not(of=part):
            return f"not {describe(part)}"
        case Unknown(of=part):
            return f"unknown whether {describe(part)}"
        case Always():
            return "always"
        case Deceased():
            return "the patient is deceased"
        case Feature(id=feature):
            return feature
        case InScenario(ids=ids) | OnCard(ids=ids):
            return _names(ids)
        case Closed(group=group):
            return f"{group} read completely"
        case Obtained(group=group):
            return f"{group} obtained"
        case Failed(therapies=therapies, at_least=count, by=by):
            return f"at least {count} failed of {_names(therapies)}{_FAILED_BY[by]}"
        case Age(below=below, at_least=at_least):
            return " and ".join(
                [*([f"age below {below}"] if below else []), *([f"age at least {at_least}"] if at_least else [])]
            )
        case Allergic(concept=drugs, mild=mild):
            return f"{'mild intolerance of' if mild else 'allergic to'} {_names(drugs)}"
        case _:
            return f"{_VERBS.get(type(predicate), word_of(predicate))} {_names(predicate.concept)}{_limits(predicate)}"


_VERBS: dict[type, str] = {
    Condition: "recorded:",
    Sites: "body sites of",
    OnsetAge: "age at the onset of",
    Taking: "taking",
    Took: "took",
    Ordering: "ordering",
    Measured: "measured",
    OnRecord: "on record:",
    Sex: "sex",
    Line: "a current line of",
    Usable: "can be suggested:",
}

_FAILED_BY = {None: "", "date": ", by calcinosis dated after the minimum trial", "reason": ", by a recorded reason"}
# Fields that are said with a value, and fields that are said when they are set.
_VALUES = (
    ("below", "below {}"),
    ("at_most", "at most {}"),
    ("above", "above {}"),
    ("at_least", "at least {}"),
    ("range", "{} its range"),
    ("daily_mg_above", "above {} mg a day"),
    ("within_days", "within {} days"),
    ("weeks_at_least", "for {} weeks or more"),
    ("weeks_at_most", "for at most {} weeks"),
)
_SET = (
    ("unknown_dose_counts", "or in an unknown dose"),
    ("on_hold", "on hold or of unknown status"),
    ("ever", "any result"),
)
_SELECTED = {None: (), True: ("selected",), False: ("not selected",)}


def _joined(parts: Iterable[Predicate], word: str) -> str:
    return "(" + word.join(describe(part) for part in parts) + ")"


def _names(names: Iterable[str]) -> str:
    return " or ".join(name.replace("_", " ") for name in names)


def _limits(predicate: Predicate) -> str:
    said = []
    for name, words in _VALUES:
        value = getattr(predicate, name, None)
        if value is not None:
            said.append(words.format(value if not isinstance(value, float) else f"{value:g}"))
    said += [words for name, words in _SET if getattr(predicate, name, False)]
    said += _SELECTED[getattr(predicate, "selected", None)]
    for name in ("standing", "severity", "coded", "cues", "reason", "routes"):
        values = getattr(predicate, name, ())
        if values and list(values) != ["current"]:
            said.append(" or ".join(str(value) for value in values))
    if without := getattr(predicate, "not_routes", ()):
        said.append(f"not {' or '.join(without)}")
    return f" ({', '.join(said)})" if said else ""
