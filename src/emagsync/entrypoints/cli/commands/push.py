"""`emagsync push`, `outbox`, `holds` and `undo`: sending local edits to eMAG, what waits, and putting back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from emagsync.entrypoints.cli.errors import complain
from emagsync.entrypoints.cli.exits import ExitCode, gravest
from emagsync.entrypoints.cli.session import Session, session_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from emagsync.edits.push.outbox import Item
    from emagsync.edits.push.schemas import Push, UndoAnswer
    from emagsync.edits.push.service import PushService

outbox_app = typer.Typer(name="outbox", help="Edits on their way to eMAG.", no_args_is_help=True, rich_markup_mode=None)
holds_app = typer.Typer(
    name="holds", help="What the brake stopped, and waits for a yes.", no_args_is_help=True, rich_markup_mode=None
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Accounts = Annotated[list[str] | None, typer.Argument(help="Which accounts; none means all that are pushed.")]
LineIds = Annotated[list[int] | None, typer.Argument(help="Ids of lines.", show_default=False)]


def _lower(name: str | None) -> str | None:
    return name.lower() if name else name


AllOf = Annotated[
    str | None, typer.Option("--account", help="All of this account.", callback=_lower, show_default=False)
]
HoldId = Annotated[int, typer.Argument(help="The hold's id.", show_default=False)]

T = TypeVar("T")


def push(context: typer.Context, account: Accounts = None, as_json: Json = False) -> None:
    """Send the edits that may go out now, and read them back. `emagsync serve` does so by itself."""
    from emagsync.entrypoints.cli.output.text import print_json

    session = session_of(context)
    session.start_logs()
    pushed = asyncio.run(_push(session, account))
    if as_json:
        print_json({"pushes": [one for _, one, _ in pushed if one is not None]})
    for name, one, problem in pushed:
        if problem is not None:
            complain(problem)
        elif not as_json:
            typer.echo(_told(name, one))
    raise typer.Exit(gravest(_code(one, problem) for _, one, problem in pushed))


@outbox_app.command("list")
def list_lines(
    context: typer.Context,
    account: AllOf = None,
    state: Annotated[
        list[str] | None,
        typer.Option(help="waiting, pending, sending, uncertain, applied, rejected or dropped.", show_default=False),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    as_json: Json = False,
) -> None:
    """List what is to be sent, was sent, or was refused, newest first."""
    from emagsync.edits.push import outbox_repository
    from emagsync.edits.push.endpoints import line_view
    from emagsync.edits.reasons import reason_text
    from emagsync.edits.states import OutboxState
    from emagsync.entrypoints.cli.output.tables import print_table
    from emagsync.entrypoints.cli.output.text import moment, print_json

    for unknown in set(state or ()) - set(OutboxState):
        complain(f"There is no state {unknown!r}: choose {', '.join(OutboxState)}.")
        raise typer.Exit(ExitCode.USAGE)

    async def read(service: PushService, database: Any) -> Any:
        async with database.snapshot() as connection:
            return await outbox_repository.list_entries(connection, account=account, states=state or (), limit=limit)

    lines = _run(session_of(context), read)
    if as_json:
        print_json({"lines": [line_view(line) for line in lines]})
        return
    rows = [
        (
            str(line.id),
            line.account,
            str(line.emag_id),
            str(line.state),
            ", ".join(map(_change_of, line.items)),
            moment(line.updated_at),
            reason_text(line.reason) or "",
        )
        for line in lines
    ]
    print_table(("id", "account", "offer", "state", "changes", "changed", "reason"), rows, numeric=("id", "offer"))


def _change_of(item: Item) -> str:
    if item.is_relative and item.target is None:
        return f"{item.field} {item.before or '-'} ({int(item.value):+d})"
    return f"{item.field} {item.before or '-'} -> {item.target or item.value}"


@outbox_app.command("approve")
def approve(context: typer.Context, ids: LineIds = None, account: AllOf = None) -> None:
    """Release lines that wait for a person."""
    _choose(ids, account)
    _decide(context, "outbox.approve", account or "lines", lambda service, by: service.approve(ids, account, by=by))


@outbox_app.command("reject")
def reject(context: typer.Context, ids: LineIds = None, account: AllOf = None) -> None:
    """Refuse lines that were not sent yet; their edits are closed."""
    _choose(ids, account)
    _decide(context, "outbox.reject", account or "lines", lambda service, by: service.reject(ids, account, by=by))


@holds_app.command("list")
def list_holds(context: typer.Context, account: AllOf = None, as_json: Json = False) -> None:
    """List what the brake stopped, newest first."""
    from emagsync.edits.push import brake_repository
    from emagsync.entrypoints.cli.output.tables import print_table
    from emagsync.entrypoints.cli.output.text import moment, print_json

    async def read(service: PushService, database: Any) -> Any:
        async with database.snapshot() as connection:
            return await brake_repository.list_holds(connection, account=account)

    found = _run(session_of(context), read)
    if as_json:
        print_json({"holds": found})
        return
    rows = [
        (
            str(hold.id),
            hold.account,
            hold.kind,
            hold.state,
            ", ".join(f"{count} {what}" for what, count in hold.counts.items() if count),
            str(hold.most),
            moment(hold.created_at),
            hold.decided_by or "",
        )
        for hold in found
    ]
    columns = ("id", "account", "of a", "state", "offers", "let through", "since", "decided by")
    print_table(columns, rows, numeric=("id", "let through"))


@holds_app.command("release")
def release(context: typer.Context, hold_id: HoldId) -> None:
    """Say yes: what the brake stopped goes out."""
    _decide(context, "hold.release", str(hold_id), lambda service, by: service.release_hold(hold_id, by=by))


@holds_app.command("refuse")
def refuse(context: typer.Context, hold_id: HoldId) -> None:
    """Say no: what the brake counted is refused; of a sync, the account's edits rest until it is released."""
    _decide(context, "hold.refuse", str(hold_id), lambda service, by: service.refuse_hold(hold_id, by=by))


