"""Commands whose modules are imported when they are called."""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperCommand
from typer.main import get_command

from emagsync.entrypoints.cli.help_texts import MARKUP, format_help, marked_up

_PACKAGE = "emagsync.entrypoints.cli.commands"
# Decoding pages makes thousands of objects that no cycle holds; looking for cycles among them as often as Python does
# by default costs a twentieth of a first copy. Not for a command that stays: what cycles hold would add up.
_RARELY: Final = (50_000, 20, 20)


class LazyCommand(TyperCommand):
    """A command of which only the line in the help is known until it is called.

    `target` is `module:attribute`, the module being one of `commands/`. The attribute is the command's function, or a
    `typer.Typer` where the command has subcommands or parses its arguments in its own way. A command that `stays` runs
    until it is stopped, and keeps Python's own settings of the garbage collector.
    """

    def __init__(
        self, name: str, target: str, help_line: str, topic: str | None = None, *, stays: bool = False
    ) -> None:
        super().__init__(name, help=marked_up(help_line), rich_markup_mode=MARKUP, rich_help_panel=topic)
        self.target = target
        self.stays = stays

    def load(self) -> Any:
        """The command itself, with its options. Imports its module."""
        module, _, attribute = self.target.partition(":")
        with _uncollected():
            found = getattr(import_module(f"{_PACKAGE}.{module}"), attribute)
        if isinstance(found, typer.Typer):
            return in_plain_words(get_command(found))
        app = typer.Typer(add_completion=False, rich_markup_mode=MARKUP)
        app.command(self.name)(found)
        return in_plain_words(get_command(app))

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Parse the arguments as the command itself does; the context is the loaded command's, and so invokes it."""
        if not self.stays:
            gc.set_threshold(*_RARELY)
        return self.load().make_context(info_name, args, parent, **extra)


def in_plain_words(command: Any) -> Any:
    """`command`, whose help and whose subcommands' asks for a `NUMBER` where Typer says `<list[int]>`.

    Its texts become Rich's markup, so it is to be called once for each.
    """
    if not isinstance(command, LazyCommand):
        command.help, command.epilog = marked_up(command.help), marked_up(command.epilog)
    command.format_help = partial(format_help, command.format_help)
    for parameter in command.params:
        parameter.help = marked_up(getattr(parameter, "help", None))
        _in_plain_words(parameter)
    command.get_help_option = partial(_help_option, command.get_help_option)
    for inner in getattr(command, "commands", {}).values():
        in_plain_words(inner)
    return command


def _in_plain_words(parameter: Any) -> None:
    if getattr(parameter, "is_flag", False):
        parameter.display_type_rich = _nothing
    elif parameter.type_descriptor.is_choice:
        parameter.display_type = partial(_choices, parameter.display_type)
    else:
        parameter.display_type = partial(_said, _kind(parameter.type_descriptor))


def _help_option(made: Callable[[typer.Context], Any], ctx: typer.Context) -> Any:
    """The option `--help`, which is none of the command's parameters."""
    option = made(ctx)
    if option is not None:
        _in_plain_words(option)
    return option


def _choices(said: Callable[[typer.Context], str], ctx: typer.Context) -> str:
    """`active | inactive` for Typer's `<list[active|inactive]>`: it can be cut into lines between two words."""
    values = said(ctx).removeprefix("<").removesuffix(">").removeprefix("list[").removesuffix("]")
    return " | ".join(values.split("|"))


def _kind(descriptor: Any) -> str:
    if descriptor.is_datetime:
        return "TIME"
    if descriptor.is_path or descriptor.is_file:
        return "PATH"
    return "NUMBER" if any(word in str(descriptor.annotation) for word in ("int", "float", "Decimal")) else "TEXT"


def _said(kind: str, ctx: typer.Context) -> str:
    return kind


def _nothing(ctx: typer.Context) -> None:
    """What Typer says of an option that is on or off."""


@contextmanager
def _uncollected() -> Generator[None, None, None]:
    """Keep the garbage collector away from what is made in the block, then and later.

    Imports make some 140,000 objects that stay until the process ends. Looking for garbage among them while they are
    made, and again several times when the interpreter ends, costs a third of a short command.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
