"""The look-up of unknown drug codes on a terminology server, and blind spots made visible (decision 8).

The answers have the shapes that resolving-codes.md names; 9999901 to 9999903 stand for products no table holds, 3443
is diltiazem's ingredient in codes.csv.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any, cast

import httpx
import pytest
import respx
from starlette.testclient import TestClient

from cds_service.app import create_app
from cds_service.decide import decide
from cds_service.ehr.breaker import Breaker
from cds_service.ehr.outbound import Outbound
from cds_service.ehr.terminology import Terminology, terminology_base
from cds_service.errors import StartRefused
from cds_service.settings import Settings
from tests.service.ehr import (
    FHIR_SERVER,
    PATIENT_ID,
    TOKEN,
    Json,
    bundle,
    complete_prefetch,
    condition,
    hook_body,
    running_service,
    with_access,
)

SERVER = "https://terminology.example.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
PRODUCT, OTHER_PRODUCT, NOT_OURS = "9999901", "9999902", "9999903"
HISTORY = f"/REST/rxcui/{PRODUCT}/historystatus.json"
ADDRESS = "/cds-services/calcinosis-order-select"
TEXT = "Zubereitung 7 of the house"


def drug(code: str, text: str | None = None, system: str = RXNORM) -> Json:
    """An active order of a product."""
    product = {"coding": [{"system": system, "code": code}]} | ({"text": text} if text else {})
    return {
        "resourceType": "MedicationRequest",
        "id": f"drug-{code}",
        "status": "active",
        "intent": "order",
        "authoredOn": "2026-02-20",
        "subject": {"reference": f"Patient/{PATIENT_ID}"},
        "medicationCodeableConcept": product,
    }


def chart(*drugs: Json) -> Json:
    """The order of metoprolol for a patient with calcinosis and these drugs: diltiazem among them gives a card."""
    prefetch = complete_prefetch() | {"conditions": bundle(condition("c-1")), "medications": bundle(*drugs)}
    body = hook_body("order-select", prefetch=prefetch)
    order = body["context"]["draftOrders"]["entry"][0]["resource"]
    order["medicationCodeableConcept"] = {"text": "metoprolol 25 MG Oral Tablet"}
    return body


def history(*ingredients: tuple[str, str], status: str = "Active", **derived: Any) -> Json:
    concepts = [{"ingredientRxcui": code, "ingredientName": name} for code, name in ingredients]
    return {
        "rxcuiStatusHistory": {
            "metaData": {"status": status},
            "attributes": {"name": "a product", "tty": "SCD"},
            "definitionalFeatures": {"doseFormConcept": [{"doseFormRxcui": "1", "doseFormName": "Oral Tablet"}]},
            "pack": {},
            "derivedConcepts": ({"ingredientConcept": concepts} if concepts else {}) | derived,
        }
    }


def related(code: str, name: str) -> Json:
    groups = [
        {"tty": "BN", "conceptProperties": [{"rxcui": "9999908", "name": "diltiazem", "tty": "BN"}]},
        {"tty": "IN", "conceptProperties": [{"rxcui": code, "name": name, "tty": "IN"}]},
        {"tty": "PIN"},
    ]
    return {"relatedGroup": {"rxcui": None, "termType": ["IN"], "conceptGroup": groups}}


def parameters(*parts: Json) -> Json:
    return {"resourceType": "Parameters", "parameter": [{"name": "name", "valueString": "RxNorm"}, *parts]}


def ingredient_property(value: Json) -> Json:
    parts = [{"name": "code", "valueCode": "has_ingredient"}, {"name": "value"} | value]
    return {"name": "property", "part": parts}


@pytest.fixture
def terminology() -> Iterator[respx.MockRouter]:
    """The terminology server; what it was not told to answer fails the test."""
    with respx.mock(base_url=SERVER, assert_all_called=False) as router:
        yield router


def serving(folder: Path, **settings: Any) -> Any:
    return running_service(folder, cast(Any, decide), **{"terminology_server": SERVER} | settings)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[TestClient]:
    """A running service that really decides, with a terminology server of RxNav's kind."""
    with serving(tmp_path) as client:
        yield client


