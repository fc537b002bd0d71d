"""Where an export goes: a new file that only its owner reads, or standard output; with progress on a terminal."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TextIO

import typer
from rich.console import Console
from rich.progress import Progress

OutputFile = Annotated[
    Path | None,
    typer.Option("--output", metavar="FILE", help="A new file (mode 0600) instead of standard output."),
]


@contextmanager
def export_to(output: Path | None) -> Iterator[TextIO]:
    """The text file to write to; a file that could not be written to its end is taken away again.

    Raises OSError, FileExistsError among them: nothing is written over.
    """
    if output is None:
        yield sys.stdout
        return
    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            yield file
    except BaseException:
        output.unlink(missing_ok=True)
        raise


@contextmanager
def counting(what: str) -> Iterator[Callable[[int], None]]:
    """Show on standard error how many were written, if it is a terminal."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=None)
        yield lambda number: progress.update(task, completed=number, description=f"{number} {what}")