def undo(
    context: typer.Context,
    push_id: Annotated[str | None, typer.Option("--push", help="What this push changed.", show_default=False)] = None,
    run_id: Annotated[
        str | None, typer.Option("--run", help="What this sync's merge changed.", show_default=False)
    ] = None,
    account: Annotated[
        str | None, typer.Option(help="Of this account, with --since or --id.", callback=_lower, show_default=False)
    ] = None,
    since: Annotated[
        datetime | None, typer.Option(help="Everything from then on, in this machine's time.", show_default=False)
    ] = None,
    until: Annotated[datetime | None, typer.Option(help="And before then.", show_default=False)] = None,
    ids: Annotated[list[int] | None, typer.Option("--id", help="Only these offers.", show_default=False)] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without this, only say what would be done.")] = False,
    as_json: Json = False,
) -> None:
    """Put back what a push, or a sync's merge, changed. It makes edits, which are pushed like any others."""
    from pydantic import ValidationError

    from emagsync.edits.push.schemas import UndoRequest
    from emagsync.entrypoints.cli.output.text import print_json

    moments = {"since": since and since.astimezone(), "until": until and until.astimezone()}
    try:
        asked = UndoRequest(
            push_id=push_id,
            run_id=run_id,
            account_type=account,
            ids=ids or None,
            preview=not yes,
            confirm=yes,
            **moments,
        )
    except ValidationError as error:
        problems = "; ".join(detail["msg"].removeprefix("Value error, ") for detail in error.errors())
        complain(f"{problems}. Try 'emagsync undo --help'.")
        raise typer.Exit(ExitCode.USAGE) from None
    answer = asyncio.run(_undo(session_of(context), asked))
    if as_json:
        print_json(answer)
    else:
        _print_undo(answer)


