"""`emagsync cleanup`: ending runs that have been at it for too long."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from emagsync.entrypoints.cli.options import Json
from emagsync.entrypoints.cli.output.json_output import print_json
from emagsync.entrypoints.cli.output.text import plural
from emagsync.entrypoints.cli.session import Session, session_of
from emagsync.entrypoints.services.accounts import open_accounts
from emagsync.entrypoints.services.execution import open_sync_service
from emagsync.sync.schemas import Run


def cleanup(
    context: typer.Context,
    older_than_minutes: Annotated[float, typer.Option(min=1, max=1440, help="Started longer ago than that.")] = 15,
    as_json: Json = False,
) -> None:
    """End the runs that have been at it for too long. They are failed, alive or not, and free their account."""
    runs = asyncio.run(_clean_up(session_of(context), older_than_minutes * 60))
    if as_json:
        print_json({"cleaned_count": len(runs), "older_than_minutes": older_than_minutes, "runs": runs})
        return
    typer.echo(f"{plural(len(runs), 'run')} ended.")
    for run in runs:
        typer.echo(f"  {run.account}: {run.id}")


async def _clean_up(session: Session, seconds: float) -> list[Run]:
    async with session.foundation() as base, open_accounts(base, session.environment) as emag:
        with open_sync_service(base, emag.registry) as service:
            return await service.cleanup(older_than_seconds=seconds)
