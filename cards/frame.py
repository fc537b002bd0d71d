"""What every card carries around its text: source, links, override reasons, extension, stable uuid."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from cards.detail import could_not_be_read
from cards.model import Coding, Link, Source
from cards.request_facts import RequestFacts
from cards.telling import Telling
from cards.wording import joined
from treatment_algorithm.card_texts import Link as LinkTemplate
from treatment_algorithm.card_texts import NotRecorded, Text, Topic
from treatment_algorithm.evaluation import holds
from treatment_algorithm.features import PatientFeatures, Proof
from treatment_algorithm.knowledge_base import KnowledgeBase

EXTENSION = "org.example.calcinosis-cds"
OVERRIDE_SYSTEM = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"
ABOUT_LABEL = "About this service and its sources"
NOT_RECORDED_LIMIT = 3


def source_of(knowledge: KnowledgeBase, card_source: str | None, topic: Topic, request: RequestFacts) -> Source:
    """The label and address that the card's guidance comes from; our own knowledge unless one source decides."""
    coding = Coding(code=topic.code, system=f"{request.base_url}/fhir/CodeSystem/card-topic", display=topic.display)
    if card_source is not None:
        source = knowledge.evidence.sources[card_source]
        return Source(label=source.label, url=source.url, topic=coding)
    draft = " (draft)" if knowledge.draft else ""
    label = f"Calcinosis CDS, knowledge {knowledge.version}{draft}"
    return Source(label=label, url=f"{request.base_url}/about", topic=coding)


def links_of(templates: Iterable[LinkTemplate], telling: Telling, source: Source, request: RequestFacts) -> list[Link]:
    """Guideline anchors first, then sources; the card's own source is always among them (card-style, Source)."""
    links: list[Link] = []
    for template in templates:
        if not holds(template.when, telling.case):
            continue
        if template.anchor is not None:
            url, label = f"{request.base_url}/guideline#{template.anchor}", template.label or template.anchor
        else:
            cited = telling.knowledge.evidence.sources[template.source or ""]
            url, label = cited.url or "", cited.label
        if url and all(link.url != url for link in links):
            links.append(Link(label=label, url=url, type="absolute"))
    if source.url and all(link.url != source.url for link in links):
        own = urlsplit(source.url).path == "/about"
        links.append(Link(label=ABOUT_LABEL if own else source.label, url=source.url, type="absolute"))
    return links


def override_reasons_of(knowledge: KnowledgeBase, codes: Iterable[str]) -> list[Coding]:
    """The codes with their official displays (CARD-12), or those that the site offers in their place, in its order.

    Of the product's codes a site can only choose among the card's own; its own codes stand on every such card.
    """
    if (of_site := knowledge.site.override_reasons) is not None:
        fitting = frozenset(codes)
        chosen = (one for one in of_site if one.system is not None or one.code in fitting)
        return [Coding(code=one.code, system=one.system or OVERRIDE_SYSTEM, display=one.display) for one in chosen]
    reasons = (knowledge.override_reasons[code] for code in codes)
    return [Coding(code=reason.code, system=OVERRIDE_SYSTEM, display=reason.display) for reason in reasons]


def extension_of(telling: Telling, rules: Iterable[str], proofs: Iterable[Proof]) -> dict[str, object]:
    """Why the card came: rule ids, knowledge version, review state, what fired or is told (EXT-1, EXT-2).

    `not_checked`: the safety rules that the site has switched off or into shadow.
    """
    knowledge = telling.knowledge
    fired = dict.fromkeys(proof.reference for proof in proofs)
    said: dict[str, object] = {
        "rules": list(dict.fromkeys(rules)),
        "knowledge": knowledge.version,
        "review": "draft" if knowledge.draft else "approved",
        "basis": [reference for reference in {**fired, **telling.told} if reference],
        "not_checked": [rule_id for rule_id in knowledge.site.states if rule_id.startswith("SAFE-")],
    }
    return {EXTENSION: {name: value for name, value in said.items() if value}}


def gaps_paragraph(features: PatientFeatures) -> str:
    """The 'Could not be read' line without its heading; empty without a gap."""
    gaps = could_not_be_read(features)
    return f"{gaps}." if gaps else ""


def not_recorded_paragraph(items: Iterable[NotRecorded], tail: Text, telling: Telling) -> str:
    """At most three items that are not on record; empty when all are."""
    missing = [item.label for item in items if holds(item.when, telling.case) and not holds(item.unless, telling.case)]
    missing = list(dict.fromkeys(missing))[:NOT_RECORDED_LIMIT]
    return f"{', '.join(missing)}{joined(tail, telling)}." if missing else ""


def draft_line(knowledge: KnowledgeBase) -> str:
    """The last line while a rule is not reviewed (card-style rule 12)."""
    return knowledge.evidence.sentences["draft"].text if knowledge.draft else ""