def _print_undo(answer: UndoAnswer) -> None:
    from emagsync.entrypoints.cli.output.tables import print_table

    rows = [
        (
            row.account_type,
            str(row.emag_id),
            row.field + (f" of warehouse {row.warehouse_id}" if row.warehouse_id else ""),
            row.now or "-",
            row.put_back or "-",
            row.reason or "",
        )
        for row in answer.rows
    ]
    print_table(("account", "offer", "field", "now", "put back", "left because"), rows, numeric=("offer",))
    done = "would be put back; --yes does it" if answer.preview else "are put back with the next push"
    typer.echo(f"{answer.put_back} values {done}, {answer.left} are left.")


async def _push(session: Session, names: Sequence[str] | None) -> list[tuple[str, Push | None, Exception | None]]:
    from emagsync.core.errors import EmagsyncError

    done: list[tuple[str, Push | None, Exception | None]] = []
    async with _service(session) as (service, _):
        chosen = [name.lower() for name in names or () if name.lower() != "all"] or list(service.pushed_accounts)
        if not chosen:
            complain("No account's edits are pushed: set EMAG_MAIN_PUSH, or EMAGSYNC_EDITS__PUSH, to on or approve.")
            raise typer.Exit(ExitCode.USAGE)
        for name in chosen:
            try:
                done.append((name, await service.push_account(name, trigger="cli"), None))
            except EmagsyncError as error:
                done.append((name, None, error))
    return done


async def _undo(session: Session, asked: Any) -> UndoAnswer:
    from emagsync.audit.service import audit_command, machine_user
    from emagsync.core.clock import SystemClock
    from emagsync.edits.push.undo import Undo
    from emagsync.edits.service import EditService

    async with session.database() as database:
        clock = SystemClock()
        service = EditService(database=database, settings=session.settings.edits, clock=clock)
        answer = await Undo(database, service).undo(asked, by=machine_user())
        if not answer.preview:
            detail = {"put_back": answer.put_back, "batch_id": answer.batch_id}
            target = asked.push_id or asked.run_id or asked.account_type
            await audit_command(database, clock, "edits.undo", target, detail)
        return answer


def _told(name: str, one: Push | None) -> str:
    if one is None:
        return f"{name}: nothing to push"
    counts = ", ".join(f"{count} {state}" for state, count in sorted(one.counts.items())) or "nothing sent"
    return f"{name}: {one.status}: {counts}" + (f" ({one.error})" if one.error else "")


def _code(one: Push | None, problem: Exception | None) -> ExitCode:
    from emagsync.core.errors import EmagsyncError
    from emagsync.entrypoints.cli.errors import exit_code_of

    if isinstance(problem, EmagsyncError):
        return ExitCode.BUSY if problem.code == "push_busy" else exit_code_of(problem)
    if one is None or one.status == "completed":
        return ExitCode.COMPLETED
    return ExitCode.FAILED if one.status == "failed" else ExitCode.PARTIAL


def _choose(ids: Sequence[int] | None, account: str | None) -> None:
    if bool(ids) == bool(account):
        complain("Name lines by id, or an account with --account.")
        raise typer.Exit(ExitCode.USAGE)


def _decide(
    context: typer.Context, action: str, target: str, decide: Callable[[PushService, str], Awaitable[Any]]
) -> None:
    from emagsync.audit.service import audit_command, machine_user
    from emagsync.core.clock import SystemClock

    async def do(service: PushService, database: Any) -> Any:
        result = await decide(service, machine_user())
        await audit_command(database, SystemClock(), action, target)
        return result

    result = _run(session_of(context), do)
    typer.echo(f"{result} lines" if isinstance(result, int) else f"hold {result.id} is {result.state}")


def _run(session: Session, do: Callable[[PushService, Any], Awaitable[T]]) -> T:
    async def work() -> T:
        async with _service(session) as (service, database):
            return await do(service, database)

    return asyncio.run(work())


@asynccontextmanager
async def _service(session: Session) -> AsyncIterator[tuple[PushService, Any]]:
    from emagsync.edits.push.service import PushService

    async with session.database() as database:
        yield PushService(database=database, registry=session.registry, settings=session.settings), database
    await session.registry.aclose()
