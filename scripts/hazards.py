"""Write docs/hazards.md from docs/hazards.yaml: every hazard with its controls and the tests that hold them.

python -m scripts.hazards [--check]    --check writes nothing; exit status 1 if the page is not current
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

import msgspec
import yaml

from cds_service.documents.markdown_table import table
from scripts.checklist import ROOT
from scripts.checklist_claims import names_of_checks

DATA, PAGE = "docs/hazards.yaml", "docs/hazards.md"
_TO_BE_RATED = "to be rated"
_HEAD = """# Hazards

Written from [hazards.yaml](hazards.yaml) by `python -m scripts.hazards`; do not edit this page. A hazard needs a
control and a test; a test that is gone, renamed, or not always run fails `make test`, and a test that fails is a
control that is not there. Scripts are run by `make e2e`.

This is engineering's part of a risk file, in the order of ISO 14971, and no risk file: severity and probability are for
a clinician and the manufacturer to rate, and stand as "to be rated". The product is not CE-marked and not cleared by
anyone. Threats from outside are in [security.md](security.md).
"""


class Hazard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of the file; `residual` is what stays, in words."""

    id: str
    hazard: str
    cause: str
    harm: str
    controls: tuple[str, ...]
    tests: tuple[str, ...]
    residual: str


def read_hazards(text: str) -> tuple[Hazard, ...]:
    """The entries of the file; raises msgspec.ValidationError for anything that is not one."""
    data: Any = yaml.safe_load(text)
    return msgspec.convert(data, tuple[Hazard, ...])


def faults(hazards: Sequence[Hazard], known: AbstractSet[str]) -> list[str]:
    """What is wrong, one sentence each: an id twice, nothing in a member, no control, no test, a test that is gone."""
    ids = [one.id for one in hazards]
    found = [f"{identity}: stands twice" for identity in sorted(set(ids)) if ids.count(identity) > 1]
    for one in hazards:
        empty = [name for name in one.__struct_fields__ if not getattr(one, name)]
        found += [f"{one.id}: no {name}" for name in empty]
        found += [f"{one.id}: {test} is no test that is always run" for test in one.tests if test not in known]
    return found


def hazards_page(hazards: Iterable[Hazard]) -> str:
    """The page; the same hazards give the same text."""
    lines = [_HEAD]
    for one in hazards:
        lines += [f"## {one.id} {one.hazard}", ""]
        rows = (
            ("cause", one.cause),
            ("harm", one.harm),
            ("severity, probability", _TO_BE_RATED),
            ("controls", "; ".join(one.controls)),
            ("tests", ", ".join(_link(test) for test in one.tests)),
            ("what stays", one.residual),
        )
        lines += table(("", ""), rows)
    return "\n".join(lines).rstrip() + "\n"


def _link(test: str) -> str:
    path, _, name = test.partition("::")
    return f"[{name or path.rpartition('/')[2]}](../{'tests/' if name else ''}{path})"


def main() -> int:
    """Exit status 0 when the page was written, or is current."""
    parser = argparse.ArgumentParser(description="Write docs/hazards.md from docs/hazards.yaml and the tests.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit status 1 if the page is not current")
    check: bool = parser.parse_args().check
    hazards = read_hazards((ROOT / DATA).read_text(encoding="utf-8"))
    if wrong := faults(hazards, names_of_checks(ROOT)):
        print("\n".join(wrong))
        return 1
    page, text = ROOT / PAGE, hazards_page(hazards)
    if not check:
        page.write_text(text, encoding="utf-8")
        print(f"{PAGE} written")
        return 0
    current = _current(page, text)
    print(f"{PAGE} is {'current' if current else 'not current: run python -m scripts.hazards'}")
    return 0 if current else 1


def _current(page: Path, text: str) -> bool:
    return page.is_file() and page.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main())
