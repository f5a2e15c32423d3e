"""`emagsync sandbox`: the simulated marketplace, a program of its own."""

from __future__ import annotations

import typer

from emagsync.sandbox.cli import main

app = typer.Typer(add_completion=False, rich_markup_mode=None)


# All arguments, `--help` too, are the sandbox's.
@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
def sandbox(context: typer.Context) -> None:
    """Run a simulated eMAG marketplace to test integrations with. Its own --help lists its options."""
    raise typer.Exit(main(list(context.args)))
