"""The cards from a FHIR server are those from the prefetch: whole, key by key, page by page, with absolute references.

`Bench` holds what every check needs; each check adds lines to its tally.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import median

from scripts.demo_fhir_server import Asked, DemoFhirServer
from scripts.http_calls import Answer, call
from scripts.real_fhir_requests import TOKEN, DemoRequest, Json
from scripts.tally import Tally

_ROUNDS = 30
_PAGE = 3
# Every page is a search of its own for a server that keeps no index: the longer charts, and all three hooks.
_IN_PAGES = (
    "patient-view.jdm-on-methotrexate.json",
    "patient-view.jdm-refractory.json",
    "patient-view.dm-refractory-severe.json",
    "patient-view.ssc-localized-nifedipine.json",
    "order-select.diltiazem-on-metoprolol.json",
    "order-sign.json",
)
_KEY_BY_KEY = ("patient-view.jdm-refractory.json", "order-select.diltiazem-on-metoprolol.json", "order-sign.json")


@dataclass(slots=True)
class Bench:
    """The running service and FHIR server, the requests, the templates of discovery by hook, and the tally.

    `cards`: the answer to each request with complete prefetch, by file name; filled by `same_as_prefetched`.
    """

    service: str
    fhir: DemoFhirServer
    requests: tuple[DemoRequest, ...]
    templates: Mapping[str, Mapping[str, str]]
    tally: Tally
    cards: dict[str, Json] = field(default_factory=dict)

    def ask(self, body: Json) -> Answer:
        """The service's answer to a hook request."""
        return call("POST", f"{self.service}/cds-services/calcinosis-{body['hook']}", body)

    def called_back(self, request: DemoRequest, prefetch: Json | None = None) -> Answer:
        """The answer to a request with access to the FHIR server and, unless given, without prefetch."""
        return self.ask(request.with_access(self.fhir.base, prefetch=prefetch))

    def other_cards(self, request: DemoRequest, answer: Answer) -> str:
        """What is wrong with an answer that has to be the one to the complete prefetch; empty when nothing is."""
        return "" if answer.content == self.cards[request.name] else f"status {answer.status}, other cards"

    def one_for_each_chart(self) -> list[DemoRequest]:
        """One request for every patient about whom there is a card, with the orders where there are some."""
        return list({one.patient_id: one for one in reversed(self.requests) if self.cards[one.name]["cards"]}.values())

    def named(self, *names: str) -> list[DemoRequest]:
        """The requests of these file names; raises KeyError for one that is not there."""
        by_name = {request.name: request for request in self.requests}
        return [by_name[name] for name in names]


def same_as_prefetched(bench: Bench) -> None:
    """Every request, once with its prefetch and once without: the same bytes; the queries are the templates."""
    asked: list[Asked] = []
    prefetched, called_back = [], []
    for request in bench.requests:
        full = bench.called_back(request, request.prefetch)
        seen_with_prefetch = bench.fhir.asked()
        bare = bench.called_back(request)
        seen = bench.fhir.asked()
        bench.cards[request.name] = full.content
        prefetched.append(full.seconds)
        called_back.append(bare.seconds)
        asked += [*seen_with_prefetch, *seen]
        fault = (
            _difference(full, bare)
            or other_queries(seen_with_prefetch, request.queries([]))
            or other_queries(seen, request.queries(bench.templates[request.body["hook"]].values()))
        )
        bench.tally.check(not fault, f"{request.name}: the same cards without prefetch", fault)
    _only_reads(bench, asked)
    with_cards = sum(1 for cards in bench.cards.values() if cards["cards"])
    print(
        f"        {len(bench.requests)} requests, {with_cards} of them with cards, {len(asked)} FHIR calls; p50:"
        f" {_p50(prefetched):.0f} ms with prefetch, {_p50(called_back):.0f} ms without,"
        f" {median(one.milliseconds for one in asked):.0f} ms for one answer of the FHIR server"
    )


def without_a_server(bench: Bench) -> None:
    """With complete prefetch and no server, only charts that point to separate Medications may differ."""
    differ = []
    for request in bench.requests:
        body = {name: value for name, value in request.body.items() if name not in ("fhirServer", "fhirAuthorization")}
        if bench.ask(body).content != bench.cards[request.name]:
            differ.append(request)
    unexplained = [request.name for request in differ if not request.medications]
    pointing = sum(1 for request in bench.requests if request.medications)
    what = f"without a server only what points to separate Medications differs ({len(differ)} of {pointing})"
    bench.tally.check(not unexplained and not bench.fhir.asked(), what, ", ".join(unexplained))


def key_by_key(bench: Bench) -> None:
    """Each single key left out of the prefetch is read, and nothing else."""
    for request in bench.named(*_KEY_BY_KEY):
        templates = bench.templates[request.body["hook"]]
        faults = []
        for key in templates:
            answer = bench.called_back(request, request.without(key))
            fault = bench.other_cards(request, answer) or other_queries(
                bench.fhir.asked(), request.queries([templates[key]])
            )
            faults += [f"{key}: {fault}"] if fault else []
        bench.tally.check(not faults, f"{request.name}: each of {len(templates)} keys left out is read", str(faults))


