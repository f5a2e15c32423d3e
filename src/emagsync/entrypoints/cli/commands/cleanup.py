"""`emagsync cleanup`: end runs that show no sign of life."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from emagsync.entrypoints.cli.session import Session, session_of

if TYPE_CHECKING:
    from emagsync.sync.schemas import Run


def cleanup(
    context: typer.Context,
    older_than_minutes: Annotated[
        float, typer.Option(min=1, max=1440, help="Without a sign of life for that long.")
    ] = 15,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """End the runs that have shown no sign of life for a while: they are failed and free their account."""
    from emagsync.entrypoints.cli.output.text import plural, print_json

    runs = asyncio.run(_clean_up(session_of(context), older_than_minutes * 60))
    if as_json:
        print_json({"cleaned_count": len(runs), "older_than_minutes": older_than_minutes, "runs": runs})
        return
    typer.echo(f"{plural(len(runs), 'run')} ended.")
    for run in runs:
        typer.echo(f"  {run.account}: {run.id}")


async def _clean_up(session: Session, seconds: float) -> list[Run]:
    from emagsync.sync.process_lock import Workers
    from emagsync.sync.service import SyncService

    data_dir = session.prepare_data_dir()
    async with session.database() as database:
        with Workers(data_dir) as workers:
            service = SyncService(
                database=database, registry=session.registry, settings=session.settings, workers=workers
            )
            return await service.cleanup(older_than_seconds=seconds)
