"""FastAPI dependencies of the account endpoints."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from emagsync.accounts.registry import AccountRegistry
from emagsync.rest.dependencies import Provided

account_registry = Provided(AccountRegistry)

Registry = Annotated[AccountRegistry, Depends(account_registry)]
