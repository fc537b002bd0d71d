"""The progress of long work: a bar on standard error where that is a terminal, and nothing at all elsewhere."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from rich.console import Console
from rich.progress import Progress

Item = TypeVar("Item")


def progress_bar() -> Progress:
    """A bar that goes away at the end, and is off where standard error is no terminal."""
    console = Console(stderr=True)
    return Progress(console=console, transient=True, disable=not console.is_terminal)


def followed(items: Sequence[Item] | Iterable[Item], what: str, total: int | None = None) -> Iterator[Item]:
    """The items one by one, with a bar; `total` where they have no length of their own."""
    known = len(items) if isinstance(items, Sequence) else total
    with progress_bar() as bar:
        yield from bar.track(items, total=known, description=what)
