"""Drive the workbench in a browser, as the two minutes of a visitor go, and hold each step to what it promises.

    python -m scripts.check_workbench .venv/bin/calcinosis-cds [--screenshot docs/images/workbench.png]

Closing line: N passed, N failed. Without Chromium: skipped with the reason.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from playwright.sync_api import Browser, Error

from scripts.browser import Watched, axe_violations, browser, chromium, watched
from scripts.serving import clean_environment, free_port, serving
from scripts.tally import Tally
from scripts.workbench_hostile import hostile_chart
from scripts.workbench_steps import STEPS, Step

_START_SECONDS = 60
_DESK = {"width": 1440, "height": 900}
_PHONE = {"width": 390, "height": 844}
REPOSITORY = Path(__file__).resolve().parents[1]


def main() -> int:
    """Start a service of its own, run every step on it; 0 when nothing failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", type=Path, help="the calcinosis-cds command")
    parser.add_argument("--screenshot", type=Path, help="write a picture of the page to this file")
    options = parser.parse_args()
    tally = Tally()
    path = chromium()
    if path is None:
        tally.skip("the workbench in a browser", "Chromium is not installed (apt-get install chromium)")
        return tally.close()
    with running(options.command.absolute()) as base, browser(path) as started:
        for step in STEPS:
            _taken(tally, started, base, step)
        _taken(tally, started, base, hostile_chart)
        _reach(tally, started, base)
        _openapi_page(tally, started, base)
        if options.screenshot:
            _picture(started, base, options.screenshot)
    return tally.close()


@contextmanager
def running(command: Path) -> Iterator[str]:
    """A service with an empty database on a free port; yields its address."""
    with tempfile.TemporaryDirectory(prefix="workbench-") as place:
        port = free_port()
        base = f"http://127.0.0.1:{port}"
        # The demo patients are found beside the product, the database stays in the folder of this run.
        env = clean_environment(CDS_PORT=str(port), CDS_DATABASE_URL=f"sqlite:///{place}/workbench.sqlite3")
        with serving([str(command), "serve"], Path(place), env, f"{base}/readyz", _START_SECONDS):
            yield base


@contextmanager
def opened(started: Browser, base: str, address: str = "/", size: dict[str, int] | None = None) -> Iterator[Watched]:
    """The page in a context of its own, after its first answer."""
    width = size or _DESK
    context = started.new_context(viewport={"width": width["width"], "height": width["height"]})
    try:
        seen = watched(context.new_page(), base)
        seen.page.goto(base + address)
        seen.page.wait_for_selector('#cards[aria-busy="false"]')
        yield seen
    finally:
        context.close()


def _openapi_page(tally: Tally, started: Browser, base: str) -> None:
    """/docs shows every address of the description, from this service alone."""
    described = json.loads(urlopen(f"{base}/openapi.json").read())["paths"]  # noqa: S310  loopback
    with started.new_context(viewport={"width": 1440, "height": 900}) as context:
        seen = watched(context.new_page(), base)
        seen.page.goto(f"{base}/docs")
        seen.page.wait_for_selector(".opblock")
        shown = set(
            seen.page.locator(".opblock-summary-path").evaluate_all("(all) => all.map((one) => one.dataset.path)")
        )
        tally.check(shown == set(described), f"/docs shows all {len(described)} addresses", str(shown ^ set(described)))
        tally.check(not seen.faults, "/docs calls no other host and breaks no policy", "; ".join(seen.faults[:3]))


def _taken(tally: Tally, started: Browser, base: str, step: Step | Callable[[Tally, Watched], None]) -> None:
    name = step.__name__.replace("_", " ")
    try:
        with opened(started, base) as seen:
            step(tally, seen)
            tally.check(
                not seen.faults, f"{name}: no script error, no refused script, no dialog", "; ".join(seen.faults)
            )
    except Error as error:
        tally.check(False, name, str(error).splitlines()[0])


def _reach(tally: Tally, started: Browser, base: str) -> None:
    """Who can use it: at 390 px, with a screen reader, without a mouse."""
    order = "/#patient=dm-metoprolol&hook=order-select&drug=830874"
    for name, address, size in (
        ("desk", "/", _DESK),
        ("desk, order", order, _DESK),
        ("390 px", order, _PHONE),
        ("guideline", "/guideline", _DESK),
        ("about", "/about", _DESK),
    ):
        try:
            with page_of(started, base, address, size) as seen:
                wide = seen.page.evaluate("document.documentElement.scrollWidth - innerWidth")
                tally.check(wide <= 0, f"{name}: nothing is wider than the window", f"{wide} px too wide")
                violations = axe_violations(seen.page)
                if violations is None:
                    tally.skip(f"{name}: axe-core", "npm is not installed")
                else:
                    tally.check(not violations, f"{name}: axe-core finds nothing serious", "; ".join(violations[:5]))
        except Error as error:
            tally.check(False, name, str(error).splitlines()[0])


@contextmanager
def page_of(started: Browser, base: str, address: str, size: dict[str, int]) -> Iterator[Watched]:
    """A page of the service in this size: the workbench after its answer, another as it stands."""
    if address.startswith("/#") or address == "/":
        with opened(started, base, address, size) as seen:
            yield seen
        return
    context = started.new_context(viewport={"width": size["width"], "height": size["height"]})
    try:
        seen = watched(context.new_page(), base)
        seen.page.goto(base + address)
        yield seen
    finally:
        context.close()


def _picture(started: Browser, base: str, file: Path) -> None:
    with opened(started, base, "/#patient=dm-metoprolol&hook=order-select&drug=830874&reason=L94.2") as seen:
        seen.page.locator("#rule-SAFE-DILT-BB > summary").click()
        seen.page.locator("#ehr").evaluate("(column) => column.scrollTo(0, 0)")
        file.parent.mkdir(parents=True, exist_ok=True)
        seen.page.screenshot(path=str(file))
        print(f"{file}: {file.stat().st_size // 1000} kB", flush=True)


if __name__ == "__main__":
    sys.exit(main())
