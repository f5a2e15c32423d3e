"""Access to eMAG: the accounts' clients, and the recorder that logs and counts their calls."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from emagsync.accounts.registry import AccountRegistry
from emagsync.accounts.settings import ConfiguredAccounts
from emagsync.call_log.recorder import CallRecorder
from emagsync.entrypoints.services.foundation import Foundation


@dataclass(frozen=True)
class AccountServices:
    """`registry` makes a client for each account; `recorder` records every call that one of them makes."""

    registry: AccountRegistry
    recorder: CallRecorder


@asynccontextmanager
async def open_accounts(base: Foundation, accounts: ConfiguredAccounts) -> AsyncIterator[AccountServices]:
    """Write the calls to the database while the block runs; then close the request budgets and write the last calls."""
    recorder = CallRecorder(base.settings.calls, base.clock)
    async with recorder.writing_to(base.database):
        registry = AccountRegistry(accounts, base.settings, clock=base.clock, on_call=recorder.observe)
        try:
            yield AccountServices(registry, recorder)
        finally:
            await registry.aclose()
