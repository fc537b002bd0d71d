"""The calcinosis-cds command."""

import gc
import signal
import sys

import typer

from cds_service.commands.decisions import decision_commands
from cds_service.commands.doctor import doctor
from cds_service.commands.evaluate import evaluate
from cds_service.commands.explain import explain
from cds_service.commands.feedback import feedback_commands
from cds_service.commands.generated_docs import generated_docs
from cds_service.commands.lint_cards import lint_cards
from cds_service.commands.migrate import migrate
from cds_service.commands.purge import purge
from cds_service.commands.replay import replay
from cds_service.commands.review import review_commands
from cds_service.commands.screen import screen
from cds_service.commands.validate_knowledge import validate_knowledge
from cds_service.errors import StartRefused
from cds_service.settings import Settings, load_settings
from treatment_algorithm.knowledge_errors import KnowledgeError

_IN_FLIGHT_SECONDS = 10
# Objects, and collections of the younger generation, before the collector runs (docs/performance.md).
_COLLECT_AFTER = (50_000, 20, 100)


def main() -> None:
    """Run the command line; exit status 2 when the service cannot start with its settings."""
    build_cli()()


def build_cli() -> typer.Typer:
    """The commands, each a function of its own."""
    cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
    cli.callback()(_about)
    cli.command("serve")(serve)
    cli.command("doctor")(doctor)
    cli.command("evaluate")(evaluate)
    cli.command("explain")(explain)
    cli.command("validate-knowledge")(validate_knowledge)
    cli.command("lint-cards")(lint_cards)
    cli.command("screen")(screen)
    cli.command("replay")(replay)
    cli.add_typer(feedback_commands(), name="feedback")
    cli.add_typer(decision_commands(), name="decisions")
    cli.command("purge")(purge)
    cli.command("migrate")(migrate)
    cli.add_typer(review_commands(), name="review")
    cli.command("generated-docs")(generated_docs)
    return cli


def serve() -> None:
    """Serve CDS Hooks on CDS_HOST and CDS_PORT until SIGTERM or Ctrl-C."""
    try:
        settings = load_settings()
        _serve(settings)
    except StartRefused as refusal:
        _refuse(str(refusal))
    except KnowledgeError as error:
        _refuse(f"The knowledge is not sound. {error}")
    except ValueError as error:
        _refuse(f"A setting cannot be used. {error}")


def _about() -> None:
    """Calcinosis cutis: a CDS Hooks service, and what one can do with its knowledge without a server.

    What it says about a chart: calcinosis-cds evaluate chart.json

    Why it says so: calcinosis-cds explain chart.json

    Exit status of the commands: 0 all is well, 1 something was found, 2 it could not be done.
    """


def _serve(settings: Settings) -> None:
    # A web server takes seconds to import, and this is the only command that is one.
    import uvicorn

    from cds_service.app import create_app
    from cds_service.http_protocol import bounded_protocol
    from cds_service.observability import library_logging
    from cds_service.stopping import StoppingServer

    library_logging(settings.log_level)
    app = create_app(settings)
    # The knowledge lives as long as the process: the collector need not look at it again, nor at every chart at once.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
    server = StoppingServer(
        uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            http=bounded_protocol(settings.body_seconds),
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="on",
            timeout_graceful_shutdown=_IN_FLIGHT_SECONDS,
        ),
        app,
        settings.drain_seconds,
    )
    # uvicorn raises SIGTERM once more after its graceful stop: that one is the end, and no failure.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server.run()
    if not server.started:
        sys.exit(3)


def _refuse(sentence: str) -> None:
    typer.echo(f"calcinosis-cds does not start: {sentence}", err=True)
    raise typer.Exit(2)


if __name__ == "__main__":
    main()
