"""Units, bounds, ranges and results of Observations: UCUM 2.2, FHIR R4 Quantity and referenceRange, decision 0008."""

from typing import Any

import pytest

from fhir_mappings.elements import Quantity
from fhir_mappings.units import UNLISTED_LIMIT, UnitReader, factor, prepare_units
from tests.unit.fhir_mappings.charts import LOINC, SNOMED, Mapper, bundle, coded, observation
from treatment_algorithm.cues import Cues
from treatment_algorithm.features import MeasurementFact, PatientFeatures

UCUM = "http://unitsofmeasure.org"
MEANING = "http://terminology.hl7.org/CodeSystem/referencerange-meaning"
INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
SYSTOLIC, DIASTOLIC, PANEL = coded(LOINC, "8480-6"), coded(LOINC, "8462-4"), coded(LOINC, "85354-9")
PULSE, EGFR, LVEF = coded(LOINC, "8867-4"), coded(LOINC, "62238-1"), coded(LOINC, "10230-1")
CALCIUM = coded(LOINC, "17861-6")
HBSAG, ANTI_HBS, IGRA = coded(LOINC, "5196-1"), coded(LOINC, "16935-9"), coded(LOINC, "64084-7")
PREGNANCY, HCG, NYHA = coded(LOINC, "82810-3"), coded(LOINC, "19080-1"), coded(LOINC, "88020-3")


def ucum(value: float, code: str, **more: Any) -> dict[str, Any]:
    return {"valueQuantity": {"value": value, "unit": code, "system": UCUM, "code": code} | more}


def only(features: PatientFeatures) -> MeasurementFact:
    (fact,) = features.measurements
    return fact


def kinds(features: PatientFeatures) -> list[str]:
    return [issue.kind for issue in features.issues]


@pytest.mark.parametrize(
    ("unit", "to", "expected"),
    [
        ("kPa", "mm[Hg]", 7.50063755419),  # m[Hg] is 133.3220 kPa (UCUM 2.2, table of units)
        ("/s", "/min", 60),
        ("{beats}/min", "/min", 1),
        ("s", "ms", 1000),
        ("mL/s/{1.73_m2}", "mL/min/{1.73_m2}", 60),
        ("10*9/L", "10*3/uL", 1),
        ("/uL", "10*3/uL", 0.001),
        ("g/L", "g/dL", 0.1),
        ("ukat/L", "U/L", 60),  # 1 U is 1 umol/min
        ("k[IU]/L", "[IU]/mL", 1),
        ("m[iU]/mL", "m[IU]/mL", 1),
    ],
)
def test_a_factor_is_what_ucum_says(unit: str, to: str, expected: float) -> None:
    assert factor(unit, to) == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize(
    ("unit", "to"),
    [
        ("mmol/L", "mg/dL"), ("mm", "mm[Hg]"), ("mL/min", "mL/min/{1.73_m2}"), ("1", "%"), ("%", "{score}"),
        ("mmol/mol", "%"), ("meq/L", "mmol/L"), ("mosm/L", "mmol/L"), ("[IU]/mL", "/mL"), ("[IU]2/L", "[IU]/L"),
        ("Cel", "K"), ("B[SPL]", "mm[Hg]"), ("mmHg", "mm[Hg]"), ("", "kg"), ("((", "kg"), ("{}", "kg"),
        ("10*9999/L", "/uL"), ("10*999/L", "/uL"), ("10*-999/L", "/uL"), ("k" * 41, "kg"), ("µg", "kg"),
    ],
)  # fmt: skip
def test_what_ucum_alone_does_not_settle_has_no_factor(unit: str, to: str) -> None:
    assert factor(unit, to) is None


def test_every_unit_of_the_knowledge_is_one_that_ucum_knows(cues: Cues) -> None:
    prepare_units(cues)
    without_dimension = {"%", "{score}", "{INR}", "mmol/mol"}
    for listed in cues.units.values():
        for unit in {*listed.values()} - without_dimension:
            whole = f"1{unit}" if unit.startswith("/") else unit
            assert factor(f"{whole}.mA", f"{whole}.A") == pytest.approx(0.001), unit


