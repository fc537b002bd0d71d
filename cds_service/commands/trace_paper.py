"""The trace of a decision as a person reads it: features, therapy lines, rules, what is unknown, gaps."""

from collections.abc import Iterable

from cards.detail import could_not_be_read
from cds_service.commands.card_paper import gap_words, scenario_words
from cds_service.commands.paper import Paper
from cds_service.decide import Decision
from treatment_algorithm.assessment import RuleResult
from treatment_algorithm.explanation import describe
from treatment_algorithm.features import Proof
from treatment_algorithm.knowledge_base import KnowledgeBase
from treatment_algorithm.therapy_lines import TherapyLine
from treatment_algorithm.truth import Truth

_COLOURS = {Truth.YES: "green", Truth.NO: "dim", Truth.UNKNOWN: "yellow"}
_WIDTH = 8


def print_trace(decision: Decision, knowledge: KnowledgeBase, paper: Paper) -> None:
    """Everything that the decision rests on; of the chart only references, dates and statuses."""
    assessment = decision.assessment
    paper.line(f"Hook {assessment.hook}, {assessment.case.today.isoformat()}, knowledge {knowledge.version}")
    paper.line(f"Scenario: {scenario_words(decision, knowledge)}", hanging=2)
    paper.line(f"Cards: {', '.join(card.indicator for card in decision.cards) or 'none'}")
    for card in decision.cards:
        paper.line(f"- {card.summary}", indent=2, hanging=2)
    _print_features(decision, knowledge, paper)
    _print_therapies(assessment.case.lines, knowledge, paper)
    _print_rules(assessment.rules, knowledge, paper)
    _print_unknown(assessment.rules, knowledge, paper)
    _print_gaps(decision, paper)
    _print_unknown_codes(decision, paper)


def _print_features(decision: Decision, knowledge: KnowledgeBase, paper: Paper) -> None:
    paper.heading("Features")
    titles = {feature.id: feature.title for feature in knowledge.features}
    for truth in (Truth.YES, Truth.UNKNOWN, Truth.NO):
        for key, answer in decision.assessment.features.items():
            if answer.truth is truth:
                decided = "" if truth is Truth.YES else f"; decided by: {describe(answer.decided_by)}"
                _answer(truth, f"{key}  {titles[key]}{decided}", paper)
                _print_proofs(answer.proofs, paper)


def _print_therapies(lines: Iterable[TherapyLine], knowledge: KnowledgeBase, paper: Paper) -> None:
    paper.heading("Therapy lines")
    told = [_therapy_words(line, knowledge) for line in lines]
    for words in told or ["none recorded"]:
        paper.line(words, indent=2, hanging=2)


def _therapy_words(line: TherapyLine, knowledge: KnowledgeBase) -> str:
    since = f"since {line.start}" if line.start else "start not recorded"
    if line.current:
        until = {"current": "current", "on-hold": "on hold", "status-unknown": "status unknown"}[line.standing]
    else:
        until = f"until {line.end}" if line.end else "ended, end not recorded"
    ending = ""
    if line.failed_on is not None:
        by = "a recorded reason" if line.failed_by == "reason" else "calcinosis dated after the minimum trial"
        ending = f"; failed: {by} ({line.failed_on.reference})"
    elif line.stop_reason is not None:
        ending = f"; {line.stop_reason.replace('-', ' ')}: a recorded reason"
    elif line.untold:
        ending = "; why it ended is not recorded"
    proofs = ", ".join(dict.fromkeys(proof.reference for proof in line.proofs))
    return f"{knowledge.label(line.concept)}: {since}, {until}{ending} [{proofs}]"


def _print_rules(rules: Iterable[RuleResult], knowledge: KnowledgeBase, paper: Paper) -> None:
    titles = {rule.id: rule.title for rule in knowledge.rules}
    not_asked: dict[str, list[str]] = {}
    paper.heading("Rules")
    for truth in (Truth.YES, Truth.NO):
        for result in rules:
            if result.truth is not truth:
                continue
            if result.decided_by is None and result.note:
                not_asked.setdefault(result.note, []).append(result.rule_id)
                continue
            note = f" ({result.note})" if result.note else ""
            decided = f"; decided by: {describe(result.decided_by)}" if result.decided_by else ""
            _answer(truth, f"{result.rule_id}  {titles.get(result.rule_id, '')}{note}{decided}", paper)
            _print_proofs(result.proofs if truth is Truth.YES else (), paper)
    for note, ids in not_asked.items():
        paper.line(f"not asked, {note}: {', '.join(ids)}", indent=2, hanging=2)


def _print_unknown(rules: Iterable[RuleResult], knowledge: KnowledgeBase, paper: Paper) -> None:
    """Unknown rules under the condition that would decide them: recording it would change the answer."""
    titles = {feature.id: feature.title for feature in knowledge.features}
    undecided: dict[str, list[str]] = {}
    for result in rules:
        if result.truth is Truth.UNKNOWN and result.decided_by is not None:
            undecided.setdefault(describe(result.decided_by), []).append(result.rule_id)
    paper.heading("What is unknown and would decide")
    for condition, ids in undecided.items():
        title = f" ({titles[condition]})" if condition in titles else ""
        paper.line(f"{condition}{title}: {', '.join(ids)}", indent=2, hanging=2)
    if not undecided:
        paper.line("nothing", indent=2)


def _print_gaps(decision: Decision, paper: Paper) -> None:
    paper.heading("Data gaps")
    gaps = gap_words(decision)
    for gap in gaps or ["none: every group was read completely"]:
        paper.line(gap, indent=2, hanging=2)
    if could_not_be_read(decision.features):
        for issue in decision.features.issues:
            paper.line(f"{issue.reference or issue.group}: {issue.kind}", indent=4, hanging=2)


def _print_unknown_codes(decision: Decision, paper: Paper) -> None:
    paper.heading("Drug codes by which no drug was recognised")
    for system, code in decision.unknown_codes:
        paper.line(f"{system} {code}", indent=2, hanging=2)
    if not decision.unknown_codes:
        paper.line("none", indent=2)


def _answer(truth: Truth, words: str, paper: Paper) -> None:
    paper.line(f"{truth.value:<{_WIDTH}}{words}", indent=2, hanging=_WIDTH, style=_COLOURS[truth])


def _print_proofs(proofs: Iterable[Proof], paper: Paper) -> None:
    for proof in proofs:
        said = [proof.reference, *([str(proof.date)] if proof.date else []), *([proof.status] if proof.status else [])]
        said += ["recognised by name"] if proof.by_name else []
        said += ["unconfirmed"] if proof.unconfirmed else []
        paper.line(", ".join(said), indent=2 + _WIDTH, hanging=2)
