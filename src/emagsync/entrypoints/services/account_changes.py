"""Adding, changing and removing accounts; apart from `accounts`, which every sync opens."""

from __future__ import annotations

from emagsync.accounts.erasure import Erasures
from emagsync.accounts.service import AccountService, OnEnd
from emagsync.entrypoints.services.accounts import AccountServices
from emagsync.entrypoints.services.foundation import Foundation
from emagsync.vault.vault import Vault


def build_account_service(
    base: Foundation, accounts: AccountServices, *, on_end: OnEnd, any_address: bool
) -> AccountService:
    """Adds, changes and removes accounts. `on_end` stops what runs of one that is switched off or removed."""
    return AccountService(
        database=base.database,
        vault=Vault(base.settings),
        registry=accounts.registry,
        live=accounts.live,
        clock=base.clock,
        on_end=on_end,
        any_address=any_address,
        erasures=Erasures(base.database),
    )