def round_trips(bench: Bench) -> None:
    """What one read costs: a key whose answer is quick for the server, left out again and again."""
    (request,) = bench.named(_KEY_BY_KEY[0])
    faults, prefetched, called_back = [], [], []
    for _ in range(_ROUNDS):
        full = bench.called_back(request, request.prefetch)
        read = bench.called_back(request, request.without("patient"))
        prefetched.append(full.seconds)
        called_back.append(read.seconds)
        faults += [fault for answer in (full, read) if (fault := bench.other_cards(request, answer))]
    times = f"p50 {_p50(prefetched):.1f} ms with prefetch, {_p50(called_back):.1f} ms with the patient read back"
    bench.tally.check(not faults, f"{_ROUNDS} times each: {times}", str(faults))


def page_by_page(bench: Bench) -> None:
    """A server with small pages: all of them are read, the cards are the same."""
    bench.fhir.behave(token=TOKEN, pageSize=_PAGE)
    faults, searches, pages = [], 0, 0
    requests = bench.named(*_IN_PAGES)
    for request in requests:
        fault = bench.other_cards(request, bench.called_back(request))
        seen = [one for one in bench.fhir.asked() if one.total is not None]
        fault = fault or unread_pages(seen)
        searches += len({one.resource_type for one in seen})
        pages += len(seen)
        faults += [f"{request.name}: {fault}"] if fault else []
    what = f"pages of {_PAGE}, {len(requests)} charts: the same cards, all {pages} pages of {searches} searches read"
    bench.tally.check(not faults and pages > searches, what, str(faults))


def first_pages_as_prefetch(bench: Bench) -> None:
    """A client that passes on first pages only (the CDS Hooks Sandbox does): the service reads on, and only on."""
    bench.fhir.behave(token=TOKEN, pageSize=_PAGE)
    faults, further = [], 0
    requests = bench.named(*_IN_PAGES)
    for request in requests:
        templates = bench.templates[request.body["hook"]]
        queries = {key: request.query(template) for key, template in templates.items()}
        prefetch = {
            key: call("GET", f"{bench.fhir.base}/{query}", headers={"Authorization": f"Bearer {TOKEN}"}).content
            for key, query in queries.items()
        }
        bench.fhir.asked()
        fault = bench.other_cards(request, bench.called_back(request, prefetch))
        seen = [one.url for one in bench.fhir.asked() if one.total is not None]
        further += len(seen)
        if set(seen) & set(queries.values()):
            fault = fault or "a first page was read again"
        faults += [f"{request.name}: {fault}"] if fault else []
    what = f"first pages as prefetch, {len(requests)} charts: the same cards, {further} further pages read"
    bench.tally.check(not faults and further > 0, what, str(faults))


def absolute_references(bench: Bench) -> None:
    """A server that writes every reference as a URL: the same cards, its Medications read."""
    bench.fhir.behave(token=TOKEN, absoluteReferences=True)
    faults, medications = [], 0
    requests = bench.one_for_each_chart()
    for request in requests:
        fault = bench.other_cards(request, bench.called_back(request))
        seen = [one.url for one in bench.fhir.asked() if one.resource_type == "Medication"]
        medications += len(seen)
        if sorted(seen) != sorted(request.medications):
            fault = fault or f"Medications read: {seen}"
        faults += [f"{request.name}: {fault}"] if fault else []
    what = f"absolute references, {len(requests)} charts: the same cards, {medications} Medications read"
    bench.tally.check(not faults and medications > 0, what, str(faults))


def _only_reads(bench: Bench, asked: list[Asked]) -> None:
    tally = bench.tally
    tally.check({one.method for one in asked} == {"GET"}, f"{len(asked)} FHIR calls: GET only")
    tally.check({one.bearer for one in asked} == {"accepted"}, "every one carries the token")
    tally.check({one.status for one in asked} == {200}, "every one is answered with 200")
    medications = sum(1 for one in asked if one.resource_type == "Medication")
    tally.check(medications > 0, f"{medications} reads of separate Medications, contained ones are not asked for")


def unread_pages(seen: Iterable[Asked]) -> str:
    """What of the searches was not read; empty when every search came to its total."""
    entries, totals = Counter[str](), dict[str, int]()
    for one in seen:
        entries[one.resource_type] += one.entries or 0
        totals[one.resource_type] = one.total or 0
    short = [f"{kind}: {entries[kind]} of {total}" for kind, total in totals.items() if entries[kind] != total]
    return ", ".join(short)


def _difference(full: Answer, bare: Answer) -> str:
    if (full.status, bare.status) != (200, 200):
        return f"status {full.status} and {bare.status}"
    if full.content == bare.content:
        return ""
    one, other = (answer.content["cards"] for answer in (full, bare))
    if len(one) != len(other):
        return f"{len(one)} cards and {len(other)}"
    return ", ".join(
        sorted({name for a, b in zip(one, other, strict=True) for name in a | b if a.get(name) != b.get(name)})
    )


def other_queries(seen: Iterable[Asked], expected: list[str]) -> str:
    """What was asked and is not `expected`, or the reverse; empty when both are the same, each as often."""
    came = Counter(one.url for one in seen)
    missing, surplus = Counter(expected) - came, came - Counter(expected)
    words = [f"not asked: {query}" for query in missing] + [f"asked: {query}" for query in surplus]
    return "; ".join(words)


def _p50(seconds: list[float]) -> float:
    return 1000 * median(seconds)