def test_a_chart_has_only_so_many_unlisted_units_and_known_ones_stay_known(cues: Cues) -> None:
    units = UnitReader(cues)
    for number in range(UNLISTED_LIMIT):
        units.read("systolic_bp", Quantity(value=1, code=f"10*{number % 9 + 1}.{'k' if number > 30 else ''}Pa{number}"))
    assert units.read("systolic_bp", Quantity(value=16, code="kPa")) is None
    assert units.read("systolic_bp", Quantity(value=120, code="mm[Hg]")) is not None
    assert UnitReader(cues).read("systolic_bp", Quantity(value=16, code="kPa")) is not None


@pytest.mark.parametrize(
    ("code", "more", "value", "unit"),
    [
        (SYSTOLIC, ucum(16, "kPa"), pytest.approx(120.01, abs=0.01), "mm[Hg]"),
        (PULSE, ucum(1.1, "/s"), 66, "/min"),
        (EGFR, ucum(1, "mL/s/{1.73_m2}"), 60, "mL/min/{1.73_m2}"),
        (LVEF, ucum(38, "%"), 38, "%"),
        (coded(LOINC, "8625-6"), ucum(0.16, "s"), 160, "ms"),
        (CALCIUM, ucum(2.4, "mmol/L"), 2.4, "mmol/L"),
        (CALCIUM, ucum(9.6, "mg/dL"), 9.6, "mg/dL"),
        (CALCIUM, ucum(96, "mg/L"), 9.6, "mg/dL"),
    ],
)
def test_a_value_is_in_the_unit_of_its_concept(code: Any, more: Any, value: Any, unit: str, mapper: Mapper) -> None:
    fact = only(mapper.of(observation(code, **more)))
    assert (fact.value, fact.unit) == (value, unit)


@pytest.mark.parametrize(
    ("code", "quantity"),
    [
        (SYSTOLIC, {"value": 120}),
        (SYSTOLIC, {"value": 120, "code": "cm", "system": UCUM}),
        (SYSTOLIC, {"value": 16, "code": "kPa", "unit": "mmHg", "system": UCUM}),
        (SYSTOLIC, {"value": 120, "code": "nonsense", "unit": "mmHg", "system": UCUM}),
        (SYSTOLIC, {"value": 120, "code": "kPa", "system": "https://hospital.example/units"}),
        (EGFR, {"value": 55, "code": "mL/min", "system": UCUM}),
        (LVEF, {"value": 0.55, "code": "1", "system": UCUM}),
        (CALCIUM, {"value": 4.8, "code": "meq/L", "system": UCUM}),
        (coded(LOINC, "4548-4"), {"value": 42, "code": "g/L", "system": UCUM}),
    ],
)
def test_a_unit_that_is_not_certain_leaves_a_fact_without_value_and_an_issue(
    code: Any, quantity: Any, mapper: Mapper
) -> None:
    features = mapper.of(observation(code, valueQuantity=quantity))
    assert (only(features).value, only(features).unit, only(features).comparator) == (None, None, None)
    assert kinds(features) == ["unit"]


def test_a_local_code_beside_a_unit_in_words_does_no_harm(mapper: Mapper) -> None:
    quantity = {"value": 120, "code": "U17", "system": "https://hospital.example/units", "unit": "mmHg"}
    assert only(mapper.of(observation(SYSTOLIC, valueQuantity=quantity))).value == 120


def test_a_bare_number_counts_only_where_the_knowledge_says_so(mapper: Mapper) -> None:
    assert only(mapper.of(observation(coded(LOINC, "72514-3"), valueInteger=4))).value == 4
    assert kinds(mapper.of(observation(PULSE, valueInteger=66))) == ["unit"]


@pytest.mark.parametrize("comparator", ["<", "<=", ">=", ">"])
def test_a_comparator_keeps_its_value(comparator: str, mapper: Mapper) -> None:
    fact = only(mapper.of(observation(EGFR, **ucum(60, "mL/min/{1.73_m2}", comparator=comparator))))
    assert (fact.value, fact.comparator) == (60, comparator)


