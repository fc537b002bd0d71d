"""The calcinosis-cds command: the list of its commands; each is imported when it is run."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

import typer

from cds_service.commands.on_demand import Commands, OnDemand


def _one(name: str, sentence: str) -> OnDemand:
    function = name.replace("-", "_")
    return OnDemand(name, f"cds_service.commands.{function}:{function}", sentence)


def _several(name: str, function: str, sentence: str) -> OnDemand:
    return OnDemand(name, f"cds_service.commands.{name}:{function}", sentence, group=True)


_COMMANDS = (
    _one("serve", "Serve CDS Hooks on CDS_HOST and CDS_PORT until SIGTERM or Ctrl-C."),
    _one("demo", "Serve made-up patients on this machine and open the workbench; nothing is kept, no EHR is needed."),
    _one(
        "doctor",
        "Say what is wrong with the settings, with an EHR's FHIR server (--ehr), with a running service (--service).",
    ),
    _one("evaluate", "Evaluate a chart file and print its cards; no server runs, nothing is fetched or stored."),
    _one("explain", "Explain the decision on a chart file: every feature, therapy line and rule, and what decided it."),
    _one("scenarios", "Show which rules speak in which cases: a matrix of charts and orders by rules."),
    _one("diff", "Show what two knowledge versions answer differently: cards that go, come, or say something else."),
    _one(
        "validate-knowledge",
        "Load the knowledge files, check every name, text, limit and code in them, and say what is in them.",
    ),
    _one("lint-cards", "Hold the cards of recorded hook requests against the rules L1 to L25 of the card style."),
    _one("screen", "Screen many charts: how often would each rule fire, at what rate per 1,000, and for whom."),
    _one("replay", "Decide every recorded call again, and list those whose cards would say something else."),
    _one(
        "purge", "Blank comments older than CDS_FEEDBACK_COMMENT_DAYS, delete decisions older than CDS_DECISION_DAYS."
    ),
    _one(
        "migrate",
        "Bring the tables of CDS_DATABASE_URL to the newest revision; the service does the same when it starts.",
    ),
    _one("generated-docs", "Write clinical-knowledge.md, scopes.md and site-file.schema.json."),
    _several("feedback", "feedback_commands", "What clinicians did with the cards."),
    _several("decisions", "decision_commands", "The decision log: what was told, and why."),
    _several("review", "review_commands", "Have rules reviewed by a clinician, and see which are."),
)


class _Calcinosis(Commands):
    listed: ClassVar[Mapping[str, OnDemand]] = MappingProxyType({str(command.name): command for command in _COMMANDS})


def main() -> None:
    """Run the command line; exit status 2 when the service cannot start with its settings."""
    build_cli()()


def build_cli() -> typer.Typer:
    """The commands, each a function of its own."""
    cli = typer.Typer(cls=_Calcinosis, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
    cli.callback()(_about)
    return cli


def _about() -> None:
    """Calcinosis cutis: a CDS Hooks service, and what one can do with its knowledge without a server.

    What it says about a chart: calcinosis-cds evaluate chart.json

    Why it says so: calcinosis-cds explain chart.json

    Exit status of the commands: 0 all is well, 1 something was found, 2 it could not be done.
    """


if __name__ == "__main__":
    main()
