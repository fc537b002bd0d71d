"""`calcinosis-cds demo`: the service with made-up patients, its workbench open in the browser, nothing kept."""

import tempfile
import threading
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from cds_service.commands.ending import refuse
from cds_service.commands.serve import run_server
from cds_service.errors import StartRefused
from cds_service.pages.demo_charts import demo_folder
from cds_service.settings import Settings

Port = Annotated[int, typer.Option("--port", min=1, max=65535, help="Where to serve, on this machine only.")]
Browser = Annotated[bool, typer.Option("--browser/--no-browser", help="Whether to open the page in the browser.")]


def demo(port: Port = 8000, browser: Browser = True) -> None:
    """Serve made-up patients on this machine and open the workbench; nothing is kept, no EHR is needed.

    Ctrl-C ends it. The settings of a real service (CDS_...) are not used. Exit status 0; 2 when it cannot start.

    Example: calcinosis-cds demo --port 8080
    """
    if demo_folder() is None:
        refuse("the demo charts are not installed; start it in the folder of the source")
    with tempfile.TemporaryDirectory(prefix="calcinosis-cds-demo-") as folder:
        try:
            run_server(_settings(Path(folder), port), lambda: _tell(f"http://127.0.0.1:{port}/", browser))
        except StartRefused as refusal:
            refuse(str(refusal))


def _settings(folder: Path, port: int) -> Settings:
    # A value given here outranks the environment, whose settings are for a real service.
    given = {name: field.get_default(call_default_factory=False) for name, field in Settings.model_fields.items()}
    given = {name: value for name, value in given.items() if name not in ("public_base_url", "client_auth")}
    own: dict[str, object] = {
        "port": port,
        "public_base_url": f"http://127.0.0.1:{port}",
        "client_auth": "off",
        "database_url": f"sqlite:///{folder / 'demo.sqlite3'}",
        "log_level": "warning",
    }
    return Settings(_env_file=None, **given | own)


def _tell(address: str, browser: bool) -> None:
    typer.echo(f"The workbench is at {address} (made-up patients). Ctrl-C ends it.")
    if browser:
        # Some systems wait for the browser.
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
