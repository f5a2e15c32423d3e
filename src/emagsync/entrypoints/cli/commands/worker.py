"""`emagsync worker` and `emagsync beat`: Celery's side, for EMAGSYNC_EXECUTOR=celery."""

from __future__ import annotations

import asyncio

import typer

from emagsync.core.errors import SettingsError
from emagsync.core.exhaustion import raise_file_limit
from emagsync.core.redis import check_settings
from emagsync.core.settings import Settings
from emagsync.entrypoints.cli.errors import complain
from emagsync.entrypoints.cli.help_texts import MARKUP
from emagsync.entrypoints.cli.session import Session, session_of
from emagsync.entrypoints.worker.beat import beat as run_beat
from emagsync.entrypoints.worker.supervisor import run_worker
from emagsync.entrypoints.worker.task_names import BROKER_COMMANDS, KEY_PREFIX
from emagsync.sync.process_lock import Workers
from emagsync.telemetry.redaction import redactor
from emagsync.telemetry.tracing import require_packages

worker_app = typer.Typer(add_completion=False, rich_markup_mode=MARKUP)


@worker_app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": ["--help"]}
)
def worker(context: typer.Context) -> None:
    """Run queued syncs and short tasks until stopped.

    All other arguments are passed on to Celery: `emagsync worker -Q emagsync.syncs -c 100 -l info`. Without -Q there
    are two Celery workers, so that short work never waits for a catalogue; -P and -c are for the syncs' one.
    """
    session = session_of(context)
    settings = _prepared(session)
    raise typer.Exit(run_worker(settings, session.environment, list(context.args), say=complain))


def beat(context: typer.Context) -> None:
    """Queue what is due for the workers, and find orphaned runs. Of several, one is active at a time."""
    session = session_of(context)
    settings = _prepared(session)
    asyncio.run(run_beat(settings, session.environment))


def _prepared(session: Session) -> Settings:
    """Check all settings and bring the database to this version's schema. Leaves nothing open: what follows forks."""
    settings = session.settings
    if settings.executor != "celery":
        raise SettingsError("Workers are used with EMAGSYNC_EXECUTOR=celery: set it for the server and here.")
    if settings.redis_url is not None:
        redactor.add_credentials([("redis", settings.redis_url.get_secret_value())])
    _ = session.environment
    raise_file_limit()
    # Otherwise each forked process would find out by itself, and say so for every message.
    require_packages(settings.tracing)
    with Workers(settings.data_dir):
        pass
    asyncio.run(_upgraded(session))
    return settings


async def _upgraded(session: Session) -> None:
    if session.settings.redis_url is not None:
        url = session.settings.redis_url.get_secret_value()
        await check_settings(url)
        await check_settings(url, prefix=KEY_PREFIX, commands=BROKER_COMMANDS)
    async with session.database():
        pass
