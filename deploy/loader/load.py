"""Load demo patients into a FHIR server: wait until it answers, then PUT every resource under its own id.

A one-shot command of docker-compose.yml; only the standard library, so it runs in any image that has Python.
Running it twice changes nothing (PUT). FHIR R4 RESTful API, "update as create".
"""

import argparse
import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# What others refer to comes first, for servers that check references on write.
_FIRST = ("Organization", "Practitioner", "PractitionerRole", "Patient", "Medication", "Encounter", "Condition")
_TIMEOUT_SECONDS = 10.0


def read_resources(folder: Path) -> list[dict[str, Any]]:
    """Every resource with an id in the `.json` files of a folder, Bundles taken apart, referred-to types first.

    A resource that occurs in several files is taken once. Raises ValueError when there is none, or when one
    has no resourceType or id.
    """
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for path in sorted(folder.rglob("*.json")):
        for resource in _taken_apart(json.loads(path.read_text(encoding="utf-8"))):
            kind, id_ = resource.get("resourceType"), resource.get("id")
            if not isinstance(kind, str) or not isinstance(id_, str):
                raise ValueError(f"{path.name}: a resource without resourceType or id")
            found[kind, id_] = resource
    if not found:
        raise ValueError(f"no resource in {folder.name}")
    return sorted(found.values(), key=lambda resource: _rank(resource["resourceType"]))


def _taken_apart(content: Any) -> Iterator[dict[str, Any]]:
    if content.get("resourceType") == "Bundle":
        for entry in content.get("entry", []):
            yield from _taken_apart(entry.get("resource", {}))
    else:
        yield content


def _rank(resource_type: str) -> int:
    return _FIRST.index(resource_type) if resource_type in _FIRST else len(_FIRST)


def wait_for(base: str, seconds: float) -> None:
    """Return when `[base]/metadata` answers 200; raises TimeoutError after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if _send("GET", f"{base}/metadata") == 200:
                return
        except OSError:  # refused, reset, not resolved yet: the server is still starting
            pass
        if time.monotonic() >= deadline:
            raise TimeoutError(f"{base}/metadata did not answer 200 within {seconds:.0f} s")
        time.sleep(min(2.0, max(0.0, deadline - time.monotonic())))


def put(base: str, resource: dict[str, Any]) -> int:
    """PUT one resource to `[base]/[type]/[id]`; the HTTP status of the answer. Raises OSError without an answer."""
    return _send("PUT", f"{base}/{resource['resourceType']}/{resource['id']}", resource)


def _send(method: str, url: str, body: dict[str, Any] | None = None) -> int:
    request = urllib.request.Request(  # noqa: S310 - main() admits http and https only
        url,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Accept": "application/fhir+json", "Content-Type": "application/fhir+json"},
        method=method,
    )
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310 - as above
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code


def main(arguments: list[str] | None = None) -> int:
    """Load the folder; the exit code is 0 when every resource was stored, 1 when not."""
    parser = argparse.ArgumentParser(description="Load demo patients into a FHIR server.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--base", required=True, help="the FHIR base URL, for instance http://fhir:8080/fhir")
    parser.add_argument("--wait", type=float, default=300.0, help="seconds to wait for the server")
    options = parser.parse_args(arguments)
    base = options.base.rstrip("/")
    if not base.startswith(("http://", "https://")):
        parser.error("--base is an http or https URL")
    try:
        resources = read_resources(options.folder)
        wait_for(base, options.wait)
        refused = [
            f"{resource['resourceType']}/{resource['id']}: {status}"
            for resource in resources
            if (status := put(base, resource)) not in (200, 201)
        ]
    except (OSError, ValueError) as error:
        print(f"not loaded: {error}", file=sys.stderr)
        return 1
    for line in refused:
        print(f"refused: {line}", file=sys.stderr)
    print(f"{len(resources) - len(refused)} of {len(resources)} resources stored in {base}")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
