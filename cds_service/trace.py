"""The trace of a decision, for `POST /api/evaluate` and `calcinosis-cds explain` (decision 23).

It names concepts, references, dates and statuses of the chart, and drug codes nobody knows; no text of the chart.
"""

from collections.abc import Iterable
from typing import Any

from cds_service.decide import Decision
from treatment_algorithm.assessment import RuleResult
from treatment_algorithm.case import Answer
from treatment_algorithm.explanation import describe
from treatment_algorithm.features import Proof
from treatment_algorithm.knowledge_base import KnowledgeBase
from treatment_algorithm.site_rules import SiteRules


def render_trace(decision: Decision, knowledge: KnowledgeBase) -> dict[str, Any]:
    """`cards`, `features`, `scenarios`, `rules`, `data_gaps`, `unknown_codes` and `knowledge` of one decision.

    With a site file also `site`: what it switches; and while something is in shadow `shadow`: the cards not shown.
    """
    titles = {definition.id: definition.title for definition in knowledge.features}
    rendered: dict[str, Any] = {
        "cards": decision.cards,
        "scenarios": list(decision.assessment.scenarios),
        "features": [_feature(key, titles[key], answer) for key, answer in decision.assessment.features.items()],
        "rules": [_rule(result) for result in decision.assessment.rules],
        "data_gaps": _gaps(decision),
        "unknown_codes": [{"system": system, "code": code} for system, code in decision.unknown_codes],
        "knowledge": {
            "version": knowledge.version,
            "hash": knowledge.content_hash,
            "review": "draft" if knowledge.draft else "approved",
        },
    }
    if knowledge.site.file_hash:
        rendered["site"] = _site(knowledge.site)
    if knowledge.site.anything_in_shadow:
        rendered["shadow"] = {"cards": decision.shadow_cards}
    return rendered


def _site(site: SiteRules) -> dict[str, Any]:
    return {
        "hash": site.file_hash,
        "in_shadow": site.in_shadow,
        "rules": {rule_id: {"state": held.state, "because": held.because} for rule_id, held in site.states.items()},
        "thresholds": dict(site.thresholds),
    }


def _feature(key: str, title: str, answer: Answer) -> dict[str, Any]:
    return {"id": key, "title": title, "value": answer.truth, "proofs": _proofs(answer.proofs)}


def _rule(result: RuleResult) -> dict[str, Any]:
    rendered: dict[str, Any] = {"id": result.rule_id, "kind": result.kind, "result": result.truth}
    if result.decided_by is not None:
        rendered["decided_by"] = describe(result.decided_by)
    if result.shadow:
        rendered["shadow"] = True
    if result.note:
        rendered["note"] = result.note
    rendered["proofs"] = _proofs(result.proofs)
    return rendered


def _proofs(proofs: Iterable[Proof]) -> list[dict[str, Any]]:
    return [
        {
            "reference": proof.reference,
            "date": None if proof.date is None else str(proof.date),
            "status": proof.status,
            "recognised_by_name": proof.by_name,
            "recognised_by_lookup": proof.by_lookup,
        }
        for proof in proofs
    ]


def _gaps(decision: Decision) -> list[dict[str, Any]]:
    groups = [
        {
            "group": group,
            "obtained": state.obtained,
            "complete": state.complete,
            "unreadable": state.unreadable,
        }
        for group, state in decision.features.groups.items()
        if not state.closed
    ]
    issues = [
        {"group": issue.group, "reference": issue.reference, "kind": issue.kind} for issue in decision.features.issues
    ]
    return [*groups, *issues]