def test_a_comparator_that_fhir_r4_does_not_know_is_no_value(mapper: Mapper) -> None:
    features = mapper.of(observation(EGFR, **ucum(60, "mL/min/{1.73_m2}", comparator="ad")))
    assert (only(features).value, kinds(features)) == (None, ["unreadable"])


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        (EGFR, ">60 mL/min/{1.73_m2}", (60, ">")),
        (EGFR, "> 90 mL/min/1.73 m2", (90, ">")),
        (EGFR, "≥60 mL/min/1.73m2", (60, ">=")),
        (EGFR, "58 mL/min/{1.73_m2}", (58, None)),
        (coded(LOINC, "72514-3"), "7/10", (7, None)),
        (coded(LOINC, "72514-3"), "7", (7, None)),
        (EGFR, ">60", (None, None)),  # of what is not said
        (EGFR, "58-62 mL/min/{1.73_m2}", (None, None)),
        (EGFR, "about 58 mL/min/{1.73_m2}", (None, None)),
        (EGFR, "58,5 mL/min/{1.73_m2}", (None, None)),
        (SYSTOLIC, "110/70", (None, None)),
        (SYSTOLIC, "110 mmHg, sitting", (None, None)),
        (coded(LOINC, "72514-3"), "3+", (None, None)),
    ],
)
def test_a_text_is_a_value_when_it_is_nothing_else(
    code: Any, text: str, expected: tuple[float | None, str | None], mapper: Mapper
) -> None:
    features = mapper.of(observation(code, valueString=text))
    assert (only(features).value, only(features).comparator) == expected
    assert kinds(features) == []


LOW, HIGH = {"value": 2.1}, {"value": 2.6}


@pytest.mark.parametrize(
    ("ranges", "expected"),
    [
        ([{"low": LOW, "high": HIGH}], (2.1, 2.6)),
        ([{"low": {"value": 2100, "code": "umol/L"}, "high": {"value": 2.6, "unit": "mmol/L"}}], (2.1, 2.6)),
        ([{"low": {"value": 8.5, "code": "mg/dL"}, "high": HIGH}], (None, 2.6)),
        ([{"low": LOW | {"comparator": "<"}, "high": HIGH}], (None, 2.6)),
        ([{"high": HIGH, "text": "2.1-2.6"}], (None, 2.6)),
        ([{"text": "2.1-2.6 mmol/L"}], (2.1, 2.6)),
        ([{"text": "2.1 – 2.6"}], (2.1, 2.6)),
        ([{"text": "2.1 to 2.6 mmol/L"}], (2.1, 2.6)),
        ([{"text": "<=2.6"}], (None, 2.6)),
        ([{"text": "≥ 2.1 mmol/L"}], (2.1, None)),
        ([{"text": "8.5-10.5 mg/dL"}], (None, None)),
        ([{"text": "2.6-2.1"}], (None, None)),
        ([{"text": "2,1-2,6"}], (None, None)),
        ([{"text": "adults 2.1-2.6"}], (None, None)),
        ([{"text": "2.1-2.6 (adults)"}], (None, None)),
        ([{"text": "2.1-2.6" + " " * 90}], (None, None)),
        ([{"text": "see report"}], (None, None)),
        ([{}], (None, None)),
        ([], (None, None)),
        ([{"type": coded(MEANING, "normal"), "low": LOW}], (2.1, None)),
        ([{"type": {"text": "Normal"}, "low": LOW}], (2.1, None)),
        ([{"type": coded(MEANING, "therapeutic"), "low": LOW}], (None, None)),
        ([{"low": {"value": 1}}, {"type": coded(MEANING, "normal"), "low": LOW}], (2.1, None)),
        ([{"type": coded(MEANING, "critical"), "low": {"value": 1}}, {"low": LOW}], (2.1, None)),
        ([{"low": LOW, "age": {"high": {"value": 18}}}, {"low": {"value": 2.2}}], (None, None)),
        ([{"low": LOW, "appliesTo": [{"text": "women"}]}, {"low": {"value": 2.2}}], (None, None)),
        ([{"type": coded(MEANING, "normal"), "low": LOW}] * 2, (None, None)),
    ],
)
def test_the_range_is_the_one_normal_range_in_the_values_unit(
    ranges: list[Any], expected: tuple[float | None, float | None], mapper: Mapper
) -> None:
    fact = only(mapper.of(observation(CALCIUM, referenceRange=ranges, **ucum(2.4, "mmol/L"))))
    assert (fact.low, fact.high) == expected


def test_the_end_of_an_open_range_is_outside(mapper: Mapper) -> None:
    fact = only(mapper.of(observation(CALCIUM, referenceRange=[{"text": "<2.6"}], **ucum(2.6, "mmol/L"))))
    assert fact.high is not None
    assert fact.value is not None
    assert 2.599999 < fact.high < fact.value
    fact = only(mapper.of(observation(CALCIUM, referenceRange=[{"text": ">2.1"}], **ucum(2.1, "mmol/L"))))
    assert fact.low is not None
    assert fact.value is not None
    assert fact.value < fact.low < 2.100001


