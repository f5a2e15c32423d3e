"""`emagsync bulk`: one change to all offers that a filter finds, previewed, kept and undone in pieces."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any, NamedTuple, TypeVar

import typer

from emagsync.audit.service import audit_command, machine_user
from emagsync.edits.bulk_changes.model import BulkState
from emagsync.edits.bulk_changes.request_schemas import ApplyOptions, PastChangeChoice
from emagsync.edits.bulk_changes.response_schemas import BulkChangeRow, BulkChangeView
from emagsync.edits.bulk_changes.service import BulkChanges
from emagsync.edits.bulk_changes.worker import BulkChangeWorker
from emagsync.edits.errors import BulkChangeRefused
from emagsync.edits.planning import Effect
from emagsync.entrypoints.cli.bulk_change import found_change
from emagsync.entrypoints.cli.errors import complain
from emagsync.entrypoints.cli.exits import ExitCode
from emagsync.entrypoints.cli.offer_selection import expect_accounts
from emagsync.entrypoints.cli.options import AtMost, Json
from emagsync.entrypoints.cli.output.edits import effects_text, print_rows
from emagsync.entrypoints.cli.output.json_output import print_json
from emagsync.entrypoints.cli.output.tables import print_table
from emagsync.entrypoints.cli.output.text import moment
from emagsync.entrypoints.cli.pushing import open_pushing
from emagsync.entrypoints.cli.session import Session, session_of
from emagsync.entrypoints.services.edits import build_edit_service
from emagsync.entrypoints.services.foundation import Foundation

T = TypeVar("T")

Id = Annotated[int, typer.Argument(min=1, help="The id of a bulk change.", show_default=False)]
Apply = Annotated[bool, typer.Option("--apply", help="Keep it at once; without, only show what it comes to.")]
Confirm = Annotated[bool, typer.Option("--confirm", help="Accept values that look like a mistake.")]
SkipInvalid = Annotated[bool, typer.Option("--skip-invalid", help="Keep what can be kept; else it is all or nothing.")]
ShownRows = Annotated[int, typer.Option("--rows", min=0, max=1000, help="Show at most this many offers.")]

# In the order in which a person has to look at them.
_BY_GRAVITY = (Effect.ERROR, Effect.NEEDS_CONFIRMATION, Effect.OK, Effect.UNCHANGED)


class Bulk(NamedTuple):
    """The services of bulk changes."""

    base: Foundation
    changes: BulkChanges
    worker: BulkChangeWorker

    async def settled(self, change_id: int) -> BulkChangeView:
        """The change when it waits for a person, or is over; this process works on it where no other does."""
        await self.worker.settle(change_id)
        return await self.changes.get(change_id)

    async def apply(self, change_id: int, options: ApplyOptions) -> BulkChangeView:
        """Keep what is previewed, to the end, and note it in the audit log."""
        view = await self.changes.apply(change_id, options, by=machine_user())
        shown = view.model_dump(mode="json", include={"kind", "found", "counts"})
        detail = {"bulk_change": change_id, **shown, **view.asked, **options.model_dump()}
        await self._audit("offer.bulk_edit", view, detail)
        return await self.settled(change_id)

    async def previewed(self, view: BulkChangeView) -> BulkChangeView:
        """A preview that was just begun, when it is ready."""
        await self._audit("bulk_change.preview", view, {"bulk_change": view.id, **view.asked})
        return await self.settled(view.id)

    async def stop(self, change_id: int) -> BulkChangeView:
        """Discard or take back, to the end."""
        view = await self.changes.stop(change_id)
        await self._audit("bulk_change.stop", view, {"bulk_change": change_id, "kept": view.kept})
        return await self.settled(change_id)

    async def rows(self, change_id: int, limit: int, effects: Sequence[Effect] = ()) -> list[BulkChangeRow]:
        """Some of its rows: those of these effects, or else those that a person has to look at first."""
        found: list[BulkChangeRow] = []
        for effect in effects or _BY_GRAVITY:
            if len(found) < limit:
                found += await self.changes.rows(change_id, effects=[effect], limit=limit - len(found))
        return found

    async def _audit(self, action: str, view: BulkChangeView, detail: dict[str, Any]) -> None:
        await audit_command(self.base.database, self.base.clock, action, view.batch_id, detail)


def change(
    context: typer.Context,
    where: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE", help="Only offers of which this is true, such as brand=Bosch.", show_default=False
        ),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every offer of every account, without --where.")] = False,
    values: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=VALUE", help="The same value for all: handling_time=2.", show_default=False
        ),
    ] = None,
    steps: Annotated[
        list[str] | None,
        typer.Option(
            "--adjust",
            metavar="NAME=STEP",
            help="A step from each price: sale_price=-2.5%, or =+1.50.",
            show_default=False,
        ),
    ] = None,
    decimals: Annotated[int, typer.Option(min=0, max=4, help="Of an adjusted price.")] = 2,
    warehouse: Annotated[
        int | None, typer.Option(help="Of stock and handling time, where offers have several.", show_default=False)
    ] = None,
    apply: Apply = False,
    confirm: Confirm = False,
    skip_invalid: SkipInvalid = False,
    rows: ShownRows = 20,
    as_json: Json = False,
) -> None:
    """Change all offers that a filter finds, however many. Previews it; with --apply keeps all of it, or nothing."""
    if bool(where) == everything:
        raise typer.BadParameter("Say which offers: --where NAME=VALUE, or --all for every offer there is.")
    asked = found_change(where or (), values or (), steps or (), decimals=decimals, warehouse=warehouse)
    options = ApplyOptions(confirm=confirm, skip_invalid=skip_invalid) if apply else None
    session = session_of(context)

    async def begin(bulk: Bulk) -> BulkChangeView:
        await expect_accounts(session, bulk.base.database, asked.filter.filter())
        return await bulk.changes.change_found(asked, by=machine_user())

    _preview(session, begin, options, rows, as_json=as_json)


def undo(
    context: typer.Context,
    batch_id: Annotated[
        str | None, typer.Option("--batch", help="The edits of this batch.", show_default=False)
    ] = None,
    push_id: Annotated[str | None, typer.Option("--push", help="What this push has sent.", show_default=False)] = None,
    apply: Apply = False,
    rows: ShownRows = 20,
    as_json: Json = False,
) -> None:
    """Put back what a batch of edits, or a push, changed. What waits is taken back, what was sent is put back."""
    if (batch_id is None) == (push_id is None):
        raise typer.BadParameter("Name what to undo: --batch or --push.")
    asked = PastChangeChoice(batch_id=batch_id, push_id=push_id)
    options = ApplyOptions(confirm=True) if apply else None
    begin = lambda bulk: bulk.changes.undo(asked, by=machine_user())  # noqa: E731
    _preview(session_of(context), begin, options, rows, as_json=as_json)


def list_changes(context: typer.Context, limit: AtMost = 20, as_json: Json = False) -> None:
    """List bulk changes, newest first."""
    found = _run(session_of(context), lambda bulk: bulk.changes.list_changes(limit=limit, before=None))
    if as_json:
        print_json({"changes": found})
        return
    rows = [
        (
            str(one.id),
            one.kind.value,
            one.state.value,
            "" if one.found is None else str(one.found),
            str(one.kept),
            one.made_by,
            moment(one.made_at),
            one.batch_id,
        )
        for one in found
    ]
    print_table(
        ("id", "kind", "state", "found", "kept", "by", "made", "batch"),
        rows,
        numeric=("id", "found", "kept"),
        optional=("made", "by", "batch"),
        empty="No bulk changes.",
    )


def show(
    context: typer.Context,
    change_id: Id,
    effect: Annotated[
        list[Effect] | None, typer.Option(help="Only such offers; repeatable.", show_default=False)
    ] = None,
    rows: ShownRows = 20,
    as_json: Json = False,
) -> None:
    """Show what a bulk change comes to, offer by offer."""

    async def look(bulk: Bulk) -> tuple[BulkChangeView, list[BulkChangeRow]]:
        return await bulk.changes.get(change_id), await bulk.rows(change_id, rows, effect or ())

    _print(*_run(session_of(context), look), as_json=as_json)


def apply(
    context: typer.Context,
    change_id: Id,
    confirm: Confirm = False,
    skip_invalid: SkipInvalid = False,
    as_json: Json = False,
) -> None:
    """Keep what the preview of a bulk change shows. Offers that changed since are left, and told (exit code 3)."""
    options = ApplyOptions(confirm=confirm, skip_invalid=skip_invalid)
    view = _run(session_of(context), lambda bulk: bulk.apply(change_id, options))
    _print(view, (), as_json=as_json)
    _end(view)


def stop(context: typer.Context, change_id: Id, as_json: Json = False) -> None:
    """Discard a preview, or take back what was kept so far."""
    view = _run(session_of(context), lambda bulk: bulk.stop(change_id))
    _print(view, (), as_json=as_json)


def _preview(
    session: Session,
    begin: Callable[[Bulk], Awaitable[BulkChangeView]],
    options: ApplyOptions | None,
    rows: int,
    *,
    as_json: bool,
) -> None:
    async def work(bulk: Bulk) -> tuple[BulkChangeView, list[BulkChangeRow], BulkChangeRefused | None]:
        view, refused = await bulk.previewed(await begin(bulk)), None
        if options is not None and view.state is BulkState.READY:
            try:
                view = await bulk.apply(view.id, options)
            except BulkChangeRefused as error:
                refused = error
        return view, await bulk.rows(view.id, rows), refused

    view, found, refused = _run(session, work)
    _print(view, found, as_json=as_json)
    if refused is not None:
        raise refused
    if options is not None or view.state is BulkState.FAILED:
        _end(view)


def _run(session: Session, work: Callable[[Bulk], Awaitable[T]]) -> T:
    async def run() -> T:
        async with _open(session) as bulk:
            return await work(bulk)

    return asyncio.run(run())


@asynccontextmanager
async def _open(session: Session) -> AsyncIterator[Bulk]:
    async with open_pushing(session) as (base, push):
        common: dict[str, Any] = {"database": base.database, "settings": base.settings.edits, "clock": base.clock}
        worker = BulkChangeWorker(edits=build_edit_service(base, session.accounts), **common)
        yield Bulk(base, BulkChanges(mode=push.mode, **common), worker)


def _end(view: BulkChangeView) -> None:
    """Raises typer.Exit, unless everything that was previewed is kept."""
    if view.state is not BulkState.APPLIED:
        complain(view.reason or f"The bulk change {view.id} is {view.state}: somebody else decided about it.")
        raise typer.Exit(ExitCode.FAILED)
    wanted = sum(count for effect, count in view.counts.items() if effect is not Effect.UNCHANGED)
    if view.kept < wanted:
        raise typer.Exit(ExitCode.PARTIAL)


def _print(view: BulkChangeView, rows: Sequence[BulkChangeRow], *, as_json: bool) -> None:
    if as_json:
        print_json({"change": view, "rows": rows})
        return
    if rows:
        print_rows(rows)
    typer.echo(
        f"Bulk change {view.id}: {view.found or 0} offers found; {effects_text(view.counts) or 'none to change'}."
    )
    for brake in view.brakes:
        counts = ", ".join(f"{count} {alarm.value}" for alarm, count in brake.counts.items() if count)
        stops = f"more than the {brake.most} that pass: the brake would hold them" if brake.stops else "they pass"
        typer.echo(f"{brake.account}: {counts}; {stops}.")
    typer.echo(_ending(view))


def _ending(view: BulkChangeView) -> str:
    match view.state:
        case BulkState.READY:
            return f"Nothing was kept. `emagsync bulk apply {view.id}` keeps it; the preview is discarded after a day."
        case BulkState.APPLIED:
            left = f", {view.changed_since} left because they changed since" if view.changed_since else ""
            came = f" {view.came_since} more are found since." if view.came_since else ""
            return f"{view.kept} kept{left}.{came} `emagsync bulk undo --batch {view.batch_id}` puts it back."
        case BulkState.DISCARDED:
            return "It is discarded: nothing of it is kept."
        case _:
            return f"It is {view.state}{f': {view.reason}' if view.reason else ''}."