@pytest.fixture
def fhir_service(tmp_path: Path) -> Iterator[TestClient]:
    """The same with FHIR's `$lookup`."""
    with serving(tmp_path, terminology_server=f"{SERVER}/r4", terminology_kind="fhir") as client:
        yield client


def trace(service: TestClient, body: Json) -> Json:
    answer = service.post("/api/evaluate", json=body)
    assert answer.status_code == 200
    return cast(Json, answer.json())


def by_lookup(traced: Json) -> set[str]:
    """The references of the proofs that are marked as recognised by look-up."""
    proofs = (proof for rule in (*traced["features"], *traced["rules"]) for proof in rule["proofs"])
    return {proof["reference"] for proof in proofs if proof["recognised_by_lookup"]}


def assert_unknown_and_named(traced: Json, code: str = PRODUCT) -> None:
    assert traced["unknown_codes"] == [{"system": RXNORM, "code": code}]
    assert {"group": "medications", "reference": f"MedicationRequest/drug-{code}", "kind": "unknown-drug"} in traced[
        "data_gaps"
    ]


def test_nobody_is_asked_unless_a_server_is_set(tmp_path: Path, terminology: respx.MockRouter) -> None:
    with serving(tmp_path, terminology_server=None) as service:
        assert_unknown_and_named(trace(service, chart(drug(PRODUCT))))
    assert terminology.calls.call_count == 0


def test_rxnav_tells_the_ingredient(service: TestClient, terminology: respx.MockRouter) -> None:
    terminology.get(HISTORY).respond(json=history(("3443", "diltiazem")))
    traced = trace(service, chart(drug(PRODUCT)))
    assert traced["unknown_codes"] == []
    assert traced["data_gaps"] == []
    assert by_lookup(traced) == {f"MedicationRequest/drug-{PRODUCT}"}


def test_the_card_says_recognised_by_lookup(service: TestClient, terminology: respx.MockRouter) -> None:
    """Decision 8: what was not recognised by its code says so on the card."""
    terminology.get(HISTORY).respond(json=history(("3443", "diltiazem")))
    (card,) = service.post(ADDRESS, json=chart(drug(PRODUCT))).json()["cards"]
    assert "diltiazem (recognised by look-up) since 20 Feb 2026" in card["detail"]


def test_rxnav_follows_the_remapping(service: TestClient, terminology: respx.MockRouter) -> None:
    remapped = [
        {"remappedRxCui": "9999909", "remappedName": "old", "remappedActive": "NO"},
        {"remappedRxCui": OTHER_PRODUCT, "remappedName": "new", "remappedActive": "YES"},
    ]
    terminology.get(HISTORY).respond(json=history(status="Remapped", remappedConcept=remapped))
    route = terminology.get(f"/REST/rxcui/{OTHER_PRODUCT}/related.json", params={"tty": "IN"})
    route.respond(json=related("3443", "diltiazem"))
    assert by_lookup(trace(service, chart(drug(PRODUCT)))) == {f"MedicationRequest/drug-{PRODUCT}"}


def test_a_remapping_to_several_concepts_tells_nothing(service: TestClient, terminology: respx.MockRouter) -> None:
    several = [{"remappedRxCui": code, "remappedActive": "YES"} for code in (OTHER_PRODUCT, NOT_OURS)]
    terminology.get(HISTORY).respond(json=history(status="Remapped", remappedConcept=several))
    assert_unknown_and_named(trace(service, chart(drug(PRODUCT))))


def test_a_product_without_listed_ingredients_is_asked_for_related_ones(
    service: TestClient, terminology: respx.MockRouter
) -> None:
    terminology.get(HISTORY).respond(json=history())
    terminology.get(f"/REST/rxcui/{PRODUCT}/related.json").respond(json=related("3443", "diltiazem"))
    assert by_lookup(trace(service, chart(drug(PRODUCT)))) == {f"MedicationRequest/drug-{PRODUCT}"}


