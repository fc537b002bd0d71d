"""A card about one selected order: safety first, every reason on it, the worst indicator (card-style rule 2)."""

from dataclasses import replace

from cards.detail import Section, assemble
from cards.frame import (
    draft_line,
    extension_of,
    gaps_paragraph,
    links_of,
    not_recorded_paragraph,
    override_reasons_of,
    source_of,
)
from cards.model import Card, Indicator
from cards.request_facts import RequestFacts
from cards.suggestions import offer_suggestions
from cards.telling import Telling
from cards.wording import capitalised, every, first, fitting, joined
from treatment_algorithm.assessment import OrderCard, SafetyFinding
from treatment_algorithm.card_texts import Link, Topic, UseSuggestion
from treatment_algorithm.evaluation import holds
from treatment_algorithm.knowledge_base import KnowledgeBase
from treatment_algorithm.knowledge_model import Action

REFER_RULE, REFER_SUGGESTION = "R-REFER", "discuss-expert-centre"
_WORST: tuple[Indicator, ...] = ("critical", "warning", "info")


def indicator_of(finding: SafetyFinding) -> Indicator:
    """critical only for a SUPPRESS rule whose source was read, or that is so by decision 13; mentions are info."""
    if finding.action is Action.SUPPRESS:
        return "critical" if finding.rule.seen or finding.rule.critical_unseen else "warning"
    return "info" if finding.action is Action.MENTION else "warning"


def write_order_card(plan: OrderCard, knowledge: KnowledgeBase, request: RequestFacts) -> Card:
    """The card for one selected order, or the card that says it could not be checked."""
    telling = Telling(plan.case, knowledge, plan.drug, findings=plan.findings)
    name = plan.rule.id if plan.rule else knowledge.manifest.partner_rule
    uuid = request.derive_uuid(
        "card", request.service_id, request.hook_instance, request.patient_id, name, plan.order.reference
    )
    if plan.could_not_check:
        return _could_not_check(plan, telling, request, uuid, name)
    indicators = [indicator_of(finding) for finding in plan.findings]
    message = plan.message
    indicator = min([*indicators, *([message.indicator] if message else [])], key=_WORST.index)
    offered = offer_suggestions(_uses(plan), telling, request, uuid, plan.order)
    rules = [name, *(finding.rule.id for finding in plan.findings)]
    if any(one.template_id == REFER_SUGGESTION for one in offered):
        rules.append(REFER_RULE)
    leading = _leading(plan, indicator)
    card_source = leading.rule.card_source if leading else message.card_source if message else None
    source = source_of(knowledge, card_source, _topic(plan, leading), request)
    reasons = message.override_reasons if message and not leading else knowledge.order_card.override_reasons
    return Card(
        uuid=uuid,
        summary=_summary(plan, leading, telling),
        indicator=indicator,
        detail=assemble(_sections(plan, telling)),
        source=source,
        suggestions=[one.suggestion for one in offered] or None,
        selection_behavior=(message.selection if message else "at-most-one") if offered else None,
        override_reasons=override_reasons_of(knowledge, reasons),
        links=links_of(_links(plan, leading, knowledge), telling, source, request),
        extension=extension_of(telling, rules, plan.proofs),
    )


def _leading(plan: OrderCard, indicator: Indicator) -> SafetyFinding | None:
    """The finding that gives the summary: the worst one, unless the message is as urgent and says it too."""
    if not plan.findings or indicator_of(plan.findings[0]) != indicator:
        return None
    if plan.message is not None and plan.message.indicator == indicator:
        return None
    return plan.findings[0]


def _summary(plan: OrderCard, leading: SafetyFinding | None, telling: Telling) -> str:
    if leading is not None and leading.case is not None:
        return fitting(leading.case.summary, replace(telling, finding=leading))
    return fitting(plan.message.summary, telling) if plan.message else ""


def _topic(plan: OrderCard, leading: SafetyFinding | None) -> Topic:
    if leading is None and plan.message is not None:
        return plan.message.topic
    rule = (leading or plan.findings[0]).rule
    return Topic(code=rule.id.lower(), display=rule.title)


def _uses(plan: OrderCard) -> list[tuple[UseSuggestion, SafetyFinding | None]]:
    message = [(use, None) for use in plan.message.suggestions] if plan.message else []
    safety = [(use, finding) for finding in plan.findings if finding.case for use in finding.case.suggestions]
    return [*safety, *message] if not plan.message or plan.message.indicator == "info" else [*message, *safety]


