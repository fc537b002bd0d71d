"""The pages that cards link to: complete, linked, marked, and harmless (decision 21, card-style rule L21)."""

import json
import shlex
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag

import pytest
from pydantic import BaseModel
from starlette.testclient import TestClient

from cds_service.app import create_app
from cds_service.settings import Settings
from treatment_algorithm.knowledge_base import KnowledgeBase

PAGES = ["/", "/guideline", "/about"]
BASE = "https://cds.example.org"
NOT_IDENTIFIED = "figure of the source text, primary source not identified"


@dataclass
class Reader(HTMLParser):
    """What a browser finds on a page: ids, links, the text of each element with an id, and every tag."""

    ids: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    tags: Counter[str] = field(default_factory=Counter)
    attributes: set[str] = field(default_factory=set)
    texts: dict[str, str] = field(default_factory=dict)
    text: str = ""
    levels: list[int] = field(default_factory=list)
    _open: list[tuple[str, str | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags[tag] += 1
        self.attributes.update(values)
        if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
            self.levels.append(int(tag[1]))
        if (identity := values.get("id")) is not None:
            self.ids.append(identity)
            self.texts[identity] = ""
        if (href := values.get("href")) is not None:
            self.links.append(href)
        if tag not in ("meta", "link", "br"):
            self._open.append((tag, identity))

    def handle_endtag(self, tag: str) -> None:
        assert self._open, tag
        assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        for _, identity in self._open:
            if identity is not None:
                self.texts[identity] += data


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader._open == []
    return reader


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, today: date, knowledge: KnowledgeBase) -> Iterator[TestClient]:
    """A service without the workbench: its pages run no script (the workbench: test_workbench.py)."""
    data = tmp_path_factory.mktemp("pages")
    settings = Settings(
        _env_file=None, public_base_url=BASE, database_url=f"sqlite:///{data / 'test.sqlite3'}", workbench="off"
    )
    with TestClient(create_app(settings, clock=lambda: today, knowledge=knowledge), base_url=BASE) as service:
        yield service


@pytest.fixture(scope="module")
def guideline(client: TestClient) -> Reader:
    """The guideline page as the service answers it."""
    return read(client.get("/guideline").text)


@pytest.fixture(scope="module")
def about(client: TestClient) -> Reader:
    """The page about the service."""
    return read(client.get("/about").text)


def anchors_in(model: Any) -> Iterator[str]:
    """Every `anchor` of a link anywhere in an entry of the knowledge."""
    if isinstance(model, BaseModel):
        for name in type(model).model_fields:
            value = getattr(model, name)
            if name == "anchor" and value is not None:
                yield value
            else:
                yield from anchors_in(value)
    elif isinstance(model, tuple | list):
        for item in model:
            yield from anchors_in(item)


def test_every_rule_has_its_anchor_exactly_once(guideline: Reader, knowledge: KnowledgeBase) -> None:
    counted = Counter(guideline.ids)
    assert {rule.id: counted[rule.id.lower()] for rule in knowledge.rules} == {rule.id: 1 for rule in knowledge.rules}


def test_no_id_stands_twice_on_a_page(client: TestClient) -> None:
    for path in PAGES:
        assert [identity for identity, count in Counter(read(client.get(path).text).ids).items() if count > 1] == []


def test_every_anchor_that_a_card_can_link_to_exists(guideline: Reader, knowledge: KnowledgeBase) -> None:
    linked = (
        set(anchors_in(knowledge.cards)) | set(anchors_in(knowledge.orders)) | set(anchors_in(knowledge.order_card))
    )
    linked |= {rule.id.lower() for rule in (*knowledge.safety_rules, *knowledge.orders)}
    assert {"sc-none", "os-other", "safe-tnf-dm"} <= linked
    assert linked - set(guideline.ids) == set()


def test_every_link_to_a_page_of_our_own_is_answered_and_its_anchor_is_there(client: TestClient) -> None:
    readers = {path: read(client.get(path).text) for path in PAGES}
    assert all(reader.links for reader in readers.values())
    for path, reader in readers.items():
        for href in reader.links:
            if href.startswith("https://"):
                continue
            target, anchor = urldefrag(href)
            target = target or path
            assert client.get(target).status_code == 200, f"{path}: {href}"
            if anchor:
                assert anchor in readers[target].ids, f"{path}: {href}"


def test_every_piece_of_evidence_has_its_place(guideline: Reader, knowledge: KnowledgeBase) -> None:
    evidence = knowledge.evidence
    groups = (evidence.sources, evidence.statements, evidence.holes, evidence.updates, evidence.decisions)
    named = [identity.lower() for group in (*groups, evidence.planned_safety) for identity in group]
    named += [feature.id.lower() for feature in knowledge.features]
    assert {"s1", "s30", "h1", "h11", "u-jaki", "d-15", "balin", "f-symp"} <= set(named)
    assert set(named) - set(guideline.ids) == set()


def test_statements_stand_there_word_for_word_with_what_was_found(guideline: Reader, knowledge: KnowledgeBase) -> None:
    for statement in knowledge.evidence.statements.values():
        shown = guideline.texts[statement.id.lower()]
        assert statement.quote in shown
        assert statement.agrees.value in shown


@pytest.mark.parametrize("statement", ["s9", "s16"])
def test_a_figure_without_a_primary_source_says_so(guideline: Reader, statement: str) -> None:
    assert NOT_IDENTIFIED in guideline.texts[statement]


def test_every_mark_is_shown_where_its_source_and_its_rule_stand(guideline: Reader, knowledge: KnowledgeBase) -> None:
    for source in knowledge.evidence.sources.values():
        assert guideline.texts[source.id.lower()].rstrip().endswith(source.mark)
    unverified = [rule for rule in knowledge.rules if "unverified" in rule.mark]
    assert unverified
    for rule in unverified:
        assert rule.mark in guideline.texts[rule.id.lower()]


def test_every_draft_rule_says_that_no_clinician_has_reviewed_it(guideline: Reader, knowledge: KnowledgeBase) -> None:
    for rule in knowledge.rules:
        assert ("draft, not reviewed by a clinician" in guideline.texts[rule.id.lower()]) == (rule.review == "draft")


def test_a_reviewed_rule_names_who_reviewed_it(tmp_path: Path, knowledge: KnowledgeBase) -> None:
    first, *others = knowledge.scenarios
    reviewed = first.model_copy(update={"review": "approved", "reviewed_by": "Dr. A", "reviewed_on": "2026-12-01"})
    with serving(tmp_path, replace(knowledge, scenarios=(reviewed, *others))) as client:
        shown = read(client.get("/guideline").text).texts[first.id.lower()]
    assert "reviewed by Dr. A, 2026-12-01" in shown
    assert "draft" not in shown


def test_newer_evidence_is_kept_apart(guideline: Reader, knowledge: KnowledgeBase) -> None:
    assert "Not part of the algorithm" in guideline.texts["newer-evidence"]
    for update in knowledge.evidence.updates.values():
        assert update.id in guideline.texts["newer-evidence"]


def test_rules_that_are_not_checked_are_listed_as_such(guideline: Reader, knowledge: KnowledgeBase) -> None:
    if not knowledge.evidence.planned_safety:
        assert "Every safety rule of the specification is checked" in " ".join(guideline.texts["not-checked"].split())
    for rule in knowledge.evidence.planned_safety.values():
        assert rule.id in guideline.texts["not-checked"]


def test_a_safety_rule_is_called_critical_only_if_its_source_was_read_or_it_is_an_allergy(
    guideline: Reader, knowledge: KnowledgeBase
) -> None:
    """Decision 13."""
    for rule in knowledge.safety_rules:
        may_be = rule.id == "SAFE-ALLERGY" or rule.mark.startswith("seen")
        suppresses = any(case.action == "suppress" for case in rule.cases)
        shown = "an order gets a critical card" in guideline.texts[rule.id.lower()]
        assert shown == (suppresses and may_be), rule.id


def test_the_standard_sentences_stand_there_word_for_word(guideline: Reader, knowledge: KnowledgeBase) -> None:
    for sentence in knowledge.evidence.sentences.values():
        assert sentence.text in guideline.texts[f"sentence-{sentence.key}"]


@pytest.mark.parametrize("path", ["/guideline", "/about"])
def test_a_page_names_the_knowledge_it_was_written_from(
    client: TestClient, knowledge: KnowledgeBase, path: str
) -> None:
    text = read(client.get(path).text).text
    assert knowledge.version in text
    assert knowledge.manifest.released in text
    assert knowledge.content_hash[:16] in text


@pytest.mark.checklist("DISC-16")
def test_about_lists_what_is_read_and_what_is_not(about: Reader, client: TestClient) -> None:
    """Decisions 10 and 28; the keys are those that discovery tells."""
    prefetch = client.get("/cds-services").json()["services"][0]["prefetch"]
    assert prefetch
    for key in prefetch:
        assert key in about.texts["read"]
    for left_out in ("Flag", "Immunization", "MedicationDispense", "FamilyMemberHistory", "DiagnosticReport", "notes"):
        assert left_out in about.texts["read"]


def test_about_says_what_the_service_is_not(about: Reader) -> None:
    for said in ("not a general interaction checker", "no dose", "not treat calciphylaxis", "not been reviewed"):
        assert said in about.texts["does-not"]
    assert "not a certified medical device" in " ".join(about.texts["regulatory"].split())


def test_the_example_of_the_index_page_gets_the_card_it_promises(client: TestClient) -> None:
    command = read(client.get("/").text).text.partition("curl")[2].partition("}'")[0]
    words = shlex.split(f"curl{command}}}'")
    address = next(word for word in words if word.startswith(BASE))
    answer = client.post(address, json=json.loads(words[words.index("-d") + 1]))
    assert answer.status_code == 200
    assert len(answer.json()["cards"]) == 1


@pytest.mark.parametrize("path", PAGES)
def test_a_page_runs_and_fetches_nothing_where_there_is_no_workbench(client: TestClient, path: str) -> None:
    answer = client.get(path)
    reader = read(answer.text)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert not {"script", "style", "iframe", "img", "object", "embed", "form", "base"} & set(reader.tags)
    assert reader.tags["link"] == (2 if path == "/guideline" else 1)
    assert not {name for name in reader.attributes if name == "style" or name.startswith("on")}


@pytest.mark.parametrize("path", PAGES)
def test_headings_and_landmarks_guide_a_screen_reader(client: TestClient, path: str) -> None:
    reader = read(client.get(path).text)
    assert reader.levels[0] == 1
    assert reader.levels.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(reader.levels, reader.levels[1:], strict=False))
    assert reader.tags["main"] == reader.tags["title"] == 1
    assert {"lang", "aria-label"} <= reader.attributes


