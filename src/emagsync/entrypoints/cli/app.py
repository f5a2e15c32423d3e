"""The commands and the options that all of them share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.main import get_command

from emagsync import __version__
from emagsync.entrypoints.cli.commands import (
    accounts,
    calls,
    cleanup,
    database,
    demo,
    edits,
    history,
    offers,
    push,
    serve,
    status,
    sync,
    tokens,
    users,
    worker,
)
from emagsync.entrypoints.cli.session import Session

_RAW_ARGUMENTS = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def build() -> Any:
    """The whole command line, ready to be called."""
    app = typer.Typer(
        name="emagsync",
        help="A complete, exact and fresh local copy of your eMAG Marketplace offers.",
        epilog="Exit codes: 0 completed, 1 failed, 2 usage or settings, 3 partial, 4 the account is busy, "
        "130 interrupted.",
        context_settings={"help_option_names": ["-h", "--help"]},
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
    )
    app.callback()(_options)
    app.command("sync")(sync.sync)
    app.command("status")(status.status)
    app.add_typer(history.app)
    offers.app.command("set")(edits.set_)
    app.add_typer(offers.app)
    app.add_typer(edits.edits_app)
    app.add_typer(edits.conflicts_app)
    app.command("calls")(calls.calls)
    app.command("push")(push.push)
    app.add_typer(push.outbox_app)
    app.add_typer(push.holds_app)
    app.command("undo")(push.undo)
    app.command("accounts")(accounts.accounts)
    app.command("check")(accounts.check)
    app.command("cleanup")(cleanup.cleanup)
    app.command("serve")(serve.serve)
    app.command("worker", context_settings=_RAW_ARGUMENTS | {"help_option_names": ["--help"]})(worker.worker)
    app.command("beat")(worker.beat)
    app.add_typer(users.app)
    app.add_typer(tokens.app)
    app.add_typer(database.app)
    app.command("sandbox", context_settings=_RAW_ARGUMENTS, add_help_option=False)(_sandbox)
    app.command("demo")(demo.demo)
    return get_command(app)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"emagsync {__version__}")
        raise typer.Exit


def _options(
    context: typer.Context,
    data_dir: Annotated[
        Path | None, typer.Option(help="Where the local copy is kept; wins over EMAGSYNC_DATA_DIR.", show_default=False)
    ] = None,
    env_file: Annotated[
        Path | None, typer.Option(help="Read settings from this file instead of .env.", show_default=False)
    ] = None,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    context.obj = Session(data_dir=data_dir, env_file=env_file)


def _sandbox(context: typer.Context) -> None:
    """Run a simulated eMAG marketplace to test integrations against; its own --help lists its options."""
    from emagsync.sandbox.cli import main

    raise typer.Exit(main(list(context.args)))