def _links(plan: OrderCard, leading: SafetyFinding | None, knowledge: KnowledgeBase) -> list[Link]:
    label = plan.rule.checks_label if plan.rule else None
    if label is None:
        label = next(rule.checks_label for rule in knowledge.orders if rule.id == knowledge.manifest.partner_rule)
    links = [Link(anchor=leading.rule.id.lower(), label=label)] if leading else []
    if plan.message:
        links += [link for link in plan.message.links if not (leading and link.anchor)]
    telling = (finding for finding in plan.findings if finding.action is not Action.MENTION)
    links += [Link(source=source) for finding in telling for source in finding.rule.links]
    return links


def _sections(plan: OrderCard, telling: Telling) -> list[Section]:
    message, rule = plan.message, plan.rule
    sections = [Section("**Why this card:**", _why(plan, telling))]
    sections += _reasons(plan, telling)
    consider = dict.fromkeys(
        said
        for finding in plan.findings
        if finding.case and (said := joined(finding.case.consider, replace(telling, finding=finding)))
    )
    sections.append(Section("**Consider:**", " ".join(consider)))
    sections.append(Section("**Evidence:**", _evidence(plan, telling)))
    sections.append(Section("**Could not be read:**", gaps_paragraph(telling.case.features)))
    items = [*(message.not_recorded if message else ()), *(rule.not_recorded if rule else ())]
    if rule is None:
        items += next(
            r.not_recorded for r in telling.knowledge.orders if r.id == telling.knowledge.manifest.partner_rule
        )
    tail = message.not_recorded_tail if message else ()
    sections.append(Section("**Not recorded:**", not_recorded_paragraph(items, tail, telling)))
    sections.append(Section("", draft_line(telling.knowledge)))
    return sections


def _reasons(plan: OrderCard, telling: Telling) -> list[Section]:
    """The safety bullets, then the message's blocks; bullets under the same heading stand together, safety first."""
    safety: dict[str, list[str]] = {}
    for finding in plan.findings:
        if finding.case and (bullet := joined(finding.case.ordered, replace(telling, finding=finding))):
            heading = f"**{finding.case.heading}**" if finding.case.heading else ""
            safety.setdefault(heading, []).append(bullet)
    blocks = []
    for block in plan.message.body if plan.message else ():
        if holds(block.when, telling.case):
            heading, text = first(block.heading, telling), joined(block.text, telling)
            shared = safety.pop(heading, []) if block.bullets else []
            bullets = list(dict.fromkeys([*shared, *every(block.bullets, telling)]))
            blocks.append(Section(heading, text, bullets))
    alone = [Section(heading, bullets=list(dict.fromkeys(bullets))) for heading, bullets in safety.items()]
    return [*alone, *blocks]


def _why(plan: OrderCard, telling: Telling) -> str:
    clauses = dict.fromkeys(
        said
        for finding in plan.findings
        if finding.case and (said := joined(finding.case.why, replace(telling, finding=finding)))
    )
    findings = "; ".join(clauses)
    extra = joined(plan.rule.why, telling) if plan.rule else ""
    if plan.message:
        why = joined(plan.message.why, telling)
        more = f"{capitalised(findings)}." if findings else ""
        return " ".join(part for part in (why, more, extra) if part)
    template = first(telling.knowledge.order_card.why, telling)
    why = template.replace("[findings]", f"; {findings}" if findings else "")
    return " ".join(part for part in (why, extra) if part)


def _evidence(plan: OrderCard, telling: Telling) -> str:
    cited = [f.rule.evidence for f in plan.findings if plan.message is None or f.action is not Action.MENTION]
    safety = "; ".join(dict.fromkeys(cited))
    said = joined(plan.message.evidence, telling) if plan.message else ""
    return " ".join(part for part in (f"{capitalised(safety)}." if safety else "", said) if part)


def _could_not_check(plan: OrderCard, telling: Telling, request: RequestFacts, uuid: str, name: str) -> Card:
    texts = telling.knowledge.order_card.could_not_check
    source = source_of(telling.knowledge, None, texts.topic, request)
    sections = [
        Section("**Why this card:**", joined(texts.why, telling)),
        Section("**Could not be read:**", gaps_paragraph(telling.case.features)),
        Section("", draft_line(telling.knowledge)),
    ]
    return Card(
        uuid=uuid,
        summary=fitting(texts.summary, telling),
        indicator="info",
        detail=assemble(sections),
        source=source,
        override_reasons=override_reasons_of(telling.knowledge, texts.override_reasons),
        links=links_of(texts.links, telling, source, request),
        extension=extension_of(telling, (name,), plan.proofs),
    )