@pytest.mark.parametrize("path", [*PAGES, "/assets/pages.css"])
def test_headers_forbid_what_a_page_does_not_need(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"].split("; ")
    assert policy == [
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("path", [*PAGES, "/assets/pages.css"])
def test_head_answers_as_get_without_the_body(client: TestClient, path: str) -> None:
    got, head = client.get(path), client.head(path)
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == str(len(got.content))
    assert head.headers["etag"] == got.headers["etag"]


@pytest.mark.parametrize("known", ["{}", "W/{}", '"other", {}', "*"])
def test_a_reader_who_has_the_page_is_told_so(client: TestClient, known: str) -> None:
    etag = client.get("/guideline").headers["etag"]
    answer = client.get("/guideline", headers={"If-None-Match": known.format(etag)})
    assert answer.status_code == 304
    assert answer.content == b""


def test_a_reader_of_another_edition_gets_the_page(client: TestClient) -> None:
    assert client.get("/guideline", headers={"If-None-Match": '"other"'}).status_code == 200


def test_text_of_the_knowledge_is_never_markup(tmp_path: Path, knowledge: KnowledgeBase) -> None:
    hostile = "<script>alert(1)</script><b id=x>& S1"
    first, *others = knowledge.scenarios
    rule, *rules = knowledge.recommendations
    source, *_ = knowledge.evidence.sources.values()
    sources = {**knowledge.evidence.sources, source.id: source.model_copy(update={"citation": hostile})}
    changed = replace(
        knowledge,
        scenarios=(first.model_copy(update={"title": hostile, "says": hostile}), *others),
        recommendations=(rule.model_copy(update={"title": hostile, "evidence": hostile, "mark": hostile}), *rules),
        features=tuple(f.model_copy(update={"title": hostile}) for f in knowledge.features),
        evidence=replace(knowledge.evidence, sources=sources),
    )
    with serving(tmp_path, changed) as client:
        reader = read(client.get("/guideline").text)
    # Its own module, which shows the way of the patient whom the workbench hands over.
    assert reader.tags["script"] == 1
    assert "x" not in reader.ids
    assert hostile in reader.texts[first.id.lower()]
    assert hostile in reader.texts[source.id.lower()]


def test_links_stand_under_the_path_of_the_public_address(tmp_path: Path, knowledge: KnowledgeBase) -> None:
    with serving(tmp_path, knowledge, public_base_url="https://hospital.example.org/cds") as client:
        links = read(client.get("/about").text).links
    assert "/cds/assets/pages.css" in links
    assert "/cds/guideline#d-6" in links
    assert all(link.startswith(("#", "/cds/", "https://")) for link in links)


def serving(folder: Path, knowledge: KnowledgeBase, **values: Any) -> TestClient:
    """A service with this knowledge and its data in `folder`."""
    settings = Settings(_env_file=None, **{"database_url": f"sqlite:///{folder / 'test.sqlite3'}"} | values)
    return TestClient(create_app(settings, knowledge=knowledge))
