"""`emagsync worker` and `emagsync beat`: Celery's side, for EMAGSYNC_EXECUTOR=celery."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import typer

from emagsync.core.errors import SettingsError
from emagsync.entrypoints.cli.errors import complain, redactor
from emagsync.entrypoints.cli.session import session_of

if TYPE_CHECKING:
    from emagsync.core.settings import Settings
    from emagsync.entrypoints.cli.session import Session


def worker(context: typer.Context) -> None:
    """Carry out syncs and short work that the server, the beat and others have queued, until told to stop.

    Whatever is said behind it is passed on to Celery: `emagsync worker -Q emagsync.syncs -c 100 -l info`. Without -Q
    there are two Celery workers, so that short work never waits for a catalogue; -P and -c are for the syncs' one.
    """
    from emagsync.entrypoints.worker.supervisor import run_worker

    session = session_of(context)
    settings = _prepared(session)
    raise typer.Exit(run_worker(settings, session.accounts, list(context.args), say=complain))


def beat(context: typer.Context) -> None:
    """Tell the workers what is due, and find runs that nobody sees to. Of several, one is active at a time."""
    from emagsync.entrypoints.worker.beat import beat as run_beat

    session = session_of(context)
    settings = _prepared(session)
    asyncio.run(run_beat(settings, session.accounts))


def _prepared(session: Session) -> Settings:
    """The settings, with a database that has this version's schema: nothing is left open, for what follows forks."""
    from emagsync.sync.process_lock import Workers
    from emagsync.telemetry.tracing import require_packages

    settings = session.settings
    if settings.executor != "celery":
        raise SettingsError("Workers are used with EMAGSYNC_EXECUTOR=celery: set it for the server and here.")
    if settings.redis_url is not None:
        redactor.add_credentials([("redis", settings.redis_url.get_secret_value())])
    _ = session.accounts
    session.start_logs()
    # What is found out in the forked processes only would be said anew for every message.
    require_packages(settings.tracing)
    with Workers(settings.data_dir):
        pass
    asyncio.run(_upgraded(session))
    return settings


async def _upgraded(session: Session) -> None:
    async with session.database():
        pass