def test_of_related_concepts_only_ingredients_count(service: TestClient, terminology: respx.MockRouter) -> None:
    terminology.get(HISTORY).respond(json=history())
    terminology.get(f"/REST/rxcui/{PRODUCT}/related.json").respond(json=related(NOT_OURS, "examplamol"))
    traced = trace(service, chart(drug(PRODUCT)))
    assert (traced["unknown_codes"], by_lookup(traced)) == ([], set())


def test_a_drug_that_is_none_of_ours_is_no_blind_spot(service: TestClient, terminology: respx.MockRouter) -> None:
    """Its ingredients are told, so the drugs are read completely (decision 5)."""
    terminology.get(HISTORY).respond(json=history((NOT_OURS, "examplamol")))
    traced = trace(service, chart(drug(PRODUCT)))
    assert (traced["unknown_codes"], traced["data_gaps"], by_lookup(traced)) == ([], [], set())


def test_a_code_that_rxnav_does_not_know_stays_unknown(service: TestClient, terminology: respx.MockRouter) -> None:
    terminology.get(HISTORY).respond(json=history(status="Unknown"))
    assert_unknown_and_named(trace(service, chart(drug(PRODUCT))))


@pytest.mark.parametrize(
    "value",
    [
        {"valueCode": "3443"},
        {"valueCoding": {"system": RXNORM, "code": "3443"}},
        {"valueCoding": {"code": "3443"}},
        {"valueString": "diltiazem hydrochloride"},
    ],
)
def test_fhir_lookup_tells_the_ingredient(fhir_service: TestClient, terminology: respx.MockRouter, value: Json) -> None:
    route = terminology.get("/r4/CodeSystem/$lookup", params={"system": RXNORM, "code": PRODUCT})
    route.respond(json=parameters(ingredient_property(value)))
    assert by_lookup(trace(fhir_service, chart(drug(PRODUCT)))) == {f"MedicationRequest/drug-{PRODUCT}"}


@pytest.mark.parametrize(
    "part",
    [
        {"name": "display", "valueString": "diltiazem hydrochloride 60 MG Oral Tablet"},
        {"name": "designation", "part": [{"name": "value", "valueString": "diltiazem 60 MG Oral Tablet"}]},
    ],
)
def test_fhir_lookup_tells_the_drug_by_its_names(
    fhir_service: TestClient, terminology: respx.MockRouter, part: Json
) -> None:
    terminology.get("/r4/CodeSystem/$lookup").respond(json=parameters(part))
    assert by_lookup(trace(fhir_service, chart(drug(PRODUCT)))) == {f"MedicationRequest/drug-{PRODUCT}"}


@pytest.mark.parametrize(
    "part",
    [
        {"name": "display", "valueString": "something of the house"},
        ingredient_property({"valueCode": "9999909"}),
        ingredient_property({"valueString": "examplamolum"}),
        {"name": "property", "part": [{"name": "code", "valueCode": "parent"}, {"name": "value", "valueCode": "3443"}]},
    ],
)
def test_what_fhir_lookup_leaves_open_stays_unknown(
    fhir_service: TestClient, terminology: respx.MockRouter, part: Json
) -> None:
    """Only an ingredient's RxNorm code together with a name tells that a drug is surely none of ours."""
    terminology.get("/r4/CodeSystem/$lookup").respond(json=parameters(part))
    assert_unknown_and_named(trace(fhir_service, chart(drug(PRODUCT))))


def test_two_requests_make_one_call(service: TestClient, terminology: respx.MockRouter) -> None:
    route = terminology.get(HISTORY).respond(json=history(("3443", "diltiazem")))
    first, second = (trace(service, chart(drug(PRODUCT), drug(PRODUCT))) for _ in range(2))
    assert route.call_count == 1
    assert by_lookup(first) == by_lookup(second) == {f"MedicationRequest/drug-{PRODUCT}"}


