"""Debian's Chromium, driven by Playwright, and what a page did that it must not do."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, sync_playwright

AXE = Path(__file__).parent / "axe"
_INSTALL_SECONDS = 300


def chromium() -> str | None:
    """The path of Chromium; installed with apt-get where it is missing and we may. None: there is none."""
    if not shutil.which("chromium") and os.geteuid() == 0 and shutil.which("apt-get"):
        for command in (["apt-get", "-qq", "update"], ["apt-get", "-qq", "install", "--yes", "chromium"]):
            subprocess.run(command, check=False, stdout=subprocess.DEVNULL, timeout=_INSTALL_SECONDS)
    return shutil.which("chromium")


@contextmanager
def browser(path: str) -> Iterator[Browser]:
    """A headless browser for as long as the block runs."""
    with sync_playwright() as playwright:
        # Chromium's sandbox needs what containers and root do not have; only our own loopback page is opened.
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"])
        try:
            yield started
        finally:
            started.close()


@dataclass(slots=True)
class Watched:
    """A page and its faults: script errors, refusals of the security policy, dialogs of scripts, foreign requests."""

    page: Page
    base: str
    faults: list[str] = field(default_factory=list)
    sent: list[tuple[str, str]] = field(default_factory=list)

    def bodies(self, ending: str) -> list[str]:
        """The bodies posted to addresses with this ending, oldest first."""
        return [body for path, body in self.sent if path.endswith(ending)]


def watched(page: Page, base: str) -> Watched:
    """Watch `page`, which may call nothing outside `base`."""
    seen = Watched(page, base)

    def console(message: ConsoleMessage) -> None:
        # A status of 412 or 404 is an answer that the page shows; the browser logs it too.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            seen.faults.append(message.text)

    def dialog(opened: Dialog) -> None:
        seen.faults.append(f"dialog: {opened.message}")
        opened.dismiss()

    page.on("console", console)
    page.on("dialog", dialog)
    page.on("pageerror", lambda error: seen.faults.append(str(error)))
    page.on("request", lambda request: _note(seen, request.url, request.method, request.post_data))
    page.set_default_timeout(8000)
    return seen


def axe_violations(page: Page) -> list[str] | None:
    """Serious and critical violations that axe-core finds on the page as it is; None: axe-core cannot be installed."""
    script = AXE / "node_modules/axe-core/axe.min.js"
    if not script.is_file():
        if not shutil.which("npm"):
            return None
        subprocess.run(["npm", "ci", "--silent"], cwd=AXE, check=True, timeout=_INSTALL_SECONDS)
    page.evaluate(script.read_text(encoding="utf-8") + ";0")
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then((result) => result.violations)")
    return [
        f"{one['id']}: {node['html'][:120]}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def _note(seen: Watched, url: str, method: str, body: str | None) -> None:
    if not url.startswith((seen.base, "data:", "blob:")):
        seen.faults.append(f"foreign request: {url}")
    if method == "POST":
        seen.sent.append((url, body or ""))
