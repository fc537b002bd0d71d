"""Commands whose modules are imported when they are run: the list of all of them costs none of them."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command


class OnDemand(TyperCommand):
    """A command by its name, its place (`module:function`) and the sentence that the list shows of it.

    `group`: the function gives a typer.Typer with commands of its own.
    """

    def __init__(self, name: str, place: str, sentence: str, *, group: bool = False) -> None:
        super().__init__(name, help=sentence)
        self._place = place
        self._group = group

    def command(self) -> Any:
        """The command itself."""
        module, _, function = self._place.partition(":")
        wanted = getattr(import_module(module), function)
        above = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        if self._group:
            above.add_typer(wanted(), name=self.name)
        else:
            above.command(self.name)(wanted)
            # With one command alone, typer would make no group.
            above.callback()(lambda: None)
        return get_command(above).commands[self.name]  # type: ignore[attr-defined]  # it is a group

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """That of the command itself, which then reads its arguments, shows its help, and runs."""
        return self.command().make_context(info_name, args, parent=parent, **extra)


class Commands(TyperGroup):
    """A group with a fixed list of commands, by name."""

    listed: ClassVar[Mapping[str, OnDemand]]

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings | {"commands": dict(self.listed)})