def test_a_code_that_is_not_known_is_asked_once(service: TestClient, terminology: respx.MockRouter) -> None:
    route = terminology.get(HISTORY).respond(404, json={})
    for _ in range(2):
        assert_unknown_and_named(trace(service, chart(drug(PRODUCT))))
    assert route.call_count == 1


def test_a_code_whose_name_tells_the_drug_is_not_asked(service: TestClient, terminology: respx.MockRouter) -> None:
    traced = trace(service, chart(drug(PRODUCT, "diltiazem 60 MG Oral Tablet")))
    assert (terminology.calls.call_count, traced["unknown_codes"]) == (0, [])


def test_rxnav_is_asked_for_rxcuis_only(service: TestClient, terminology: respx.MockRouter) -> None:
    local = drug("P-17", system="https://hospital.example/drugs")
    traced = trace(service, chart(local))
    assert terminology.calls.call_count == 0
    assert traced["unknown_codes"] == [{"system": "https://hospital.example/drugs", "code": "P-17"}]


def test_nothing_but_the_code_leaves(tmp_path: Path, terminology: respx.MockRouter) -> None:
    """No token, no text, nothing of the patient; no code of an entry that was made in error or is another patient's."""
    terminology.get("/r4/CodeSystem/$lookup").respond(json=parameters())
    settings = {"terminology_server": f"{SERVER}/r4", "terminology_kind": "fhir"}
    wrong = drug(OTHER_PRODUCT) | {"status": "entered-in-error"}
    foreign = drug(NOT_OURS) | {"subject": {"reference": "Patient/someone-else"}}
    written = drug("Take two, says Mrs Miller")
    body = with_access(chart(drug(PRODUCT, TEXT), wrong, foreign, written), server=FHIR_SERVER)
    with serving(tmp_path, allowed_fhir_servers=(FHIR_SERVER,), **settings) as service:
        trace(service, body)
    (made,) = terminology.calls
    request = made.request
    asked = [("system", RXNORM), ("code", PRODUCT)]
    properties = [("property", name) for name in ("has_ingredient", "display", "designation")]
    assert request.method == "GET"
    assert str(request.url).partition("?")[0] == f"{SERVER}/r4/CodeSystem/$lookup"
    assert request.url.params.multi_items() == [*asked, *properties]
    assert request.content == b""
    assert set(request.headers) == {"accept", "accept-encoding", "connection", "host", "user-agent"}
    assert TOKEN not in str(request.headers)


