"""`emagsync history`: past and present runs, and one run with its pages."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

import typer

from emagsync.entrypoints.cli.help_texts import MARKUP
from emagsync.entrypoints.cli.known_account import expect_account
from emagsync.entrypoints.cli.options import Json
from emagsync.entrypoints.cli.output.certificate import certificate_lines
from emagsync.entrypoints.cli.output.json_output import print_json
from emagsync.entrypoints.cli.output.summary import codes_text, run_lines
from emagsync.entrypoints.cli.output.tables import print_table
from emagsync.entrypoints.cli.output.text import count, duration, moment, plural, printable
from emagsync.entrypoints.cli.session import Session, session_of
from emagsync.sync.certificate.schemas import Certificate
from emagsync.sync.certificate.service import Certificates
from emagsync.sync.ledger import PageRead
from emagsync.sync.ledger_repository import read_ledger
from emagsync.sync.repository import read_run, read_runs, run_id_of
from emagsync.sync.schemas import Run, RunStatus

app = typer.Typer(
    help="The runs, newest first; `show` or `certificate` for one.",
    add_completion=False,
    rich_markup_mode=MARKUP,
)

RunName = Annotated[str, typer.Argument(help="A run's id, or as much of its beginning as no other has.")]
_SHOWN_LETTERS = 8
StatusName = Literal["queued", "running", "interrupted", "completed", "partial", "failed", "cancelled"]


@app.callback(invoke_without_command=True)
def history(
    context: typer.Context,
    account: Annotated[str | None, typer.Option(help="Only this account.")] = None,
    status: Annotated[StatusName | None, typer.Option(help="Only runs with this status.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most this many.")] = 20,
    as_json: Json = False,
) -> None:
    """List the runs, newest first. `emagsync history show RUN` tells everything about one."""
    if context.invoked_subcommand is not None:
        return
    runs = asyncio.run(_runs(session_of(context), account.lower() if account else None, status, limit))
    if as_json:
        print_json({"runs": runs})
    else:
        _print_runs(runs)


@app.command("show")
def show(
    context: typer.Context,
    run: RunName,
    as_json: Json = False,
) -> None:
    """Show one run with its errors and the pages it read."""
    found, pages = asyncio.run(_run(session_of(context), run))
    if as_json:
        print_json({"run": found, "pages": [page._asdict() for page in pages]})
    else:
        _print_run(found, pages)


@app.command("certificate")
def certificate(
    context: typer.Context,
    run: RunName,
    as_json: Json = False,
) -> None:
    """Show what a run read, counted, looked up and stored, and whether that makes the copy complete."""
    found = asyncio.run(_certificate(session_of(context), run))
    if as_json:
        print_json(found)
    else:
        typer.echo("\n".join(map(printable, certificate_lines(found))))


async def _certificate(session: Session, run_id: str) -> Certificate:
    async with session.database() as database:
        return await Certificates(database).of(await run_id_of(database, run_id))


async def _runs(session: Session, account: str | None, status: StatusName | None, limit: int) -> list[Run]:
    async with session.database() as database:
        await expect_account(session, database, account)
        wanted = None if status is None else RunStatus(status)
        return await read_runs(database, account=account, status=wanted, limit=limit)


async def _run(session: Session, run_id: str) -> tuple[Run, list[PageRead]]:
    async with session.database() as database:
        whole = await run_id_of(database, run_id)
        return await read_run(database, whole), await read_ledger(database, whole)


def _print_runs(runs: list[Run]) -> None:
    if not runs:
        typer.echo("No runs yet: `emagsync sync` makes the first.")
        return
    numbers = ("pages", "offers", "created", "updated", "removed", "failed", "took")
    shown = _beginning([run.id for run in runs])
    print_table(
        ("run", "account", "mode", "status", "started", *numbers),
        [
            (
                run.id[:shown],
                run.account,
                run.mode.value,
                run.status.value,
                moment(run.started_at or run.created_at),
                *(
                    count(number)
                    for number in (run.pages_read, run.processed, run.created, run.updated, run.removed, run.failed)
                ),
                duration(_took(run)),
            )
            for run in runs
        ],
        numeric=numbers,
        optional=("mode", "pages", "failed", "created", "removed", "took", "updated"),
    )


def _beginning(ids: list[str]) -> int:
    """How many letters of them tell them apart, at least eight."""
    size = _SHOWN_LETTERS
    while len({one[:size] for one in ids}) < len(ids):
        size += 1
    return size


def _print_run(run: Run, pages: list[PageRead]) -> None:
    typer.echo("\n".join(map(printable, run_lines(run))))
    if run.error_codes:
        typer.echo(printable(f"  errors by code: {codes_text(run.error_codes)}"))
    for error in run.errors:
        typer.echo(printable(f"  error {error.code} at {moment(error.at)}: {error.message}"))
    typer.echo(
        f"  mode {run.mode.value}, by {run.trigger}, attempt {run.attempt}, sync {run.sync_id}, "
        f"started {moment(run.started_at)}, ended {moment(run.finished_at)}, "
        f"refused by the limit {plural(run.rate_limit_hits, 'time')}"
    )
    if pages:
        print_table(
            ("pass", "list", "page", "size", "status", "rows", "rejected", "attempts", "finished", "error"),
            [_page_row(page) for page in pages],
            numeric=("pass", "page", "size", "rows", "rejected", "attempts"),
            optional=("list", "finished", "size", "rejected", "pass"),
        )


def _page_row(page: PageRead) -> tuple[str, ...]:
    numbers = (page.items, page.rejected, page.attempts)
    return (
        str(page.pass_number),
        page.scope,
        str(page.page),
        str(page.size),
        f"{page.status} before" if page.inherited else page.status,
        *(str(number) for number in numbers),
        moment(page.finished_at),
        page.error or "",
    )


def _took(run: Run) -> float | None:
    end = run.finished_at or run.heartbeat_at
    return None if end is None or run.started_at is None else (end - run.started_at).total_seconds()
