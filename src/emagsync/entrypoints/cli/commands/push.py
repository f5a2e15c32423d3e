"""`emagsync push`: sending local edits to eMAG."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, NamedTuple

import typer

from emagsync.core.errors import EmagsyncError
from emagsync.edits.push.schemas import Push
from emagsync.entrypoints.cli.errors import complain, exit_code_of
from emagsync.entrypoints.cli.exits import ExitCode, gravest
from emagsync.entrypoints.cli.logs import start_logs
from emagsync.entrypoints.cli.options import Json
from emagsync.entrypoints.cli.output.json_output import print_json
from emagsync.entrypoints.cli.pushing import open_pushing
from emagsync.entrypoints.cli.session import Session, session_of


class _Pushed(NamedTuple):
    """How pushing for one account ended: a push, an error, or neither when there was nothing to send."""

    account: str
    push: Push | None = None
    error: EmagsyncError | None = None


def push(
    context: typer.Context,
    account: Annotated[list[str] | None, typer.Argument(help="Which accounts; none means all that are pushed.")] = None,
    as_json: Json = False,
) -> None:
    """Send the edits that may go out now, and read them back. `emagsync serve` does so by itself."""
    session = session_of(context)
    start_logs(session)
    pushed = asyncio.run(_push(session, account))
    if as_json:
        print_json({"pushes": [one.push for one in pushed if one.push is not None]})
    for one in pushed:
        if one.error is not None:
            complain(one.error)
        elif not as_json:
            typer.echo(_line(one))
    raise typer.Exit(gravest(map(_code, pushed)))


async def _push(session: Session, names: Sequence[str] | None) -> list[_Pushed]:
    done: list[_Pushed] = []
    async with open_pushing(session) as (_, service):
        chosen = [name.lower() for name in names or () if name.lower() != "all"] or list(service.pushed_accounts)
        if not chosen:
            complain("No account's edits are pushed: set EMAG_MAIN_PUSH, or EMAGSYNC_EDITS__PUSH, to on or approve.")
            raise typer.Exit(ExitCode.USAGE)
        for name in chosen:
            try:
                done.append(_Pushed(name, await service.push_account(name, trigger="cli")))
            except EmagsyncError as error:
                done.append(_Pushed(name, error=error))
    return done


def _line(pushed: _Pushed) -> str:
    push = pushed.push
    if push is None:
        return f"{pushed.account}: nothing to push"
    counts = ", ".join(f"{count} {state}" for state, count in sorted(push.counts.items())) or "nothing sent"
    return f"{pushed.account}: {push.status}: {counts}" + (f" ({push.error})" if push.error else "")


def _code(pushed: _Pushed) -> ExitCode:
    if pushed.error is not None:
        return exit_code_of(pushed.error)
    if pushed.push is None or pushed.push.status == "completed":
        return ExitCode.COMPLETED
    return ExitCode.FAILED if pushed.push.status == "failed" else ExitCode.PARTIAL
