"""A patient-view card: a template of the knowledge, the options kept and dropped, in the fixed order of rule 7."""

from collections.abc import Iterable
from dataclasses import replace

from msgspec import structs

from cards.detail import WORD_LIMIT, Section, assemble, word_count
from cards.frame import (
    draft_line,
    extension_of,
    gaps_paragraph,
    links_of,
    not_recorded_paragraph,
    override_reasons_of,
    source_of,
)
from cards.model import Card
from cards.request_facts import RequestFacts
from cards.suggestions import offer_suggestions
from cards.telling import Telling
from cards.wording import every, first, fitting, joined
from treatment_algorithm.assessment import ChartCard, Dropped, DropReason, Option, SafetyFinding
from treatment_algorithm.card_texts import Block
from treatment_algorithm.evaluation import holds
from treatment_algorithm.knowledge_base import KnowledgeBase
from treatment_algorithm.knowledge_model import Action

REFER_RULE, REFER_SUGGESTION = "R-REFER", "discuss-expert-centre"


def write_chart_card(plan: ChartCard, knowledge: KnowledgeBase, request: RequestFacts) -> Card:
    """The card for one decision at patient-view; always `info` (card-style, Indicator).

    Over 150 words it is written again without its last cuttable option (rule 7b), so that everything that belongs to
    the option goes with it.
    """
    card = _write(plan, knowledge, request)
    while word_count(card.detail) > WORD_LIMIT and (shorter := _without_last_option(plan)) is not None:
        plan = shorter
        card = _write(plan, knowledge, request)
    return card


def _without_last_option(plan: ChartCard) -> ChartCard | None:
    """The plan without the last option of the last block that may be cut; None when nothing is left to cut."""
    for block in reversed(plan.template.body):
        kept = [option for option in plan.options if option.recommendation.id in block.options]
        if block.cut is not None and len(kept) > block.cut:
            last = max(kept, key=lambda option: block.options.index(option.recommendation.id))
            return replace(plan, options=tuple(option for option in plan.options if option is not last))
    return None


def _write(plan: ChartCard, knowledge: KnowledgeBase, request: RequestFacts) -> Card:
    findings = tuple(_shown(plan.options))
    dropping = tuple(_dropping(plan))
    rules = [rule for rule in plan.template.rules if rule in plan.case.scenarios]
    rules += [option.recommendation.id for option in plan.options]
    cited = [cited.rule for cited in plan.template.cites if holds(cited.when, plan.case)]
    safety = list(dict.fromkeys([*(finding.rule.id for finding in (*findings, *dropping)), *cited]))
    case = structs.replace(plan.case, on_card=frozenset((*rules, *safety)))
    telling = Telling(case, knowledge, findings=(*findings, *dropping))
    uuid = request.derive_uuid("card", request.service_id, request.hook_instance, request.patient_id, plan.template.id)
    offered = offer_suggestions(((use, None) for use in plan.template.suggestions), telling, request, uuid, None)
    if any(one.template_id == REFER_SUGGESTION for one in offered):
        rules.append(REFER_RULE)
    source = source_of(knowledge, plan.template.card_source, plan.template.topic, request)
    detail = assemble(_sections(plan, telling))
    return Card(
        uuid=uuid,
        summary=fitting(plan.template.summary, telling),
        indicator="info",
        detail=detail,
        source=source,
        suggestions=[one.suggestion for one in offered] or None,
        selection_behavior=plan.template.selection if offered else None,
        override_reasons=override_reasons_of(knowledge, plan.template.override_reasons),
        links=links_of(plan.template.links, telling, source, request),
        extension=extension_of(telling, (*rules, *safety), plan.proofs),
    )


def _shown(options: Iterable[Option]) -> list[SafetyFinding]:
    """Findings that a patient-view card carries: warnings, and the mentions that decision 34 allows there."""
    return [
        finding
        for option in options
        for finding in option.findings
        if finding.action is Action.WARN or (finding.action is Action.MENTION and finding.rule.at_patient_view)
    ]


def _dropping(plan: ChartCard) -> list[SafetyFinding]:
    """The findings that took a drug out, of whole recommendations and of single drugs of one that is kept."""
    dropped = [*plan.dropped, *(drop for option in plan.options for drop in option.taken_out)]
    return [
        finding
        for drop in dropped
        for finding in (drop.judged or (drop.finding,))
        if finding and finding.action and finding.action.suppresses and finding.action is not Action.SILENT
    ]


def _sections(plan: ChartCard, telling: Telling) -> list[Section]:
    template = plan.template
    sections = [Section("**Why this card:**", joined(template.why, telling))]
    sections += [_section(block, plan, telling) for block in template.body if holds(block.when, telling.case)]
    sections += _not_suggested(plan, telling)
    if template.evidence:
        sections.append(Section("**Evidence:**", joined(template.evidence, telling)))
    sections.append(Section("**Could not be read:**", gaps_paragraph(telling.case.features)))
    missing = not_recorded_paragraph(template.not_recorded, template.not_recorded_tail, telling)
    sections.append(Section("**Not recorded:**", missing))
    sections.append(Section("", draft_line(telling.knowledge)))
    return sections


def _section(block: Block, plan: ChartCard, telling: Telling) -> Section:
    """A block with both options and words of its own only speaks while one of its options is kept."""
    kept = [option for option in plan.options if option.recommendation.id in block.options]
    own = bool(block.text or block.bullets)
    if block.options and not kept:
        return Section()
    bullets = every(block.bullets, telling)
    if not own:
        bullets += [line for option in kept if (line := joined(option.recommendation.bullet, telling))]
    if block.warnings:
        bullets = [*_warnings(block.warnings, telling), *bullets]
    return Section(first(block.heading, telling), joined(block.text, telling), bullets)


def _warnings(about: Iterable[str], telling: Telling) -> list[str]:
    """What the findings about these drugs or procedures say while they stay an option."""
    names = set(about)
    lines = [
        joined(finding.case.suggested, replace(telling, finding=finding))
        for finding in telling.findings
        if finding.case
        and finding.case.suggested
        and not finding.case.action.suppresses
        and telling.case.names_of.get(finding.drug, frozenset((finding.drug,))) & names
    ]
    return list(dict.fromkeys(line for line in lines if line))


def _not_suggested(plan: ChartCard, telling: Telling) -> list[Section]:
    sections = []
    for drop in plan.dropped:
        name = drop.recommendation.name or telling.knowledge.label(drop.drug)
        sections.append(_reason(name, drop, telling))
    for option in plan.options:
        for drop in option.taken_out:
            sections.append(_reason(telling.knowledge.label(drop.drug), drop, telling))
    return [section for section in sections if section.paragraph]


def _reason(name: str, drop: Dropped, telling: Telling) -> Section:
    """'X not suggested:' with every safety rule that takes it out, else what the chart says of it."""
    reasons = [
        said
        for finding in drop.judged or (drop.finding,)
        if finding and finding.drug == drop.drug and finding.case and finding.case.action.suppresses
        if (said := joined(finding.case.dropped, replace(telling, finding=finding)).rstrip("."))
    ]
    if drop.reason is DropReason.FAILED:
        reasons = ["recorded as ineffective"]
    elif drop.reason is DropReason.NOT_USABLE and not reasons:
        reasons = ["stopped for intolerance or another reason against it"]
    said = ". ".join(
        f"{text[:1].upper()}{text[1:]}" if place else text for place, text in enumerate(dict.fromkeys(reasons))
    )
    return Section(f"**{name[:1].upper()}{name[1:]} not suggested:**", f"{said}." if said else "")
