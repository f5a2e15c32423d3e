"""Access to eMAG: the accounts' clients, and the recorder that logs and counts their calls."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass

import structlog

from emagsync.accounts.registry import AccountRegistry
from emagsync.accounts.settings import ConfiguredAccounts
from emagsync.call_log.recorder import CallRecorder
from emagsync.core.clock import Clock
from emagsync.core.recording import RecordingError
from emagsync.core.redis import check_settings
from emagsync.core.settings import Settings
from emagsync.entrypoints.services.foundation import Foundation
from emagsync.marketplace.recording.attached import FOLDER, AttachedRecorder
from emagsync.marketplace.recording.recorder import Recorder
from emagsync.marketplace.recording.scrub import Credentials
from emagsync.marketplace.request import HttpExchange

log = structlog.get_logger()


@dataclass(frozen=True)
class AccountServices:
    """`registry` makes a client for each account; `recorder` records every call that one of them makes."""

    registry: AccountRegistry
    recorder: CallRecorder


@asynccontextmanager
async def open_accounts(base: Foundation, accounts: ConfiguredAccounts) -> AsyncIterator[AccountServices]:
    """Write the calls to the database while the block runs; then close the request budgets and write the last calls.

    Raises SettingsError when Redis refuses what it will refuse again.
    """
    if base.settings.redis_url is not None:
        await check_settings(base.settings.redis_url.get_secret_value())
    recorder = CallRecorder(base.settings.calls, base.clock)
    async with recorder.writing_to(base.database):
        with recording(base.settings, accounts, base.clock) as on_exchange:
            registry = AccountRegistry(
                accounts, base.settings, clock=base.clock, on_call=recorder.observe, on_exchange=on_exchange
            )
            try:
                yield AccountServices(registry, recorder)
            finally:
                await registry.aclose()


@contextmanager
def recording(
    settings: Settings, accounts: ConfiguredAccounts, clock: Clock
) -> Iterator[Callable[[HttpExchange], None]]:
    """What the clients are to show their exchanges to while the block runs.

    It records them all where `EMAGSYNC_RECORD_DIR` asks for it, or else while `emagsync sandbox record --attach` does.
    Raises RecordingError when the folder of that setting cannot be written to.
    """
    credentials = credentials_of(accounts)
    if settings.record_dir is not None:
        with Recorder(settings.record_dir, credentials, on_problem=_report) as recorder:
            yield recorder.observe
        return
    folder = settings.data_dir / FOLDER
    with closing(AttachedRecorder(folder, credentials, clock=clock, on_problem=_report)) as attached:
        yield attached.observe


def _report(problem: RecordingError) -> None:
    log.warning("recording.stopped", reason=str(problem))


def credentials_of(accounts: ConfiguredAccounts) -> list[Credentials]:
    """Names and passwords of every API user, none of which a recording may hold."""
    return [Credentials(user.username, user.password.get_secret_value()) for user in accounts.usable.values()]
