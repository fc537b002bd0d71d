"""Drugs that only a separate Medication names: read by their references, and said to be unknown when they cannot be.

The charts on the server are changed for this: each drug that a MedicationRequest carries moves into a Medication.
"""

import re

from scripts.http_calls import call
from scripts.real_fhir_cards import Bench
from scripts.real_fhir_requests import TOKEN, DemoRequest, Json

_REQUESTS = ("order-select.diltiazem-on-metoprolol.json", "patient-view.jdm-new-prednisolone.json")
_CODE = "medicationCodeableConcept"


def separate_medications(bench: Bench) -> None:
    """The same cards with every drug behind a reference, relative or as a URL; a gap when it is not given away."""
    for request in bench.named(*_REQUESTS):
        bench.fhir.behave()
        moved = _move_drugs(bench, request)
        bench.fhir.asked()
        for absolute in (False, True):
            bench.fhir.behave(token=TOKEN, absoluteReferences=absolute)
            fault = bench.other_cards(request, bench.called_back(request))
            read = sum(1 for one in bench.fhir.asked() if one.resource_type == "Medication" and one.status == 200)
            what = (
                f"{request.name}: {moved} drugs behind {'absolute' if absolute else 'relative'} references, same cards"
            )
            bench.tally.check(not fault and moved == read, what, fault or f"{read} were read")
        _not_given_away(bench, request, moved)


def _not_given_away(bench: Bench, request: DemoRequest, moved: int) -> None:
    bench.fhir.behave(token=TOKEN, faults={"Medication": 404})
    answer = bench.called_back(request)
    met = sum(1 for one in bench.fhir.asked() if one.resource_type == "Medication" and one.status == 404)
    details = " ".join(card.get("detail", "") for card in answer.content["cards"])
    # Fewer than were moved: what was cancelled or entered in error is no drug whatever it is.
    said = re.search(r"Could not be read:\*\* \d+ medication entr", details) is not None
    what = f"{request.name}: 404 for them, a card says that medication entries could not be read"
    bench.tally.check(answer.status == 200 and met == moved and said, what, f"{answer.status}, {met} asked, {details}")


def _move_drugs(bench: Bench, request: DemoRequest) -> int:
    """Store each drug as a Medication and its request with a reference to it; how many there are."""
    resources = [entry["resource"] for entry in request.prefetch["medications"].get("entry", ())]
    carrying = [resource for resource in resources if _CODE in resource]
    for resource in carrying:
        medication = {"resourceType": "Medication", "id": f"{resource['id']}-product", "code": resource[_CODE]}
        pointing = {name: value for name, value in resource.items() if name != _CODE}
        pointing["medicationReference"] = {"reference": f"Medication/{medication['id']}"}
        for stored in (medication, pointing):
            _put(bench, stored)
    return len(carrying)


def _put(bench: Bench, resource: Json) -> None:
    answer = call("PUT", f"{bench.fhir.base}/{resource['resourceType']}/{resource['id']}", resource)
    if answer.status not in (200, 201):
        raise RuntimeError(f"{resource['resourceType']} not stored: {answer.status}")