def test_limits_without_a_unit_are_converted_like_the_value(mapper: Mapper) -> None:
    limits = {"low": {"value": 12}, "high": {"value": 16}}
    fact = only(mapper.of(observation(SYSTOLIC, referenceRange=[limits], **ucum(16, "kPa"))))
    assert (fact.low, fact.high) == (pytest.approx(90.007, abs=0.001), fact.value)


CUT_OFF = [{"high": {"value": 0.9}}]


@pytest.mark.parametrize(
    ("code", "more", "expected"),
    [
        (HBSAG, {"valueQuantity": {"value": 0.3}, "referenceRange": CUT_OFF}, "negative"),
        (HBSAG, {"valueQuantity": {"value": 0.3, "comparator": "<"}, "referenceRange": CUT_OFF}, "negative"),
        (HBSAG, {"valueQuantity": {"value": 0.9, "comparator": "<"}, "referenceRange": CUT_OFF}, "negative"),
        (HBSAG, {"valueQuantity": {"value": 2, "comparator": "<"}, "referenceRange": CUT_OFF}, "indeterminate"),
        (HBSAG, {"valueQuantity": {"value": 0.9}, "referenceRange": CUT_OFF}, "indeterminate"),
        (HBSAG, {"valueQuantity": {"value": 0.3, "comparator": ">"}, "referenceRange": CUT_OFF}, "indeterminate"),
        (HBSAG, {"valueQuantity": {"value": 250, "comparator": ">"}, "referenceRange": CUT_OFF}, "positive"),
        (HBSAG, {"valueQuantity": {"value": 0.9, "comparator": ">"}, "referenceRange": CUT_OFF}, "positive"),
        (HBSAG, {"valueQuantity": {"value": 0.9, "comparator": ">="}, "referenceRange": CUT_OFF}, "indeterminate"),
        (HBSAG, {"valueQuantity": {"value": 4.1}, "referenceRange": CUT_OFF}, "positive"),
        (HBSAG, {"valueQuantity": {"value": 1.0}, "referenceRange": [{"text": "<1.0"}]}, "positive"),
        (HBSAG, {"valueQuantity": {"value": 0.2}, "referenceRange": [{"text": "0.8-1.0"}]}, "indeterminate"),
        (HBSAG, {"valueQuantity": {"value": 0.3}}, "indeterminate"),
        (HBSAG, {"valueString": "0.3 S/CO", "referenceRange": [{"text": "<1.0 S/CO"}]}, "negative"),
        (HBSAG, {"valueQuantity": {"value": 4.1}, "interpretation": [coded(INTERPRETATION, "POS")]}, "positive"),
        (HBSAG, {"valueString": "negative", "interpretation": [coded(INTERPRETATION, "POS")]}, "indeterminate"),
        (HCG, ucum(1, "m[IU]/mL", comparator="<") | {"referenceRange": [{"text": "<5 m[IU]/mL"}]}, "negative"),
        (IGRA, ucum(4, "[IU]/mL") | {"referenceRange": [{"text": "<0.35"}]}, "indeterminate"),
        (IGRA, ucum(4, "[IU]/mL") | {"interpretation": [{"text": "Positive"}]}, "positive"),
        (PREGNANCY, {"valueCodeableConcept": coded(SNOMED, "77386006")}, "positive"),
        (PREGNANCY, {"valueCodeableConcept": coded(SNOMED, "77386006", "Pregnant (finding)")}, "positive"),
        (PREGNANCY, {"valueCodeableConcept": coded(SNOMED, "146799005")}, "indeterminate"),
        (PREGNANCY, {"valueCodeableConcept": {"text": "Not pregnant"}}, "negative"),
        (PREGNANCY, {"valueCodeableConcept": {"coding": [{"display": "Not pregnant (finding)"}]}}, "negative"),
        (PREGNANCY, {"valueString": "pregnant"}, "positive"),
        (PREGNANCY, {"valueString": "pregnant in 2019"}, None),
        (PREGNANCY, {"valueCodeableConcept": coded(SNOMED, "77386006", text="Not pregnant")}, "indeterminate"),
        (HCG, {"valueCodeableConcept": {"text": "Negative"}}, "negative"),
        (NYHA, {"valueCodeableConcept": coded(SNOMED, "420913000")}, "nyha_class_iii"),
        (NYHA, {"valueCodeableConcept": coded(SNOMED, "422293003")}, "nyha_class_iv"),
        (NYHA, {"valueCodeableConcept": coded(SNOMED, "420300004")}, "nyha_class_i_ii_not_severe"),
        (NYHA, {"valueCodeableConcept": coded(LOINC, "LA28406-9")}, "nyha_class_iii"),
        (NYHA, {"valueString": "NYHA class IV"}, "nyha_class_iv"),
        (NYHA, {"valueString": "II"}, "nyha_class_i_ii_not_severe"),
        (NYHA, {"valueString": "II-III"}, None),
        (NYHA, {"valueInteger": 3}, "indeterminate"),
    ],
)
def test_a_result_in_words_is_read_only_where_it_is_certain(
    code: Any, more: Any, expected: str | None, mapper: Mapper
) -> None:
    assert only(mapper.of(observation(code, **more))).coded == expected


