"""What the service makes of a FHIR server that refuses: 412 for what is required, a named gap for everything else."""

from collections.abc import Iterable
from typing import Any

from cds_service.services import REQUIRED_KEYS
from scripts.http_calls import Answer, call
from scripts.real_fhir_cards import Bench
from scripts.real_fhir_requests import TOKEN, DemoRequest

_REQUESTS = ("patient-view.dm-metoprolol.json", "order-select.diltiazem-on-metoprolol.json", "order-sign.json")


def tokens(bench: Bench) -> None:
    """No token, and a wrong one: nothing is read, 412."""
    bench.fhir.behave(token=TOKEN)
    for request in bench.named(*_REQUESTS):
        for what, token, status in (("no token", None, "missing"), ("a wrong token", "another-bearer", "refused")):
            answer = bench.ask(request.with_access(bench.fhir.base, token=token))
            seen = bench.fhir.asked()
            refused = bool(seen) and {(one.status, one.bearer) for one in seen} == {(401, status)}
            bench.tally.check(
                refused and _is_precondition(answer), f"{request.name}: {what}: 401 there, 412 here", str(answer.status)
            )


def narrow_scopes(bench: Bench) -> None:
    """A type outside the token's scopes is not asked for; one that the server forbids leaves the same gap."""
    request = bench.named(_REQUESTS[0])[0]
    granted = [kind for kind in _types_by_key(bench, request).values() if kind != "MedicationRequest"]
    scope = " ".join(f"patient/{kind}.rs" for kind in granted)
    bench.fhir.behave(token=TOKEN)
    narrow = bench.ask(request.with_access(bench.fhir.base, scope=scope))
    seen = bench.fhir.asked()
    asked_for_it = "MedicationRequest" in _types(seen)
    bench.tally.check(
        not asked_for_it and len(seen) == len(granted),
        "a type outside the scopes is not asked for",
        str(_types(seen)),
    )
    bench.fhir.behave(token=TOKEN, faults={"MedicationRequest": 403})
    forbidden = bench.ask(request.with_access(bench.fhir.base))
    bench.fhir.asked()
    same = narrow.status == 200 and narrow.content == forbidden.content
    bench.tally.check(same, "403 for it gives the same cards", f"{narrow.status}, {forbidden.status}")


def refused_types(bench: Bench) -> None:
    """403, 404 and 500 for one type: 412 when it is required, else 200 with the gap named on a card."""
    view, select, sign = bench.named(*_REQUESTS)
    for request, status in ((view, 403), (select, 500), (sign, 404)):
        types = _types_by_key(bench, request)
        required = [_required(bench, request, types.pop(key), status) for key in REQUIRED_KEYS]
        what = f"{request.name}: {status} for patient or conditions is 412"
        bench.tally.check(not any(required), what, str(required))
        secondary = [_secondary(bench, request, key, kind, status) for key, kind in types.items()]
        what = f"{request.name}: {status} for one of the other {len(secondary)} types is 200 with the gap named"
        bench.tally.check(not any(secondary), what, str(secondary))


def unknown_patient(bench: Bench) -> None:
    """A patient whom the server does not know: its own 404 for the read, empty searches, 412."""
    bench.fhir.behave(token=TOKEN)
    request = bench.named(_REQUESTS[0])[0]
    body = request.with_access(bench.fhir.base)
    body["context"] = body["context"] | {"patientId": "demo-nobody"}
    answer = bench.ask(body)
    by_type = {one.resource_type: (one.status, one.total) for one in bench.fhir.asked()}
    holds = by_type.get("Patient") == (404, None) and by_type.get("Condition") == (200, 0) and _is_precondition(answer)
    bench.tally.check(holds, "a patient whom the server does not know is 412", f"{answer.status}, {by_type}")


def _types_by_key(bench: Bench, request: DemoRequest) -> dict[str, str]:
    """Prefetch key -> the resource type of its template."""
    templates = bench.templates[request.body["hook"]]
    return {key: template.partition("?")[0].partition("/")[0] for key, template in templates.items()}


def _required(bench: Bench, request: DemoRequest, kind: str, status: int) -> str:
    bench.fhir.behave(token=TOKEN, faults={kind: status})
    answer = bench.called_back(request)
    met = [one.status for one in bench.fhir.asked() if one.resource_type == kind]
    return "" if met == [status] and _is_precondition(answer) else f"met {met}, answered {answer.status}"


def _secondary(bench: Bench, request: DemoRequest, key: str, kind: str, status: int) -> str:
    bench.fhir.behave(token=TOKEN, faults={kind: status})
    answer = call("POST", f"{bench.service}/api/evaluate", request.with_access(bench.fhir.base))
    met = [one.status for one in bench.fhir.asked() if one.resource_type == kind]
    if met != [status] or answer.status != 200:
        return f"met {met}, answered {answer.status}"
    open_groups = [gap["group"] for gap in answer.content["data_gaps"] if gap.get("obtained") is False]
    if open_groups != [key]:
        return f"gaps {open_groups}"
    said = any("(not obtained)" in card.get("detail", "") for card in answer.content["cards"])
    return "" if said else "no card names it"


def _is_precondition(answer: Answer) -> bool:
    content: Any = answer.content
    return answer.status == 412 and isinstance(content, dict) and content.get("resourceType") == "OperationOutcome"


def _types(seen: Iterable[Any]) -> list[str]:
    return sorted(one.resource_type for one in seen)