def test_a_server_that_is_too_slow_leaves_the_drug_unknown(tmp_path: Path) -> None:
    """The others' answers count; the overall deadline ends a look-up too."""

    async def never(request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        return httpx.Response(500)

    body = chart(drug(PRODUCT), drug(OTHER_PRODUCT))
    short, long = 0.1, 5.0
    for number, (own, overall) in enumerate(((short, long), (long, short))):
        settings = {"terminology_deadline_seconds": own, "deadline_seconds": overall}
        folder = tmp_path / str(number)
        folder.mkdir()
        router = respx.mock(base_url=SERVER, assert_all_called=False)
        with serving(folder, **settings) as service, router as terminology:
            terminology.get(HISTORY).mock(side_effect=never)
            terminology.get(f"/REST/rxcui/{OTHER_PRODUCT}/historystatus.json").respond(
                json=history(("3443", "diltiazem"))
            )
            started = perf_counter()
            traced = trace(service, body)
            assert perf_counter() - started < long / 2
        assert_unknown_and_named(traced)
        assert by_lookup(traced) == {f"MedicationRequest/drug-{OTHER_PRODUCT}"}


def test_out_of_time_nothing_is_asked_and_the_server_is_not_blamed(terminology: respx.MockRouter) -> None:
    route = terminology.get(HISTORY).respond(json=history(("3443", "diltiazem")))

    async def ask() -> tuple[int, int]:
        base = terminology_base(SERVER)
        assert base is not None
        async with Outbound(1.0) as outbound:
            server = Terminology(base, "rxnav", 0.5, lambda: 0.0, outbound, Breaker(lambda: 0.0))
            now = asyncio.get_running_loop().time()
            late = [await server.look_up([(RXNORM, PRODUCT)], now) for _ in range(9)]
            return sum(map(len, late)), len(await server.look_up([(RXNORM, PRODUCT)], now + 5))

    assert asyncio.run(ask()) == (0, 1)
    assert route.call_count == 1


FAILURES = {
    "error": httpx.Response(500, json={}),
    "redirect": httpx.Response(302, headers={"Location": "https://elsewhere.example.org/"}),
    "too many requests": httpx.Response(429, json={}),
    "invalid JSON": httpx.Response(200, content=b"{", headers={"Content-Type": "application/json"}),
    "another shape": httpx.Response(200, json={"rxcuiStatusHistory": {"derivedConcepts": "3443"}}),
    "too deep": httpx.Response(200, content=b"[" * 300, headers={"Content-Type": "application/json"}),
    "too large": httpx.Response(200, json={"padding": "x" * 300_000}),
    "no JSON": httpx.Response(200, html="<html>3443</html>"),
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
def test_a_failure_leaves_the_drug_unknown_and_is_asked_again(
    service: TestClient, terminology: respx.MockRouter, failure: httpx.Response
) -> None:
    route = terminology.get(HISTORY).mock(return_value=failure)
    for _ in range(2):
        assert_unknown_and_named(trace(service, chart(drug(PRODUCT))))
    assert route.call_count == 2


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError])
def test_a_server_that_cannot_be_reached_is_left_alone_after_five_requests(
    service: TestClient, terminology: respx.MockRouter, error: type[Exception]
) -> None:
    route = terminology.get(HISTORY).mock(side_effect=error)
    for _ in range(7):
        assert_unknown_and_named(trace(service, chart(drug(PRODUCT))))
    assert route.call_count == 5


def test_twenty_codes_of_a_request_are_asked_nameless_ones_first(
    service: TestClient, terminology: respx.MockRouter
) -> None:
    route = terminology.get(path__regex="/REST/rxcui/.*").respond(json=history(status="Unknown"))
    named = [drug(str(1_000_001 + number), TEXT) for number in range(30)]
    traced = trace(service, chart(*named, drug(PRODUCT)))
    assert route.call_count == 20
    assert HISTORY in [made.request.url.path for made in route.calls]
    assert len(traced["unknown_codes"]) == 31


def test_unknown_codes_of_hook_calls_are_counted_by_system(service: TestClient, terminology: respx.MockRouter) -> None:
    """Systems outside the tables are one label together: a chart cannot make new ones."""
    terminology.get(HISTORY).respond(json=history(status="Unknown"))
    local = drug("P-17", TEXT, system="https://hospital.example/drugs")
    body = chart(drug(PRODUCT), local, drug("3443"))
    for _ in range(2):
        assert service.post(ADDRESS, json=body).status_code == 200
    answer = service.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    lines = [line for line in answer.text.splitlines() if line.startswith("cds_unknown_drug_codes_total")]
    assert lines == [
        f'cds_unknown_drug_codes_total{{system="{RXNORM}"}} 2.0',
        'cds_unknown_drug_codes_total{system="other"} 2.0',
    ]
    assert not any(text in answer.text for text in (PRODUCT, "P-17", TEXT, PATIENT_ID, "hospital"))


@pytest.mark.parametrize(
    "url", ["http://terminology.example.org", "https://user@terminology.example.org", "terminology", f"{SERVER}?a=b"]
)
def test_a_server_that_is_no_https_base_url_is_refused_at_start(tmp_path: Path, url: str) -> None:
    settings = Settings(_env_file=None, database_url=f"sqlite:///{tmp_path / 'test.sqlite3'}", terminology_server=url)
    with pytest.raises(StartRefused, match="CDS_TERMINOLOGY_SERVER"):
        create_app(settings)
