"""What `--help` says about a command without importing it is what the command says about itself."""

from __future__ import annotations

from collections.abc import Iterator
from pkgutil import iter_modules
from typing import Any

import pytest

from emagsync.entrypoints.cli import commands
from emagsync.entrypoints.cli.app import build
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
    assert command.load().get_short_help_str(limit=columns) == command.help


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
