"""Safety rules asked about one drug, from the side of the suggestion, of the order, or of the other drug."""

from collections.abc import Iterable, MutableMapping, Sequence

from msgspec.structs import replace

from treatment_algorithm.assessment import SafetyFinding, Side
from treatment_algorithm.case import Answer, Case, find
from treatment_algorithm.evaluation import ask
from treatment_algorithm.features import DrugStanding, OrderFact, Proof
from treatment_algorithm.knowledge_model import SafetyRule
from treatment_algorithm.predicates import Always
from treatment_algorithm.truth import Truth, all_of, any_of


def judge_drug(
    rules: Iterable[SafetyRule],
    drug: str,
    side: Side,
    case: Case,
    shared: MutableMapping[str, SafetyFinding] | None = None,
) -> list[SafetyFinding]:
    """Every rule about the drug (a concept), in file order, asked as if it were suggested or is ordered.

    A suggestion is also judged as the other drug of a pair, where the drug that the rule is about is current.
    `shared` keeps, between calls for one patient and side, the findings that are the same for every drug.
    """
    names = case.names_of.get(drug, frozenset((drug,)))
    asked = case.about((drug,))
    findings = []
    for rule in rules:
        if rule.about_any or not names.isdisjoint(rule.about):
            known = shared.get(rule.id) if shared else None
            if known is None:
                known = _judge(rule, drug, side, asked, _partner(rule, asked))
                if shared is not None and rule.same_for_every_drug:
                    shared[rule.id] = known
            findings.append(known if known.drug == drug else replace(known, drug=drug))
        elif side is Side.SUGGESTED and rule.partner is not None and not names.isdisjoint(rule.partner.concept):
            for about, proofs in _current_drugs(rule, frozenset((drug,)), case):
                pair = (Answer(Truth.YES, proofs, rule.partner), about)
                findings.append(replace(_judge(rule, about, side, case.about((about,)), pair), drug=drug))
    return findings


def judge_partner(rules: Iterable[SafetyRule], order: OrderFact, case: Case) -> list[SafetyFinding]:
    """Pair rules from the other side: the partner is ordered while the drug of the rule is current (OS-INTER)."""
    findings = []
    for rule in rules:
        if rule.partner is None or _as_ordered(rule, order, case) is not Truth.YES:
            continue
        for drug, proofs in _current_drugs(rule, order.concepts, case, order):
            partner = _concept_of(order.concepts, rule.partner.concept, case)
            asked = Answer(Truth.YES, proofs, rule.partner)
            findings.append(_judge(rule, drug, Side.PARTNER_ORDERED, case.about((drug,)), (asked, partner)))
    return findings


def _judge(rule: SafetyRule, drug: str, side: Side, case: Case, partner: tuple[Answer, str | None]) -> SafetyFinding:
    pair, partner_concept = partner
    tiers = rule.cases_suggested if side is Side.SUGGESTED else rule.cases
    if tiers and pair.truth is Truth.NO:  # without the other drug no tier can be more than a no
        return SafetyFinding(rule, drug, side, Truth.NO, None, (), pair.decided_by)
    answers = []
    for tier in tiers:
        answer = ask(tier.when, case)
        truth = answer.truth if pair.truth is Truth.YES else all_of((pair.truth, answer.truth))
        if truth is Truth.YES:
            proofs = tuple(dict.fromkeys((*pair.proofs, *answer.proofs)))
            return SafetyFinding(rule, drug, side, truth, tier, proofs, answer.decided_by, partner_concept, pair.proofs)
        answers.append((truth, pair if pair.truth is truth else answer))
    truth = any_of(truth for truth, _ in answers)
    decided = next((answer.decided_by for found, answer in answers if found is truth), rule.cases[0].when)
    return SafetyFinding(rule, drug, side, truth, None, (), decided)


_NO_PARTNER = Answer(Truth.YES, (), Always(of=True))


def _partner(rule: SafetyRule, case: Case) -> tuple[Answer, str | None]:
    """Whether the other drug of a pair is current or in the drafts; YES without a partner."""
    if rule.partner is None:
        return _NO_PARTNER, None
    spec = rule.partner
    taken = ask(spec, case)
    drafted = ask(rule.partner_ordered, case)
    truth = any_of((taken.truth, drafted.truth))
    proofs = (*taken.proofs, *drafted.proofs)
    if not proofs:
        return Answer(truth, (), taken.decided_by), None
    references = {proof.reference for proof in proofs}
    found = [fact.concepts for fact in find(case.medications, spec.concept) if fact.proof in proofs]
    found += [order.concepts for order in find(case.orders, spec.concept) if order.reference in references]
    concept = _concept_of(found[0], spec.concept, case) if found else None
    return Answer(truth, proofs, taken.decided_by), concept


def _as_ordered(rule: SafetyRule, order: OrderFact, case: Case) -> Truth:
    """Whether this very order is the partner that the rule means."""
    facts = [other for other in find(case.orders, rule.partner_ordered.concept) if other is order]
    if not facts:
        return Truth.NO
    only = case.about(()).with_orders((order,))
    return ask(rule.partner_ordered, only).truth


def _current_drugs(
    rule: SafetyRule, other: frozenset[str], case: Case, order: OrderFact | None = None
) -> list[tuple[str, tuple[Proof, ...]]]:
    """Drugs that the rule is about and that are current, or drafted without being selected, by concept."""
    drugs: dict[str, list[Proof]] = {}
    for fact in find(case.medications, rule.about):
        if fact.standing is not DrugStanding.PAST and not fact.concepts & other:
            drugs.setdefault(_concept_of(fact.concepts, rule.about, case), []).append(fact.proof)
    for draft in find(case.orders, rule.about):
        if not draft.selected and draft is not order:
            proof = Proof(draft.reference, None, "draft", draft.by_name, draft.unconfirmed, draft.by_lookup)
            drugs.setdefault(_concept_of(draft.concepts, rule.about, case), []).append(proof)
    return [(drug, tuple(proofs)) for drug, proofs in drugs.items()]


def _concept_of(concepts: frozenset[str], names: Sequence[str], case: Case) -> str:
    """The concept that made a fact match: an ingredient rather than a class."""
    matching = [c for c in concepts if case.names_of.get(c, frozenset((c,))) & set(names)]
    return min(matching or concepts, key=lambda concept: (concept.startswith("class_"), concept))
