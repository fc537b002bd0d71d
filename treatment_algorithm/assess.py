"""assess(): one patient's features and the knowledge in, everything that can be said and why out (evidence.md 2.6)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from msgspec import structs

from treatment_algorithm.assessment import (
    Assessment,
    ChartCard,
    Dropped,
    DropReason,
    Option,
    OrderCard,
    RuleResult,
    SafetyFinding,
)
from treatment_algorithm.case import Answer, Case, index_facts, index_measurements
from treatment_algorithm.drug_judgements import DrugJudgements, SuppressedDrugs
from treatment_algorithm.evaluation import ask
from treatment_algorithm.features import OrderFact, OrderReason, PatientFeatures, Proof
from treatment_algorithm.knowledge_base import KnowledgeBase
from treatment_algorithm.knowledge_model import FeatureDefinition, ScenarioRule
from treatment_algorithm.options import Offer, offer_all
from treatment_algorithm.order_assessment import assess_orders
from treatment_algorithm.shadow import as_answered
from treatment_algorithm.therapy_lines import therapy_lines
from treatment_algorithm.truth import Truth

PATIENT_VIEW = "patient-view"


def assess(features: PatientFeatures, knowledge: KnowledgeBase, hook: str, today: date) -> Assessment:
    """The assessment of one hook call; total: it never raises, whatever the features are.

    `hook`: patient-view, order-select or order-sign. `today` is the site's calendar day. Where the site has a rule in
    shadow, the patient is assessed a second time with it, for the record only.
    """
    found = _assess(features, knowledge, hook, today)
    site = knowledge.site
    if not site.states and not site.in_shadow:
        return found
    shadow = _assess(features, site.with_shadow, hook, today) if site.with_shadow else None
    return as_answered(found, shadow, knowledge)


def _assess(features: PatientFeatures, knowledge: KnowledgeBase, hook: str, today: date) -> Assessment:
    case = answer_features(build_case(features, knowledge, hook, today), knowledge.features)
    scenarios, scenario_results = _scenarios(knowledge.scenarios, case)
    case = structs.replace(case, scenarios=frozenset(scenarios))
    findings = DrugJudgements(knowledge, case)
    case = structs.replace(case, suppressed=SuppressedDrugs(findings))
    offers = offer_all(knowledge, case, findings)
    cards: tuple[ChartCard | OrderCard, ...]
    judged: list[SafetyFinding] = []
    if features.patient.deceased:  # nothing at any hook (evidence.md 2.1)
        cards, order_results = (), _no_orders(knowledge, "the patient is deceased")
    elif hook == PATIENT_VIEW:
        cards = _chart_cards(knowledge, case, offers)
        judged = [finding for offer in offers if offer.outcome for finding in offer.outcome.judged]
        kept = [offer.outcome for offer in offers if isinstance(offer.outcome, Option)]
        judged += [drop.finding for option in kept for drop in option.taken_out if drop.finding]
        order_results = _no_orders(knowledge, "no order at this hook")
    else:
        cards, judged, order_results = assess_orders(knowledge, case)
    rules = (
        *scenario_results,
        *_recommendation_results(offers, hook),
        *safety_results(knowledge, judged),
        *order_results,
    )
    return Assessment(hook, case, case.answers, scenarios, rules, cards)


def _no_orders(knowledge: KnowledgeBase, why: str) -> list[RuleResult]:
    return [RuleResult(rule.id, "order", Truth.NO, note=why) for rule in knowledge.orders]


def build_case(features: PatientFeatures, knowledge: KnowledgeBase, hook: str, today: date) -> Case:
    """The features laid out for questions, therapy lines joined; nothing answered yet."""
    names_of = knowledge.names_of
    features = replace(features, orders=tuple(_with_reason(order, knowledge) for order in features.orders))
    conditions = index_facts(features.conditions, names_of)
    calcinosis = conditions.get(knowledge.manifest.calcinosis, ())
    return Case(
        features=features,
        today=today,
        hook=hook,
        lines=therapy_lines(features.medications, calcinosis, knowledge.therapies_expanded),
        conditions=conditions,
        medications=index_facts(features.medications, names_of),
        measurements=index_measurements(features.measurements, names_of),
        allergies=index_facts(features.allergies, names_of),
        procedures=index_facts(features.procedures, names_of),
        referrals=index_facts(features.referrals, names_of),
        orders=index_facts(features.orders, names_of),
        names_of=names_of,
    )


def _with_reason(order: OrderFact, knowledge: KnowledgeBase) -> OrderFact:
    """An order for the underlying disease points not elsewhere."""
    names = {name for concept in order.reasons for name in knowledge.names_of.get(concept, ())}
    if order.reason is OrderReason.OTHER and names & set(knowledge.manifest.underlying):
        return replace(order, reason=OrderReason.DISEASE)
    return order


def answer_features(case: Case, definitions: Iterable[FeatureDefinition]) -> Case:
    """The case with every feature answered, in file order (a feature may use earlier ones)."""
    answers: dict[str, Answer] = {}
    case = structs.replace(case, answers=answers)
    for definition in definitions:
        answer = ask(definition.when, case)
        if definition.not_when is not None and answer.truth is not Truth.YES:
            contrary = ask(definition.not_when, case)
            truth = Truth.NO if contrary.truth is Truth.YES else Truth.UNKNOWN
            answer = Answer(truth, contrary.proofs if truth is Truth.NO else (), contrary.decided_by)
        answers[definition.id] = answer
    return case


def _scenarios(scenarios: Iterable[ScenarioRule], case: Case) -> tuple[tuple[str, ...], list[RuleResult]]:
    """The base scenario (first that is yes) and those beside it, with a result for each."""
    base: ScenarioRule | None = None
    beside: list[str] = []
    results = []
    for scenario in scenarios:
        answer = ask(scenario.when, case)
        truth, note = answer.truth, ""
        if truth is Truth.YES and base is not None and (scenario.kind != "beside" or base.kind == "silent"):
            truth, note = Truth.NO, f"{base.id} was decided before it"
        elif truth is Truth.YES and scenario.kind == "beside":
            beside.append(scenario.id)
        elif truth is Truth.YES:
            base = scenario
        results.append(RuleResult(scenario.id, "scenario", truth, answer.decided_by, answer.proofs, note))
    return tuple([base.id] if base else []) + tuple(beside), results


def _chart_cards(knowledge: KnowledgeBase, case: Case, offers: Iterable[Offer]) -> tuple[ChartCard, ...]:
    outcomes = {offer.recommendation.id: offer.outcome for offer in offers}
    cards: dict[str, ChartCard] = {}
    decided: set[str] = set()
    muted = case.scenarios & knowledge.site.muted
    unmuted = structs.replace(case, scenarios=case.scenarios - muted) if muted else case
    for template in knowledge.cards:
        if template.decision in cards or template.decision in decided:
            continue
        answer = ask(template.when, case)
        if answer.truth is not Truth.YES:
            continue
        if muted and ask(template.when, unmuted).truth is not Truth.YES:
            decided.add(template.decision)  # it is the card of a scenario that is off, and no other takes its place
            continue
        listed = [
            outcomes.get(name)
            for block in template.body
            if block.when is None or ask(block.when, case).truth is Truth.YES
            for name in block.options
        ]
        options = tuple(outcome for outcome in listed if isinstance(outcome, Option))
        dropped = tuple(outcome for outcome in listed if isinstance(outcome, Dropped))
        important = any(drop.reason is DropReason.SUPPRESSED and drop.finding for drop in dropped)
        if options or important or template.always:
            proofs = _card_proofs(case, template.rules, knowledge, options, dropped, answer)
            cards[template.decision] = ChartCard(template, case, options, dropped, proofs)
    return tuple(cards.values())


def _card_proofs(
    case: Case,
    scenario_ids: Iterable[str],
    knowledge: KnowledgeBase,
    options: Iterable[Option],
    dropped: Iterable[Dropped],
    answer: Answer,
) -> tuple[Proof, ...]:
    proofs = list(answer.proofs)
    for scenario in knowledge.scenarios:
        if scenario.id in scenario_ids and scenario.id in case.scenarios:
            proofs += ask(scenario.when, case).proofs
    for option in options:
        proofs += option.proofs
        proofs += [proof for finding in option.findings for proof in finding.proofs]
    proofs += [proof for drop in dropped for proof in drop.proofs]
    return tuple(dict.fromkeys(proofs))


def safety_results(knowledge: KnowledgeBase, judged: Iterable[SafetyFinding]) -> list[RuleResult]:
    """One result a safety rule: the strongest answer over the drugs that it was asked about."""
    found: dict[str, list[SafetyFinding]] = {}
    for finding in judged:
        found.setdefault(finding.rule.id, []).append(finding)
    results = []
    for rule in knowledge.safety_rules:
        findings = found.get(rule.id)
        if not findings:
            note = "none of its drugs is offered or ordered"
            results.append(RuleResult(rule.id, "safety", Truth.NO, note=note))
            continue
        strongest = findings[0]
        if len(findings) > 1:
            strongest = max(findings, key=lambda finding: _STRENGTH[finding.truth])
        note = f"{strongest.action} {strongest.drug}" if strongest.action else f"asked about {strongest.drug}"
        results.append(RuleResult(rule.id, "safety", strongest.truth, strongest.decided_by, strongest.proofs, note))
    return results


_STRENGTH = {Truth.NO: 0, Truth.UNKNOWN: 1, Truth.YES: 2}


def _recommendation_results(offers: Iterable[Offer], hook: str) -> list[RuleResult]:
    results = []
    for offer in offers:
        truth, note = offer.answer.truth, ""
        if hook != PATIENT_VIEW:
            truth, note = Truth.NO, "asked at patient-view only"
        elif isinstance(offer.outcome, Dropped):
            truth, note = Truth.NO, f"dropped: {offer.outcome.drug} {offer.outcome.reason}"
        results.append(
            RuleResult(
                offer.recommendation.id, "recommendation", truth, offer.answer.decided_by, offer.answer.proofs, note
            )
        )
    return results
