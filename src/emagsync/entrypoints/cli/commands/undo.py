"""`emagsync undo`: putting back what a push, or a sync's merge, changed."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated

import typer
from pydantic import ValidationError

from emagsync.audit.service import audit_command, machine_user
from emagsync.edits.push.api_schemas import UndoAnswer, UndoRequest
from emagsync.entrypoints.cli.errors import complain
from emagsync.entrypoints.cli.exits import ExitCode
from emagsync.entrypoints.cli.options import Json, lower_case
from emagsync.entrypoints.cli.output.json_output import print_json
from emagsync.entrypoints.cli.output.tables import print_table
from emagsync.entrypoints.cli.session import Session, session_of
from emagsync.entrypoints.services.edits import build_edit_service, build_undo
from emagsync.sync.repository import run_id_of


def undo(
    context: typer.Context,
    push_id: Annotated[str | None, typer.Option("--push", help="What this push changed.", show_default=False)] = None,
    run_id: Annotated[
        str | None, typer.Option("--run", help="What this sync's merge changed.", show_default=False)
    ] = None,
    account: Annotated[
        str | None, typer.Option(help="Of this account, with --since or --id.", callback=lower_case, show_default=False)
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
    _expect_choice(push_id, run_id, account, since, ids)
    moments = {"since": since and since.astimezone(), "until": until and until.astimezone()}
    try:
        asked = UndoRequest(
            push_id=push_id,
            run_id=run_id,
            account=account,
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


def _expect_choice(
    push_id: str | None, run_id: str | None, account: str | None, since: datetime | None, ids: list[int] | None
) -> None:
    """As the API does, in the words of the options. Raises typer.BadParameter."""
    if push_id is not None and run_id is not None:
        raise typer.BadParameter("Give --push or --run, not both.")
    if push_id is None and run_id is None:
        if account is None:
            raise typer.BadParameter("Name what to undo: --push, --run, or an --account with --since or --id.")
        if since is None and not ids:
            raise typer.BadParameter("--account needs --since, or --id.")


def _print_undo(answer: UndoAnswer) -> None:
    rows = [
        (
            row.account,
            str(row.emag_id),
            row.field + (f" of warehouse {row.warehouse_id}" if row.warehouse_id else ""),
            row.now or "-",
            row.put_back or "-",
            row.reason or "",
        )
        for row in answer.rows
    ]
    print_table(
        ("account", "offer", "field", "now", "put back", "left because"),
        rows,
        numeric=("offer",),
        empty="Nothing to put back.",
    )
    done = "would be put back; --yes does it" if answer.preview else "are put back with the next push"
    typer.echo(f"{answer.put_back} values {done}, {answer.left} are left.")


async def _undo(session: Session, asked: UndoRequest) -> UndoAnswer:
    async with session.foundation() as base:
        if asked.run_id is not None:
            asked = asked.model_copy(update={"run_id": await run_id_of(base.database, asked.run_id)})
        answer = await build_undo(base, build_edit_service(base, session.accounts)).undo(asked, by=machine_user())
        if not answer.preview:
            detail = {"put_back": answer.put_back, "batch_id": answer.batch_id}
            target = asked.push_id or asked.run_id or asked.account or ""
            await audit_command(base.database, base.clock, "edits.undo", target, detail)
        return answer
