"""`emagsync serve`: the REST API and the page."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from emagsync.entrypoints.api.server import serve as run_server
from emagsync.entrypoints.cli.errors import complain
from emagsync.entrypoints.cli.session import Session, session_of


def serve(
    context: typer.Context,
    host: Annotated[
        str | None, typer.Option(help="The address to listen on; wins over EMAGSYNC_HOST.", show_default=False)
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65_535, help="Wins over EMAGSYNC_PORT; 0 takes a free one.", show_default=False),
    ] = None,
) -> None:
    """Serve the page and the REST API until Ctrl-C. The first start prints an address to make an admin at."""
    run(session_of(context), host=host, port=port)


def run(session: Session, *, host: str | None = None, port: int | None = None) -> None:
    """Serve the session's database and accounts until told to stop. `host` and `port` win over the settings."""
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    settings = session.settings.model_copy(update=given)
    accounts = session.environment
    session.prepare_data_dir()
    asyncio.run(run_server(settings, accounts, say=complain))
