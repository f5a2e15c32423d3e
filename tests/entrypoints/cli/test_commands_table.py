"""What `--help` says about a command without importing it is what the command says about itself."""

from __future__ import annotations

from collections.abc import Iterator
from pkgutil import iter_modules
from typing import Any

import pytest
import typer
from rich.text import Text

from emagsync.entrypoints.cli import commands
from emagsync.entrypoints.cli.app import Topic, build
from emagsync.entrypoints.cli.lazy import LazyCommand


def _lazy_commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[Any]:
    """Every command, with the columns that its line in the help has on a terminal of 80, between a panel's sides."""
    columns = 80 - 6 - max(map(len, group.commands))
    for name, command in group.commands.items():
        if isinstance(command, LazyCommand):
            yield pytest.param(command, columns, id=" ".join((*path, name)))
        else:
            yield from _lazy_commands(command, (*path, name))


COMMANDS = list(_lazy_commands(build()))


@pytest.mark.parametrize(("command", "columns"), COMMANDS)
def test_the_line_in_the_help_is_the_first_sentence_of_the_commands_own_and_fits(
    command: LazyCommand, columns: int
) -> None:
    loaded = command.load()
    # Cut at a sentence's end or at a width, of what is shown.
    loaded.help = Text.from_markup(loaded.help).plain
    assert command.help is not None
    assert loaded.get_short_help_str(limit=columns) == Text.from_markup(command.help).plain


def test_every_command_has_a_topic() -> None:
    """Else the help shows it apart from all others."""
    assert [name for name, command in build().commands.items() if command.rich_help_panel not in set(Topic)] == []


@pytest.mark.parametrize(("command", "columns"), COMMANDS)
def test_the_help_says_in_words_what_is_to_be_given(command: LazyCommand, columns: int) -> None:
    loaded = command.load()
    context = typer.Context(loaded)
    options = [option for option in (loaded.get_help_option(context), *loaded.params) if option is not None]
    assert [option.name for option in options if "<" in (option.display_type_rich(context) or "")] == []


def test_choices_are_cut_between_two_words() -> None:
    loaded = LazyCommand("list", "offers:list_offers", "").load()
    [status] = [option for option in loaded.params if option.name == "status"]
    assert status.display_type_rich(typer.Context(loaded)) == "inactive | active | end_of_life"


def test_every_module_of_the_commands_has_a_command_in_the_table() -> None:
    modules = {module.name for module in iter_modules(commands.__path__)}
    named = {parameter.values[0].target.partition(":")[0] for parameter in COMMANDS}
    assert named == modules


def test_commands_that_run_until_they_are_stopped_keep_the_garbage_collector_as_it_is() -> None:
    assert {command.name for command, _ in (parameter.values for parameter in COMMANDS) if command.stays} == {
        "serve",
        "worker",
        "beat",
        "mcp",
        "sandbox",
        "demo",
    }
