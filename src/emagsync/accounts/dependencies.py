"""FastAPI dependencies of the account endpoints."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from emagsync.accounts.live import LiveAccounts
from emagsync.accounts.registry import AccountRegistry
from emagsync.accounts.service import AccountService
from emagsync.rest.dependencies import Provided

account_registry = Provided(AccountRegistry)
account_service = Provided(AccountService)
live_accounts = Provided(LiveAccounts)

Registry = Annotated[AccountRegistry, Depends(account_registry)]
Accounts = Annotated[AccountService, Depends(account_service)]
Live = Annotated[LiveAccounts, Depends(live_accounts)]
