"""Hold deploy/kubernetes against the schemas of Kubernetes, without a cluster and without a network.

    python -m scripts.check_kubernetes FOLDER

Needs the dependency group `manifests` (kubernetes-validate brings the schemas of every release). Each document is
checked strictly, an unknown member is an error, against the newest release known and an older one that is still common.
That the check can fail is checked with spoilt copies.
"""

import copy
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import yaml

from scripts.tally import Tally

RELEASES = ("1.30", kubernetes_validate.latest_version())


def documents(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every document below `folder` with its file name, but for the Kustomization, which no server ever sees."""
    for path in sorted(folder.glob("*.yaml")):
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            if document["kind"] != "Kustomization":
                yield path.name, document


def fault(document: dict[str, Any], release: str) -> str:
    """What the schema of `release` says against the document; empty when nothing."""
    try:
        kubernetes_validate.validate(document, release, strict=True)
    except kubernetes_validate.ValidationError as error:
        return f"{'.'.join(map(str, error.path))}: {error.message}"[:300]
    except kubernetes_validate.SchemaNotFoundError as error:
        return f"no schema: {error.message}"
    return ""


def spoilt(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Copies that must not pass: a member that does not exist, a wrong type, a version that is gone."""
    one = copy.deepcopy(document)
    one["spec"]["template"]["spec"]["containers"][0]["readynessProbe"] = {}
    yield "a misspelt member", one
    one = copy.deepcopy(document)
    one["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = "40"
    yield "a text where a number belongs", one
    yield "an API version that is gone", document | {"apiVersion": "apps/v1beta1"}


def main() -> int:
    """Exit code 0 when every document passes and every spoilt one does not."""
    folder = Path(sys.argv[1])
    tally = Tally()
    for name, document in documents(folder):
        for release in RELEASES:
            why = fault(document, release)
            tally.check(not why, f"{name}: {document['kind']} as Kubernetes {release} has it", why)
        if document["kind"] == "Deployment":
            for title, one in spoilt(document):
                tally.check(bool(fault(one, RELEASES[-1])), f"{title} is refused")
    tally.check(tally.passed > len(RELEASES), "there was something to look at")
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
