"""A chart whose every text tries to become something else, pasted into the workbench: it must stay text."""

import json

from scripts.browser import Watched
from scripts.tally import Tally
from scripts.workbench_steps import after

_MARKUP = '<img src=x onerror="alert(1)"><script>alert(2)</script>'
_MARKDOWN = "[click](javascript:alert(3)) **bold** ![x](https://evil.example/x.png)"
_BIDI = "drug \u202egnihton\u202c \u200bend"


def hostile_chart(tally: Tally, seen: Watched) -> None:
    """Paste it, order the drug it names, and look for anything that is no text."""
    page = seen.page
    page.locator("#paste").click()
    page.locator("#pasted").fill("{")
    page.locator("#use-pasted").click()
    tally.check("not JSON" in page.locator("#dialog .fault").inner_text(), "what is no JSON is refused in words")
    page.locator("#pasted").fill(json.dumps(_bundle()))
    after(page, lambda: page.locator("#use-pasted").click())
    banner = page.locator("#banner").inner_text()
    tally.check("<img src=x" in banner and "<script>" in banner, "markup stands there as text", banner)
    tally.check("[click](javascript:" in banner, "a Markdown link stands there as text")
    tally.check("[U+202E]" in banner and "\u202e" not in banner, "what turns letters round is shown, not obeyed")
    tally.check(page.locator("#cards .card").count() >= 1, "the chart gets its card")
    for reference in page.locator("#why .chip.basis").all()[:3]:
        reference.click()
        page.keyboard.press("Escape")
    tally.check(page.locator("main img, main script, main iframe").count() == 0, "nothing of it became an element")
    foreign = page.locator("a").evaluate_all("(all) => all.map((one) => one.href)")
    tally.check(not [href for href in foreign if "javascript" in href or "evil" in href], "nor a link")
    tally.check("patient=" not in page.url, "a pasted chart does not stand in the address")
    request = {
        "hook": "patient-view",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {"userId": "Practitioner/x", "patientId": _MARKUP},
        "prefetch": {"patient": _MARKUP, "conditions": None},
    }
    page.locator("#paste").click()
    page.locator("#pasted").fill(json.dumps(request))
    after(page, lambda: page.locator("#use-pasted").click())
    fault = page.locator("#cards .fault")
    tally.check(
        fault.count() == 1 and "Not evaluated" in fault.inner_text(), "a request that is refused is shown as refused"
    )


def _bundle() -> dict[str, object]:
    patient = {
        "resourceType": "Patient",
        "id": "p1",
        "birthDate": "1970-01-01",
        "name": [{"given": [_MARKUP], "family": _BIDI}],
    }
    active = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]}
    subject = {"reference": "Patient/p1"}

    def condition(identity: str, text: str, *codes: tuple[str, str]) -> dict[str, object]:
        coding = [{"system": system, "code": code, "display": text} for system, code in codes]
        return {
            "resourceType": "Condition",
            "id": identity,
            "subject": subject,
            "clinicalStatus": active,
            "code": {"coding": coding, "text": text},
        }

    icd = "http://hl7.org/fhir/sid/icd-10-cm"
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {"resource": one}
            for one in (
                patient,
                condition("c1", f"Calcinosis {_MARKUP}", (icd, "L94.2")),
                condition("c2", _MARKDOWN, (icd, "M33.12")),
                condition("c3", _BIDI),
                {
                    "resourceType": "MedicationRequest",
                    "id": "m1",
                    "status": "active",
                    "intent": "order",
                    "subject": subject,
                    "medicationCodeableConcept": {"text": f"prednisolone {_MARKUP}"},
                },
            )
        ],
    }
