"""How a command ends: 0 all is well, 1 something was found, 2 it could not be done (usage, unreadable file)."""

from typing import NoReturn

import typer

FINDINGS = 1
UNUSABLE = 2


def refuse(sentence: str) -> NoReturn:
    """End the command with status 2 and a sentence on standard error; the sentence holds nothing of a chart."""
    typer.echo(f"calcinosis-cds: {sentence}", err=True)
    raise typer.Exit(UNUSABLE)


def found(anything: bool) -> None:
    """End the command with status 1 if anything was found."""
    if anything:
        raise typer.Exit(FINDINGS)
