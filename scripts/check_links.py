"""Every link of every card of the demo requests: own pages answer and hold the anchor, others are well-formed https.

    python -m scripts.check_links BASE [FOLDER]

Pages of others are not fetched (decision 21 keeps to DOIs and labels): only their form is checked.
"""

import argparse
import json
import re
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urlsplit

from scripts.tally import Tally

_IN_MARKDOWN = re.compile(r"\]\((\S+?)\)")


def links_of(card: dict[str, Any]) -> Iterator[str]:
    """The URLs of a card: links, source, and those in the Markdown of its detail."""
    yield from (link["url"] for link in card.get("links", []))
    if url := card.get("source", {}).get("url"):
        yield url
    yield from _IN_MARKDOWN.findall(card.get("detail", ""))


def fault_of(url: str, base: str, pages: dict[str, str]) -> str:
    """What is wrong with a link; empty when nothing is. `pages` keeps the own pages that were fetched."""
    if not (url == base or url.startswith((f"{base}/", f"{base}#"))):
        parts = urlsplit(url)
        well_formed = parts.scheme == "https" and "." in parts.netloc and not re.search(r"[\s<>\"\\]", url)
        return "" if well_formed else "not a well-formed https address"
    page, anchor = urldefrag(url)
    if page not in pages:
        status, text = _get(page)
        if status != 200:
            return f"answered {status}"
        pages[page] = text
    if anchor and not re.search(rf'\bid="{re.escape(anchor)}"', pages[page]):
        return "no such anchor on the page"
    return ""


def _get(url: str, body: bytes | None = None) -> tuple[int, str]:
    headers = {"Content-Type": "application/json"} if body else {}
    request = urllib.request.Request(url, data=body, headers=headers)  # noqa: S310 - BASE is given by the caller
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - as above
            return int(answer.status), answer.read().decode("utf-8")
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, ""


def main() -> int:
    """Exit code 0 when every demo request is answered and no link is at fault."""
    parser = argparse.ArgumentParser(description="Check the links of the demo patients' cards.")
    parser.add_argument("base")
    parser.add_argument("folder", type=Path, nargs="?", default=Path("demo/hook-requests"))
    options = parser.parse_args()
    base = options.base.rstrip("/")
    tally, urls = Tally(), dict[str, None]()
    requests = sorted(options.folder.glob("*.json"))
    tally.check(bool(requests), "there are demo requests", f"none in {options.folder}")
    for path in requests:
        body = path.read_bytes()
        status, answer = _get(f"{base}/cds-services/calcinosis-{json.loads(body)['hook']}", body)
        if tally.check(status == 200, f"{path.name} is answered", f"status {status}"):
            urls.update((url, None) for card in json.loads(answer)["cards"] for url in links_of(card))
    tally.check(bool(urls), "the cards carry links")
    pages: dict[str, str] = {}
    for url in urls:
        fault = fault_of(url, base, pages)
        tally.check(not fault, url, fault)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
