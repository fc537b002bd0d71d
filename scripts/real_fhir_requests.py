"""The demo requests with their prefetch taken out, and what the service has to ask a FHIR server for instead."""

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = dict[str, Any]

TOKEN = "made-up-bearer-of-the-demo"  # noqa: S105 - guards invented patients on loopback
EVERYTHING = "patient/*.read"
_PATIENT = "{{context.patientId}}"


@dataclass(frozen=True, slots=True)
class DemoRequest:
    """A file of demo/hook-requests."""

    name: str
    body: Json

    @property
    def patient_id(self) -> str:
        """The patient of the context."""
        return str(self.body["context"]["patientId"])

    @property
    def prefetch(self) -> Json:
        """All eight keys, as the client would fill them."""
        filled: Json = self.body["prefetch"]
        return filled

    @property
    def medications(self) -> frozenset[str]:
        """`Medication/id` of the separate Medications that its chart and its draft orders point to."""
        orders = self.body["context"].get("draftOrders", {})
        bundles = (self.prefetch["medications"], self.prefetch["statements"], orders)
        resources = (entry["resource"] for bundle in bundles for entry in bundle.get("entry", ()))
        references = (resource.get("medicationReference", {}).get("reference", "") for resource in resources)
        return frozenset(reference for reference in references if reference.startswith("Medication/"))

    def with_access(
        self,
        base: str,
        *,
        prefetch: Json | None = None,
        token: str | None = TOKEN,
        scope: str = EVERYTHING,
    ) -> Json:
        """The body with `prefetch` in place of its own (None: without the member), the server, and the token."""
        body = {name: value for name, value in self.body.items() if name != "prefetch"} | {"fhirServer": base}
        if prefetch is not None:
            body["prefetch"] = prefetch
        if token is not None:
            body["fhirAuthorization"] = {
                "access_token": token,
                "token_type": "Bearer",
                "expires_in": 300,
                "scope": scope,
                "subject": "calcinosis-cds",
            }
        return body

    def without(self, *keys: str) -> Json:
        """Its prefetch without `keys`."""
        return {key: value for key, value in self.prefetch.items() if key not in keys}

    def query(self, template: str) -> str:
        """A template of discovery with this patient in it."""
        return template.replace(_PATIENT, self.patient_id)

    def queries(self, templates: Iterable[str]) -> list[str]:
        """Everything that has to be asked for in the place of `templates`: they and the separate Medications."""
        return [*(self.query(template) for template in templates), *self.medications]


def read_requests(folder: Path, patients: Collection[str]) -> Iterator[DemoRequest]:
    """The requests of `folder` about one of `patients` (ids), by file name."""
    for path in sorted(folder.glob("*.json")):
        request = DemoRequest(path.name, json.loads(path.read_text(encoding="utf-8")))
        if request.patient_id in patients:
            yield request
