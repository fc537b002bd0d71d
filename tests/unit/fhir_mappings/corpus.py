"""Valid FHIR R4 resources of every type that is read, twelve or more each, for the tests of the readers."""

from typing import Any

from tests.unit.fhir_mappings.charts import (
    ATC,
    CLINICAL,
    ICD10CM,
    LOINC,
    RXNORM,
    SNOMED,
    VERIFICATION,
    Json,
    allergy,
    coded,
    condition,
    observation,
    procedure,
    referral,
    request,
    statement,
)

CALCINOSIS = coded(ICD10CM, "L94.2", "Calcinosis cutis")
METHOTREXATE = coded(RXNORM, "6851", "methotrexate")
NARRATIVE = {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'}


def status_of(code: str, system: str = CLINICAL) -> Json:
    return {"coding": [{"system": system, "code": code}]}


def daily(value: float, unit: str, **repeat: Any) -> list[Json]:
    timing = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"} | repeat}
    dose = {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}
    return [{"timing": timing, "route": {"text": "Oral"}, "doseAndRate": [{"doseQuantity": dose}]}]


def numbered(resources: list[Json], letter: str) -> list[Json]:
    """The resources with ids of their own."""
    return [one | {"id": f"{letter}-{number}"} for number, one in enumerate(resources)]


CONDITIONS = numbered(
    [
        condition(CALCINOSIS, clinicalStatus=status_of("active"), recordedDate="2026-01-02"),
        condition(CALCINOSIS, clinicalStatus=status_of("remission"), onsetDateTime="2019"),
        condition(CALCINOSIS, verificationStatus=status_of("provisional", VERIFICATION), onsetDateTime="2019-05"),
        condition(CALCINOSIS, verificationStatus=status_of("refuted", VERIFICATION)),
        condition(coded(SNOMED, "403514006", "Scleroderma-associated calcinosis"), severity=coded(SNOMED, "24484000")),
        condition(coded(ICD10CM, "M33.13"), onsetDateTime="2020-01-01T10:00:00+01:00"),
        condition({"text": "Dermatomyositis, both thighs"}, text=NARRATIVE),
        condition({"text": "No evidence of calcinosis cutis"}),
        condition(coded(SNOMED, "396230008"), onsetPeriod={"start": "2018-03"}, abatementDateTime="2020-02-01"),
        condition(CALCINOSIS, bodySite=[{"text": "Elbow"}, coded(SNOMED, "76505004", "Thumb")], note=[{"text": "x"}]),
        condition(CALCINOSIS, stage=[{"summary": {"text": "ulcerated"}}], abatementString="as a child"),
        condition(coded(ICD10CM, "I10"), clinicalStatus=status_of("resolved"), abatementAge={"value": 8, "code": "a"}),
        condition(CALCINOSIS, _onsetDateTime={"extension": [{"url": "https://e.example/x", "valueString": "y"}]}),
    ],
    "c",
)
MEDICATIONS = numbered(
    [
        request(METHOTREXATE, authoredOn="2026-01-02", dosageInstruction=daily(15, "mg", periodUnit="wk")),
        request(METHOTREXATE, status="on-hold", statusReason={"text": "side effects"}),
        request(METHOTREXATE, status="stopped", statusReason={"text": "no response"}),
        request(coded(ATC, "L04AX03"), intent="plan", reasonCode=[CALCINOSIS]),
        request(coded(RXNORM, "833217", "diltiazem hydrochloride 30 MG Oral Tablet"), reasonReference=[
            {"reference": "Condition/c-0"}
        ]),
        request({"text": "Trexall"}, status="completed", dispenseRequest={
            "validityPeriod": {"start": "2020-01-01", "end": "2021-01-01"},
            "expectedSupplyDuration": {"value": 30, "unit": "days", "code": "d"},
        }),
        request({"text": "diltiazem 2 % topical cream"}),
        request(coded(RXNORM, "99999999"), note=[{"text": "unknown drug"}]),
        request(None, medicationReference={"reference": "#m"}, contained=[
            {"resourceType": "Medication", "id": "m", "code": METHOTREXATE}
        ]),
        request(None, medicationReference={"reference": "Medication/nowhere"}),
        request(METHOTREXATE, doNotPerform=True),
        request(METHOTREXATE, status="cancelled"),
        request(METHOTREXATE, intent="proposal"),
    ],
    "m",
)  # fmt: skip
STATEMENTS = numbered(
    [
        *(
            {k: v for k, v in statement(METHOTREXATE, status=status).items() if k != "intent"}
            for status in (
                "active", "completed", "entered-in-error", "intended", "stopped", "on-hold", "unknown", "not-taken"
            )
        ),
        *(
            {k: v for k, v in statement({"text": "prednisone"}, **more).items() if k != "intent"}
            for more in (
                {"effectiveDateTime": "2020-01"},
                {"effectivePeriod": {"start": "2019-01-01", "end": "2020-02-02"}, "status": "stopped"},
                {"status": "not-taken", "statusReason": [{"text": "allergy"}]},
                {"status": "stopped", "reasonCode": [{"text": "treatment failure"}], "dosage": daily(20, "mg")},
            )
        ),
    ],
    "s",
)  # fmt: skip
ALLERGIES = numbered(
    [
        allergy(coded(RXNORM, "3443"), clinicalStatus=status_of("active"), recordedDate="2020"),
        allergy(coded(RXNORM, "3443"), type="intolerance", criticality="low"),
        allergy(coded(RXNORM, "3443"), clinicalStatus=status_of("resolved")),
        allergy(coded(RXNORM, "3443"), verificationStatus=status_of("refuted", VERIFICATION)),
        allergy(coded(RXNORM, "3443"), verificationStatus=status_of("unconfirmed", VERIFICATION)),
        allergy({"text": "Allergy to methotrexate"}, type="allergy", criticality="high"),
        allergy(coded(SNOMED, "91936005", "Allergy to penicillin")),
        allergy(coded(SNOMED, "716186003", "No known allergy")),
        allergy({"text": "NKDA"}),
        allergy({"text": "Peanut"}, onsetDateTime="2001-02-03"),
        allergy({"text": "Drug"}, reaction=[{"substance": METHOTREXATE, "manifestation": [{"text": "rash"}]}]),
        allergy(coded(SNOMED, "99999999")),
    ],
    "a",
)
PROCEDURES = numbered(
    [
        *(
            procedure(coded(SNOMED, "268400002"), status=status)
            for status in (
                "preparation", "in-progress", "not-done", "on-hold", "stopped", "completed", "entered-in-error",
                "unknown",
            )
        ),
        procedure(coded(SNOMED, "268400002"), performedDateTime="2026-11-01T09:00:00Z"),
        procedure(coded(SNOMED, "268400002"), performedPeriod={"start": "2026-10", "end": "2026-11"}),
        procedure({"text": "Excision of calcinosis"}, bodySite=[{"text": "Elbow"}]),
        procedure(coded(SNOMED, "99999999"), performedString="long ago"),
    ],
    "r",
)  # fmt: skip
OBSERVATIONS = numbered(
    [
        observation(coded(LOINC, "8867-4"), valueQuantity={"value": 66, "unit": "bpm"}, effectiveDateTime="2026-11"),
        observation(coded(LOINC, "8867-4"), valueQuantity={"value": 1.1, "unit": "Hz"}),
        observation(coded(LOINC, "85354-9"), component=[
            {"code": coded(LOINC, "8480-6"), "valueQuantity": {"value": 128, "code": "mm[Hg]"}},
            {"code": coded(LOINC, "8462-4"), "dataAbsentReason": {"text": "asleep"}},
        ]),
        observation(coded(LOINC, "72514-3"), valueInteger=4, effectivePeriod={"start": "2026-01-01"}),
        observation(coded(LOINC, "5196-1"), valueCodeableConcept={"text": "Negative"}),
        observation(coded(LOINC, "5196-1"), valueString="Reactive", effectiveInstant="2026-11-01T09:00:00Z"),
        observation(coded(LOINC, "13952-7"), interpretation=[{"text": "Negative"}]),
        observation(coded(LOINC, "17861-6"), valueQuantity={"value": 9.10, "code": "mg/dL"}, referenceRange=[
            {"low": {"value": 8.5, "unit": "mg/dL"}, "high": {"value": 10.5, "unit": "mg/dL"}}
        ]),
        observation(coded(LOINC, "62238-1"), valueQuantity={"value": 90, "comparator": ">"}),
        observation(coded(LOINC, "8867-4"), status="registered"),
        observation(coded(LOINC, "88020-3"), valueCodeableConcept=coded(SNOMED, "420913000")),
        observation(coded(LOINC, "8867-4"), dataAbsentReason={"text": "refused"}),
    ],
    "o",
)  # fmt: skip
REFERRALS = numbered(
    [
        *(
            referral(coded(SNOMED, "306127007"), status=status)
            for status in ("draft", "active", "on-hold", "revoked", "completed", "entered-in-error", "unknown")
        ),
        referral(coded(SNOMED, "306127007"), intent="proposal"),
        referral(coded(SNOMED, "306127007"), intent="plan", authoredOn="2026-11-01"),
        referral(coded(SNOMED, "99999999"), category=[coded(SNOMED, "3457005")]),
        referral({"text": "Rheumatology please"}, doNotPerform=True),
        referral({"text": "Rheumatology please"}),
    ],
    "f",
)
BY_KEY = {
    "conditions": CONDITIONS,
    "medications": MEDICATIONS,
    "statements": STATEMENTS,
    "allergies": ALLERGIES,
    "procedures": PROCEDURES,
    "observations": OBSERVATIONS,
    "referrals": REFERRALS,
}
