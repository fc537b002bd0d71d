"""A predicate in words says everything that was asked: no limit of a question is left out of a trace."""

from dataclasses import fields
from typing import Any

import pytest

from treatment_algorithm.explanation import describe
from treatment_algorithm.predicates import WORDS, parse_predicate, word_of

# One question a row, every field of every leaf of the vocabulary in at least one row (chart_predicates.py).
IN_WORDS: tuple[tuple[dict[str, Any], str], ...] = (
    ({"condition": "gout"}, "recorded: gout"),
    ({"condition": {"is": "gout", "standing": ["current", "past"]}}, "recorded: gout (current or past)"),
    ({"condition": {"is": "gout", "severity": "severe"}}, "recorded: gout (severe)"),
    ({"condition": {"is": "gout", "cues": ["active", "flare"]}}, "recorded: gout (active or flare)"),
    ({"condition": {"is": "gout", "within_days": 90}}, "recorded: gout (within 90 days)"),
    ({"sites": {"is": "calcinosis_cutis", "at_least": 2}}, "body sites of calcinosis cutis (at least 2)"),
    ({"sites": {"is": "calcinosis_cutis", "at_most": 3}}, "body sites of calcinosis cutis (at most 3, at least 1)"),
    ({"onset_age": {"is": "dermatomyositis", "below": 18}}, "age at the onset of dermatomyositis (below 18)"),
    ({"taking": ["prednisone", "prednisolone"]}, "taking prednisone or prednisolone"),
    ({"taking": {"is": "diltiazem", "routes": ["oral", "intravenous"]}}, "taking diltiazem (oral or intravenous)"),
    ({"taking": {"is": "diltiazem", "not_routes": "topical"}}, "taking diltiazem (not topical)"),
    ({"taking": {"is": "prednisone", "daily_mg_above": 7.5}}, "taking prednisone (above 7.5 mg a day)"),
    (
        {"taking": {"is": "prednisone", "daily_mg_above": 20.0, "unknown_dose_counts": True}},
        "taking prednisone (above 20 mg a day, or in an unknown dose)",
    ),
    ({"taking": {"is": "diltiazem", "on_hold": True}}, "taking diltiazem (on hold or of unknown status)"),
    ({"took": {"is": "amiodarone", "within_days": 90}}, "took amiodarone (within 90 days)"),
    ({"ordering": {"is": "subject", "selected": True}}, "ordering subject (selected)"),
    ({"ordering": {"is": "subject", "selected": False}}, "ordering subject (not selected)"),
    ({"ordering": {"is": "subject", "reason": ["calcinosis", "unknown"]}}, "ordering subject (calcinosis or unknown)"),
    ({"ordering": {"is": "alendronate", "routes": "oral"}}, "ordering alendronate (oral)"),
    (
        {"ordering": {"is": "alendronate", "not_routes": ["intravenous", "subcutaneous"]}},
        "ordering alendronate (not intravenous or subcutaneous)",
    ),
    (
        {"ordering": {"is": "prednisone", "daily_mg_above": 14.99, "unknown_dose_counts": True}},
        "ordering prednisone (above 14.99 mg a day, or in an unknown dose)",
    ),
    ({"ordering": {"is": "prednisone", "weeks_at_most": 4}}, "ordering prednisone (for at most 4 weeks)"),
    ({"measured": {"is": "egfr", "below": 30}}, "measured egfr (below 30)"),
    ({"measured": {"is": "egfr", "at_most": 30}}, "measured egfr (at most 30)"),
    ({"measured": {"is": "egfr", "above": 30}}, "measured egfr (above 30)"),
    ({"measured": {"is": "egfr", "at_least": 30, "within_days": 365}}, "measured egfr (at least 30, within 365 days)"),
    ({"measured": {"is": "serum_calcium", "range": "below"}}, "measured serum calcium (below its range)"),
    (
        {"measured": {"is": "hbsag", "coded": ["positive", "indeterminate"]}},
        "measured hbsag (positive or indeterminate)",
    ),
    ({"measured": {"is": "hbsag", "coded": "positive", "ever": True}}, "measured hbsag (any result, positive)"),
    ({"on_record": {"is": "ecg", "within_days": 30}}, "on record: ecg (within 30 days)"),
    ({"age": {"below": 18}}, "age below 18"),
    ({"age": {"below": 56, "at_least": 10}}, "age below 56 and age at least 10"),
    ({"sex": "female"}, "sex female"),
    (
        {"procedure": {"is": "excision", "standing": "planned", "within_days": 30}},
        "procedure excision (within 30 days, planned)",
    ),
    ({"referred": "rheumatology"}, "referred rheumatology"),
    ({"allergic": "rituximab"}, "allergic to rituximab"),
    ({"allergic": {"is": "rituximab", "mild": True}}, "mild intolerance of rituximab"),
    ({"failed": {"of": ["methotrexate", "ivig"]}}, "at least 1 failed of methotrexate or ivig"),
    ({"failed": {"of": "ivig", "at_least": 2}}, "at least 2 failed of ivig"),
    ({"failed": {"of": "ivig", "by": "reason"}}, "at least 1 failed of ivig, by a recorded reason"),
    (
        {"failed": {"of": "ivig", "by": "date"}},
        "at least 1 failed of ivig, by calcinosis dated after the minimum trial",
    ),
    ({"line": {"is": "methotrexate", "weeks_at_least": 12}}, "a current line of methotrexate (for 12 weeks or more)"),
    ({"usable": "diltiazem"}, "can be suggested: diltiazem"),
    ({"closed": "medications"}, "medications read completely"),
    ({"obtained": "allergies"}, "allergies obtained"),
    ({"deceased": True}, "the patient is deceased"),
    ({"always": True}, "always"),
    ({"feature": "F-DM"}, "F-DM"),
    ({"scenario": ["SC-LOCAL", "SC-SSC"]}, "SC-LOCAL or SC-SSC"),
    ({"on_card": "R-DILT"}, "R-DILT"),
    ({"all": [{"sex": "female"}, {"usable": "ivig"}]}, "(sex female and can be suggested: ivig)"),
    ({"any": [{"sex": "female"}, {"sex": "male"}]}, "(sex female or sex male)"),
    ({"not": {"sex": "male"}}, "not sex male"),
    ({"unknown": {"sex": "male"}}, "unknown whether sex male"),
)


@pytest.mark.parametrize(("question", "words"), IN_WORDS, ids=[words for _, words in IN_WORDS])
def test_a_question_is_said_with_every_limit_it_has(question: dict[str, Any], words: str) -> None:
    assert describe(parse_predicate(question)) == words


def test_every_word_and_every_field_of_the_vocabulary_is_said_somewhere() -> None:
    """A field that is added to the vocabulary needs its words here."""
    asked = {word: set[str]() for word in WORDS}
    for question, _ in IN_WORDS:
        predicate = parse_predicate(question)
        given = next(iter(question.values()))
        asked[word_of(predicate)] |= given.keys() if isinstance(given, dict) else {"is"}
    assert [word for word, said in asked.items() if not said] == []
    written = {word: _fields(kind) for word, kind in WORDS.items()}
    assert {word: missing for word, names in written.items() if (missing := names - asked[word])} == {}


def _fields(kind: type) -> set[str]:
    """What a question of this kind may say beside what it is about."""
    return {field.name for field in fields(kind)} - {"concept", "therapies", "of", "id", "ids", "group"}
