"""Access to eMAG: the accounts' clients, and the recorder that logs and counts their calls."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass

import structlog

from emagsync.accounts.contacts import ContactLog
from emagsync.accounts.live import LiveAccounts
from emagsync.accounts.registry import AccountRegistry
from emagsync.accounts.settings import ConfiguredAccounts
from emagsync.call_log.recorder import CallRecorder
from emagsync.core.clock import Clock
from emagsync.core.concurrency import background_task
from emagsync.core.recording import RecordingError
from emagsync.core.settings import Settings
from emagsync.entrypoints.services.foundation import Foundation
from emagsync.marketplace.recording.attached import FOLDER, AttachedRecorder
from emagsync.marketplace.recording.recorder import Recorder
from emagsync.marketplace.recording.scrub import Credentials
from emagsync.marketplace.request import CallRecord, HttpExchange
from emagsync.vault.vault import Vault

log = structlog.get_logger()


@dataclass(frozen=True)
class AccountServices:
    """`registry` makes a client for each account, `live` keeps it up to date with the database; `recorder` records
    every call that one of the clients makes."""

    registry: AccountRegistry
    live: LiveAccounts
    recorder: CallRecorder


@asynccontextmanager
async def open_accounts(base: Foundation, environment: ConfiguredAccounts) -> AsyncIterator[AccountServices]:
    """The accounts of the environment and of the database, kept up to date while the block runs.

    The calls are written to the database meanwhile; when the block ends, the request budgets are closed and the last
    calls written. Raises SettingsError when Redis refuses what it will refuse again, and DatabaseError.
    """
    if base.settings.redis_url is not None:
        # Here for the reason that `AccountRegistry.redis` has.
        from emagsync.core.redis import check_settings

        await check_settings(base.settings.redis_url.get_secret_value())
    recorder = CallRecorder(base.settings.calls, base.clock)
    contacts = ContactLog(base.clock)
    async with recorder.writing_to(base.database):
        shown = _Shown()
        registry = AccountRegistry(
            environment,
            base.settings,
            clock=base.clock,
            on_call=_to_both(recorder.observe, contacts.observe),
            on_exchange=shown.observe,
        )
        live = LiveAccounts(
            environment,
            registry=registry,
            contacts=contacts,
            database=base.database,
            vault=Vault(base.settings),
            clock=base.clock,
        )
        await live.refresh()
        try:
            with recording(base.settings, lambda: credentials_of(registry.configured), base.clock) as observe:
                shown.observer = observe
                async with background_task("accounts", live.run()):
                    yield AccountServices(registry, live, recorder)
        finally:
            await live.try_to_write(everything=True)
            await registry.aclose()


class _Shown:
    """Shows exchanges to whoever is to see them, once that is known."""

    observer: Callable[[HttpExchange], None] | None = None

    def observe(self, exchange: HttpExchange) -> None:
        if self.observer is not None:
            self.observer(exchange)


def _to_both(*observers: Callable[[CallRecord], None]) -> Callable[[CallRecord], None]:
    def observe(record: CallRecord) -> None:
        for one in observers:
            one(record)

    return observe


@contextmanager
def recording(
    settings: Settings, credentials: Callable[[], list[Credentials]], clock: Clock
) -> Iterator[Callable[[HttpExchange], None]]:
    """What the clients are to show their exchanges to while the block runs.

    It records them all where `EMAGSYNC_RECORD_DIR` asks for it, or else while `emagsync sandbox record --attach` does.
    `credentials` are asked for anew, for accounts come and go. Raises RecordingError when the folder of that setting
    cannot be written to.
    """
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
