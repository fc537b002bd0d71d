"""How the README's commands are found and judged, and the links of cards, before `make e2e` runs them for real."""

import pytest

from scripts import check_links, run_readme
from scripts.readme_blocks import Block, read_blocks

README = """
<!-- run: serve -->
```sh
make run
```
```sh
not marked
```
<!-- run: curl services -->

```sh
curl -s \\
  http://127.0.0.1:8000/cds-services
```
"""


def test_marked_blocks_are_found_and_others_are_not() -> None:
    assert read_blocks(README) == (
        Block("serve", "", "make run\n"),
        Block("curl", "services", "curl -s \\\n  http://127.0.0.1:8000/cds-services\n"),
    )


@pytest.mark.parametrize(
    ("member", "exit_code", "output", "fault"),
    [
        ("", 0, '{"cards": [{}]}', ""),
        ("services", 0, '{"services": [{}]}', ""),
        ("silent", 0, "", ""),
        ("", 0, '{"cards": []}', "no cards in the answer"),
        ("", 0, '{"resourceType": "OperationOutcome"}', "no cards in the answer"),
        ("", 0, "[]", "no cards in the answer"),
        ("", 0, "Not Found", "the answer is not JSON"),
        ("silent", 22, "", "exit code 22"),
    ],
)
def test_a_call_is_judged_by_what_the_readme_promises(member: str, exit_code: int, output: str, fault: str) -> None:
    assert run_readme.fault_of(Block("curl", member, ""), exit_code, output) == fault


BASE = "http://127.0.0.1:8000"
CARD = {
    "links": [{"url": f"{BASE}/guideline#r-1", "type": "absolute"}],
    "source": {"label": "x", "url": f"{BASE}/about"},
    "detail": "Read [the study](https://doi.org/10.1000/1) and [more](https://example.org/a).",
}


def test_links_source_and_detail_of_a_card_are_all_looked_at() -> None:
    assert list(check_links.links_of(CARD)) == [
        f"{BASE}/guideline#r-1",
        f"{BASE}/about",
        "https://doi.org/10.1000/1",
        "https://example.org/a",
    ]


def test_a_card_without_links_has_none() -> None:
    assert list(check_links.links_of({"summary": "x"})) == []


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        (f"{BASE}/guideline#r-1", ""),
        (f"{BASE}/guideline", ""),
        (f"{BASE}/guideline#r-11", "no such anchor on the page"),
        (f"{BASE}/missing", "answered 404"),
        (f"{BASE}.evil.example/guideline", "not a well-formed https address"),
        ("https://doi.org/10.1000/1", ""),
        ("http://doi.org/10.1000/1", "not a well-formed https address"),
        ("https://localhost/x", "not a well-formed https address"),
        ("javascript:alert(1)", "not a well-formed https address"),
    ],
)
def test_a_link_is_at_fault_when_it_leads_nowhere(url: str, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_links, "_get", lambda page: (404, ""))
    assert check_links.fault_of(url, BASE, {f"{BASE}/guideline": '<h2 id="r-1">'}) == fault


def test_a_page_that_fails_fails_for_each_of_its_links(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_links, "_get", lambda page: (500, ""))
    pages: dict[str, str] = {}
    assert [check_links.fault_of(f"{BASE}/guideline#{anchor}", BASE, pages) for anchor in "ab"] == ["answered 500"] * 2