def test_a_number_that_says_nothing_is_no_result_on_record(mapper: Mapper) -> None:
    assert only(mapper.of(observation(HBSAG, valueQuantity={"value": 0.3}))).value is None


def test_an_antibody_that_is_measured_keeps_its_number(mapper: Mapper) -> None:
    fact = only(mapper.of(observation(ANTI_HBS, **ucum(120, "m[IU]/mL"))))
    assert (fact.concept, fact.value, fact.unit, fact.coded) == ("hepatitis_b_surface_ab", 120, "m[IU]/mL", None)


def test_pressures_come_as_panel_or_alone(mapper: Mapper) -> None:
    panel = observation(
        PANEL, component=[{"code": SYSTOLIC} | ucum(16, "kPa"), {"code": DIASTOLIC} | ucum(78, "mm[Hg]")]
    )
    facts = mapper.of(panel).measurements
    assert [(fact.concept, fact.unit) for fact in facts] == [("systolic_bp", "mm[Hg]"), ("diastolic_bp", "mm[Hg]")]
    assert only(mapper.of(observation(SYSTOLIC, **ucum(118, "mm[Hg]")))).value == 118


def reading(value: float, effective: dict[str, Any], number: int) -> dict[str, Any]:
    return observation(SYSTOLIC, id=f"o-{number}", **ucum(value, "mm[Hg]"), **effective)


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        (["2026-11-10T08:00:00Z", "2026-11-10T17:30:00Z"], [2, 1]),
        (["2026-11-10T17:30:00Z", "2026-11-10T08:00:00Z"], [1, 2]),
        (["2026-11-10T08:00:00-05:00", "2026-11-10T09:00:00+01:00"], [1, 2]),  # 13:00 and 08:00 in UTC
        (["2026-11-09T23:00:00Z", "2026-11-10T08:00:00Z"], [1, 2]),  # two days: their order is not touched
        (["2026-11-10", "2026-11-10T08:00:00Z"], [1, 2]),
        (["2026-11-10T08:00:00Z", "2026-11-10T25:00:00Z"], [1, 2]),
        (["2026-11-10T08:00:00", "2026-11-10T09:00:00"], [2, 1]),
        (["2026-11-10T08:00:00Z", "2026-11-10T08:00:00Z"], [1, 2]),
        (["2026-11-10T07:00:00Z", "2026-11-10T09:00:00Z", "2026-11-10T08:00:00Z"], [2, 3, 1]),
    ],
)
def test_of_one_day_the_last_reading_leads(times: list[str], expected: list[int], mapper: Mapper) -> None:
    readings = [reading(100 + n, {"effectiveDateTime": time}, n) for n, time in enumerate(times, 1)]
    features = mapper.features({"observations": bundle(readings, total=len(readings))})
    assert [fact.proof.reference for fact in features.measurements] == [f"Observation/o-{n}" for n in expected]


def test_the_start_of_a_period_and_an_instant_tell_the_time_too(mapper: Mapper) -> None:
    early = reading(100, {"effectivePeriod": {"start": "2026-11-10T08:00:00Z"}}, 1)
    late = reading(101, {"effectiveInstant": "2026-11-10T12:00:00Z"}, 2)
    features = mapper.features({"observations": bundle([early, late], total=2)})
    assert [fact.value for fact in features.measurements] == [101, 100]
