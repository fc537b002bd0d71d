"""The licences of what the service is installed with, as each distribution states them; GPL and AGPL alone are refused.

    python -m scripts.licences SBOM

SBOM is the CycloneDX file of `make sbom`: which distributions there are. What a licence expression or a classifier says
is taken as it stands, nobody read the licence texts. LGPL is let through: the libraries are used unchanged.
"""

import json
import re
import sys
from collections.abc import Sequence
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata
from pathlib import Path

_COPYLEFT = re.compile(r"(?<![A-Za-z])A?GPL|(?<!Lesser )(?:GNU |Affero )General Public License", re.IGNORECASE)
_CLASSIFIER = "License :: "
_LONGEST = 60


def components(sbom: str) -> list[tuple[str, str]]:
    """Name and version of every library of a CycloneDX file. Raises ValueError for anything else."""
    document = json.loads(sbom)
    if document.get("bomFormat") != "CycloneDX" or not document.get("components"):
        raise ValueError("no CycloneDX file with components")
    return [(each["name"], each["version"]) for each in document["components"]]


def stated(about: PackageMetadata) -> tuple[str, ...]:
    """Every licence that the distribution says may be chosen: expression, else classifiers, else the free text."""
    if expression := about.get("License-Expression"):
        return tuple(part.strip(" ()") for part in re.split(r"\bOR\b", expression))
    named = [text.rpartition(" :: ")[2] for text in about.get_all("Classifier", []) if text.startswith(_CLASSIFIER)]
    if named:
        return tuple(named)
    text = (about.get("License") or "").strip()
    return (text.splitlines()[0][:_LONGEST],) if text else ()


def refused(licences: Sequence[str]) -> str:
    """Why these licences are not taken; empty when one of them is."""
    if not licences:
        return "states no licence"
    return "" if any(not _COPYLEFT.search(licence) for licence in licences) else "is under GPL or AGPL only"


def main() -> int:
    """Exit status 0 when every distribution of the SBOM states a licence that is taken."""
    wrong = 0
    found = components(Path(sys.argv[1]).read_text(encoding="utf-8"))
    for name, version in found:
        try:
            licences = stated(metadata(name))
        except PackageNotFoundError:
            print(f"  {name} {version}: not installed on this platform, not looked at")
            continue
        why = refused(licences)
        wrong += bool(why)
        print(f"{'! ' if why else '  '}{name} {version}: {' or '.join(licences) or '-'}{f' ({why})' if why else ''}")
    print(f"{len(found)} distributions, {wrong} with a licence that is refused")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
