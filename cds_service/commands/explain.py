"""`calcinosis-cds explain`: what a decision rests on, from the chart entry to the rule."""

from cds_service.commands.evaluate import AsJson, ChartPath, Hook, PatientId, Today, print_json
from cds_service.commands.file_evaluation import open_file
from cds_service.commands.paper import Paper
from cds_service.commands.trace_paper import print_trace
from cds_service.trace import render_trace


def explain(
    file: ChartPath,
    hook: Hook = None,
    patient: PatientId = None,
    today: Today = None,
    as_json: AsJson = False,
) -> None:
    """Explain the decision on a chart file: every feature, therapy line and rule, and what decided it.

    Features and rules answer yes, no or unknown; under each stand the chart entries that prove it. What is unknown
    and would decide is grouped at the end: recording it would change the answer. With --json the same object as
    POST /api/evaluate.

    Example: calcinosis-cds explain chart.json --today 2026-11-22
    """
    evaluation = open_file(file, hook, patient, today)
    decision = evaluation.decide()
    if as_json:
        print_json(render_trace(decision, evaluation.knowledge))
    else:
        print_trace(decision, evaluation.knowledge, Paper())
