"""Selected orders: which card each of them gets, if any (evidence.md 2.5, decisions 13, 35, 36)."""

from collections.abc import Iterable
from dataclasses import replace

from msgspec import structs

from treatment_algorithm.assessment import OrderCard, RuleResult, SafetyFinding, Side
from treatment_algorithm.case import Case
from treatment_algorithm.evaluation import ask
from treatment_algorithm.features import Group, OrderFact, OrderReason, Proof
from treatment_algorithm.knowledge_base import KnowledgeBase
from treatment_algorithm.knowledge_model import Action, OrderMessage, OrderRule
from treatment_algorithm.safety import judge_drug, judge_partner
from treatment_algorithm.truth import Truth

ORDER_SIGN = "order-sign"
_CHECKED_GROUPS = (Group.CONDITIONS, Group.MEDICATIONS, Group.ALLERGIES)


def assess_orders(
    knowledge: KnowledgeBase, case: Case
) -> tuple[tuple[OrderCard, ...], list[SafetyFinding], list[RuleResult]]:
    """A card for each selected order that needs one, every safety finding, and the results of the OS rules."""
    cards: list[OrderCard] = []
    judged: list[SafetyFinding] = []
    touched: dict[str, Truth] = {}
    proofs: dict[str, list[Proof]] = {}
    scope = case.answers[knowledge.manifest.order_scope].truth
    for order in case.features.orders:
        if not order.selected:
            continue
        rule = order_rule(knowledge, order, case)
        findings = _findings(knowledge, rule, order, case)
        judged += findings
        card = _card(knowledge, rule, order, case, findings, scope)
        if rule is None and not findings:
            continue
        name = rule.id if rule else knowledge.manifest.partner_rule
        proofs.setdefault(name, []).append(order_proof(order))
        spoke = card is not None and not card.could_not_check
        touched[name] = Truth.YES if spoke else touched.get(name, Truth.UNKNOWN if card else Truth.NO)
        if card is not None:
            cards.append(card)
    results = [
        RuleResult(
            rule.id,
            "order",
            touched.get(rule.id, Truth.NO),
            proofs=tuple(proofs.get(rule.id, ())),
            note="" if rule.id in touched else "no such order is selected",
        )
        for rule in knowledge.orders
    ]
    return tuple(cards), judged, results


def order_proof(order: OrderFact) -> Proof:
    """The draft order as a proof."""
    return Proof(order.reference, None, "draft", order.by_name, order.unconfirmed, order.by_lookup)


def order_rule(knowledge: KnowledgeBase, order: OrderFact, case: Case) -> OrderRule | None:
    """The first OS rule whose orders and routes fit."""
    names = {name for concept in order.concepts for name in case.names_of.get(concept, frozenset((concept,)))}
    for rule in knowledge.orders:
        if not names & set(rule.orders) or order.route in rule.not_routes:
            continue
        if rule.routes and order.route not in rule.routes:
            continue
        return rule
    return None


def _findings(knowledge: KnowledgeBase, rule: OrderRule | None, order: OrderFact, case: Case) -> list[SafetyFinding]:
    findings = judge_partner(knowledge.safety_rules, order, case)
    if rule is not None:
        findings = [
            finding
            for drug in _drugs(rule, order, case)
            for finding in judge_drug(knowledge.rules_about(drug), drug, Side.ORDERED, case)
        ] + findings
    return findings


def _drugs(rule: OrderRule, order: OrderFact, case: Case) -> list[str]:
    """The concepts of the order that the rule means, an ingredient before its class."""
    meant = [c for c in order.concepts if case.names_of.get(c, frozenset((c,))) & set(rule.orders)]
    ingredients = [concept for concept in meant if not concept.startswith("class_")]
    return sorted(ingredients or meant)


def _card(
    knowledge: KnowledgeBase,
    rule: OrderRule | None,
    order: OrderFact,
    case: Case,
    findings: Iterable[SafetyFinding],
    scope: Truth,
) -> OrderCard | None:
    # of an order without a rule of its own, the combination names it better than one of its ingredients
    named = sorted(order.concepts, key=lambda concept: (concept.startswith("class_"), -len(concept), concept))
    drug = (_drugs(rule, order, case) if rule else named or [""])[0]
    # on this order's card the others are drafts beside it, so that no message speaks of another selected drug
    beside = (other if other is order else replace(other, selected=False) for other in case.features.orders)
    about = case.about((drug,), cautious=False).with_orders(beside)
    if scope is Truth.NO:
        return None
    if scope is Truth.UNKNOWN:
        return _could_not_check(rule, order, drug, about) if rule else None
    acting = [finding for finding in findings if finding.case and _acts(finding, order)]
    message = _message(rule, order, about)
    cautions = [finding for finding in acting if finding.action not in (Action.MENTION, Action.SILENT)]
    if case.hook == ORDER_SIGN and not cautions and (message is None or message.indicator == "info"):
        message = None
    if message is None and not cautions:
        unread = rule is not None and not all(case.closed(group) for group in _CHECKED_GROUPS)
        return _could_not_check(rule, order, drug, about) if unread else None
    shown = sorted(acting, key=lambda finding: _RANK[finding.action or Action.SILENT])
    shown = [finding for finding in shown if finding.action is not Action.SILENT]
    ids = frozenset(finding.rule.id for finding in shown) | {rule.id if rule else knowledge.manifest.partner_rule}
    proofs = [order_proof(order), *(ask(message.when, about).proofs if message else ())]
    proofs += [proof for finding in shown if finding.action is not Action.MENTION for proof in finding.proofs]
    return OrderCard(
        order, drug, structs.replace(about, on_card=ids), rule, message, tuple(shown), tuple(dict.fromkeys(proofs))
    )


_RANK = {
    Action.SUPPRESS: 0,
    Action.SUPPRESS_WARNING: 1,
    Action.WARN: 2,
    Action.MENTION: 3,
    Action.SILENT: 4,
}


def _acts(finding: SafetyFinding, order: OrderFact) -> bool:
    """A reason elsewhere leaves only what suppresses (decision 35)."""
    if order.reason is not OrderReason.OTHER:
        return True
    return finding.action in (Action.SUPPRESS, Action.SUPPRESS_WARNING)


def _message(rule: OrderRule | None, order: OrderFact, case: Case) -> OrderMessage | None:
    if rule is None:
        return None
    return next((m for m in rule.messages if ask(m.when, case).truth is Truth.YES), None)


def _could_not_check(rule: OrderRule | None, order: OrderFact, drug: str, case: Case) -> OrderCard:
    return OrderCard(order, drug, case, rule, None, (), (order_proof(order),), could_not_check=True)
