"""`calcinosis-cds serve`: the service, one worker, until it is told to end."""

import gc
import signal
import sys
from collections.abc import Callable

import typer

from cds_service.errors import StartRefused
from cds_service.settings import Settings, load_settings
from treatment_algorithm.knowledge_errors import KnowledgeError

_IN_FLIGHT_SECONDS = 10
# Objects, and collections of the younger generation, before the collector runs (docs/performance.md).
_COLLECT_AFTER = (50_000, 20, 100)


def serve() -> None:
    """Serve CDS Hooks on CDS_HOST and CDS_PORT until SIGTERM or Ctrl-C."""
    try:
        settings = load_settings()
        run_server(settings)
    except StartRefused as refusal:
        _refuse(str(refusal))
    except KnowledgeError as error:
        _refuse(f"The knowledge is not sound. {error}")
    except ValueError as error:
        _refuse(f"A setting cannot be used. {error}")


def run_server(settings: Settings, started: Callable[[], None] | None = None) -> None:
    """Serve until the process is told to end; `started` is called once it listens. Raises StartRefused."""
    # What is imported and built from here on lives as long as the process: looking for garbage in it finds none.
    gc.disable()
    import uvicorn

    from cds_service.app import create_app
    from cds_service.http_protocol import bounded_protocol
    from cds_service.observability import library_logging
    from cds_service.stopping import StoppingServer

    library_logging(settings.log_level)
    app = create_app(settings)
    # The collector need not look at the knowledge again, nor at every chart at once.
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
    gc.enable()
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
        started,
    )
    # uvicorn raises SIGTERM once more after its graceful stop: that one is the end, and no failure.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server.run()
    if not server.started:
        sys.exit(3)


def _refuse(sentence: str) -> None:
    typer.echo(f"calcinosis-cds does not start: {sentence}", err=True)
    raise typer.Exit(2)
