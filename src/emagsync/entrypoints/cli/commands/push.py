"""`emagsync push`: sending local edits to eMAG."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Final, NamedTuple

import typer

from emagsync.core.errors import EmagsyncError
from emagsync.db.engine import Database
from emagsync.edits.push import outbox_repository
from emagsync.edits.push.outbox import Lines, OutboxEntry
from emagsync.edits.push.schemas import Push
from emagsync.edits.reasons import reason_text
from emagsync.edits.states import OutboxState
from emagsync.entrypoints.cli.errors import complain, exit_code_of
from emagsync.entrypoints.cli.exits import ExitCode, gravest
from emagsync.entrypoints.cli.options import Json
from emagsync.entrypoints.cli.output.json_output import print_json
from emagsync.entrypoints.cli.output.text import printable
from emagsync.entrypoints.cli.pushing import open_pushing
from emagsync.entrypoints.cli.session import Session, session_of

# Offers that are named after a push; the outbox lists all.
MOST_LINES: Final = 20


class _Pushed(NamedTuple):
    """How pushing for one account ended: a push, an error, or neither when there was nothing to send.

    `unsent` are the lines of it that eMAG refused, or that wait; `still_open` how many lines there are in which state
    where nothing was sent.
    """

    account: str
    push: Push | None = None
    error: EmagsyncError | None = None
    unsent: Sequence[OutboxEntry] = ()
    still_open: Mapping[str, int] = MappingProxyType({})


def push(
    context: typer.Context,
    account: Annotated[list[str] | None, typer.Argument(help="Which accounts; none means all that are pushed.")] = None,
    as_json: Json = False,
) -> None:
    """Send the edits that may go out now, and read them back. `emagsync serve` does so by itself."""
    session = session_of(context)
    pushed = asyncio.run(_push(session, account))
    if as_json:
        print_json({"pushes": [one.push for one in pushed if one.push is not None]})
    for one in pushed:
        if one.error is not None:
            complain(one.error)
        elif not as_json:
            typer.echo(_line(one))
            for line in _unsent_lines(one.unsent):
                typer.echo(printable(line))
    raise typer.Exit(gravest(map(_code, pushed)))


async def _push(session: Session, names: Sequence[str] | None) -> list[_Pushed]:
    done: list[_Pushed] = []
    async with open_pushing(session) as (base, service):
        chosen = [name.lower() for name in names or () if name.lower() != "all"] or list(service.pushed_accounts)
        if not chosen:
            complain("No account's edits are pushed: set EMAG_MAIN_PUSH, or EMAGSYNC_EDITS__PUSH, to on or approve.")
            raise typer.Exit(ExitCode.USAGE)
        for name in chosen:
            try:
                pushed = await service.push_account(name, trigger="cli")
                done.append(await _with_lines(base.database, name, pushed))
            except EmagsyncError as error:
                done.append(_Pushed(name, error=error))
    return done


async def _with_lines(database: Database, account: str, push: Push | None) -> _Pushed:
    async with database.snapshot() as connection:
        if push is None:
            counts = await outbox_repository.count_open(connection)
            return _Pushed(account, still_open={state: n for (owner, state), n in counts.items() if owner == account})
        states = [OutboxState.REJECTED, OutboxState.PENDING]
        entries = await outbox_repository.list_entries(connection, Lines(push_id=push.id, states=states), limit=None)
    return _Pushed(account, push, unsent=[entry for entry in entries if entry.reason is not None])


def _unsent_lines(entries: Sequence[OutboxEntry]) -> Iterator[str]:
    for entry in entries[:MOST_LINES]:
        yield f"  offer {entry.emag_id}: {entry.state}: {reason_text(entry.reason)}"
    if len(entries) > MOST_LINES:
        yield f"  and {len(entries) - MOST_LINES} more: emagsync outbox list"


def _line(pushed: _Pushed) -> str:
    push = pushed.push
    if push is None:
        waiting = _counts(pushed.still_open)
        return f"{pushed.account}: nothing to push" + (f" now ({waiting}: emagsync outbox list)" if waiting else "")
    counts = _counts(push.counts) or "nothing sent"
    return f"{pushed.account}: {push.status}: {counts}" + (f" ({push.error})" if push.error else "")


def _counts(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {state}" for state, count in sorted(numbers.items()))


def _code(pushed: _Pushed) -> ExitCode:
    if pushed.error is not None:
        return exit_code_of(pushed.error)
    if pushed.push is None or pushed.push.status == "completed":
        return ExitCode.COMPLETED
    return ExitCode.FAILED if pushed.push.status == "failed" else ExitCode.PARTIAL
